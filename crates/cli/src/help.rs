//! `tintype help`: commands from their definitions, options from the registry.

use std::{fmt::Write as _, process::ExitCode};

use clap::CommandFactory as _;
use tintype::options::registry::{self, Group, Kind, OPTIONS, OptionDef};

use crate::{
    args::{Args, HelpArgs},
    failure::usage,
    show,
};

/// Where the words of an option begin.
const INDENT: usize = 32;

pub(crate) fn run(args: &HelpArgs) -> anyhow::Result<ExitCode> {
    let topic: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    let text = match topic.as_slice() {
        [] => Args::command().render_long_help().to_string(),
        ["options"] => options_reference(),
        ["options", name] => one_option(
            registry::find(name)
                .ok_or_else(|| usage!("there is no option {name:?}; `tintype help options` lists them"))?,
        ),
        ["help"] => "tintype help [COMMAND]        a command\n\
                     tintype help options [NAME]   all options, or one with its whole story\n"
            .to_owned(),
        [name] => {
            let mut program = Args::command();
            // Propagates the global flags to the command.
            program.build();
            let command = program.find_subcommand_mut(name).ok_or_else(|| {
                let names: Vec<_> = Args::command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
                usage!(
                    "there is no command {name:?}; the commands are {}, and `help options` lists the options",
                    names.join(", ")
                )
            })?;
            command.render_long_help().to_string()
        }
        _ => return Err(usage!("help explains one thing at a time; {:?} are several", topic.join(" "))),
    };
    show::out(text.as_bytes())
}

/// All options by group: names, what they do, what they take.
pub(crate) fn options_reference() -> String {
    let mut text = "Options, written name=value and separated by commas:\n".to_owned();
    for group in Group::ALL {
        let _ = writeln!(text, "\n{}", group.title());
        for option in OPTIONS.iter().filter(|option| option.group == *group) {
            let names = names(option);
            let _ = writeln!(text, "  {names:<width$}{}", option.doc, width = INDENT - 2);
            let _ = writeln!(text, "{:INDENT$}{}", "", accepted(option));
        }
    }
    text.push_str("\n`tintype help options NAME` tells more.\n");
    text
}

fn one_option(option: &OptionDef) -> String {
    format!(
        "{}: {}\n\n{}\n\nTakes: {}\nFor example: {}={}\n",
        names(option),
        option.doc,
        wrapped(option.long, 90),
        accepted(option),
        option.name,
        option.example
    )
}

fn names(option: &OptionDef) -> String {
    [option.name].iter().chain(option.aliases).copied().collect::<Vec<_>>().join(", ")
}

/// What an option takes, and what holds without it.
fn accepted(option: &OptionDef) -> String {
    let values = match option.kind {
        Kind::Integer { min, max } => format!("{min} to {max}"),
        Kind::Number { min, max, step: _ } => format!("{min} to {max}"),
        Kind::Choice(words) => words.join(", "),
        Kind::Color => "a CSS color".to_owned(),
        Kind::Boolean => "true, false".to_owned(),
        Kind::Text => format!("text such as {}", option.example),
    };
    if option.default.is_empty() { values } else { format!("{values}; default {}", option.default) }
}

/// `text` in lines of at most `width` characters, broken at spaces.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("it begins with one line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_explained() {
        let reference = options_reference();
        for option in OPTIONS {
            assert!(reference.contains(&format!("  {}", names(option))), "{}", option.name);
            assert!(reference.contains(option.doc), "{}", option.name);
            assert!(one_option(option).contains(option.example), "{}", option.name);
        }
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrapped("one two  three", 7), "one two\nthree");
        assert_eq!(wrapped("extraordinary", 5), "extraordinary");
        assert_eq!(wrapped("", 5), "");
    }
}
