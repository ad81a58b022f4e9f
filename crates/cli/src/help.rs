//! `tintype help`: commands from their definitions, options from the registry.

use std::{fmt::Write as _, process::ExitCode};

use clap::CommandFactory as _;
use tintype::options::reference::{CHOICES, Choice, EXTENSIONS, Verdict, only_here, outcomes, spellings};
use tintype::options::registry::{self, Group, Kind, OPTIONS, OptionDef};

use crate::{
    args::{Args, HelpArgs},
    failure::usage,
    show,
};

/// Where the words of an option begin.
const INDENT: usize = 32;
/// Where lines of prose end.
const WIDTH: usize = 90;

pub(crate) fn run(args: &HelpArgs) -> anyhow::Result<ExitCode> {
    let topic: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    let text = match topic.as_slice() {
        [] => Args::command().render_long_help().to_string(),
        ["options"] => options_reference(),
        ["options", name] => one_option(registry::find(name).ok_or_else(|| no_option(name))?),
        ["choices"] => choices(),
        ["extensions"] => extensions(),
        ["help"] => "tintype help [COMMAND]     a command\n\
                     tintype help OPTION        an option with its whole story\n\
                     tintype help options       all options\n\
                     tintype help choices       what is done where Cloudflare's documentation is silent\n\
                     tintype help extensions    what is here and not at Cloudflare\n"
            .to_owned(),
        [name] => {
            if let Some(option) = registry::find(name) {
                return show::out(one_option(option).as_bytes());
            }
            let mut program = Args::command();
            // Propagates the global flags to the command.
            program.build();
            let command = program.find_subcommand_mut(name).ok_or_else(|| {
                let names: Vec<_> = Args::command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
                usage!(
                    "there is no command {name:?}; the commands are {}, and `help options` lists the options{}",
                    names.join(", "),
                    suggestion(name)
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
    text.push_str("\n`tintype help NAME` tells more.\n");
    text
}

fn no_option(name: &str) -> anyhow::Error {
    usage!("there is no option {name:?}; `tintype help options` lists them{}", suggestion(name))
}

/// The option that may have been meant, as the end of a sentence.
fn suggestion(name: &str) -> String {
    registry::nearest(name).map(|option| format!("; did you mean the option {}?", option.name)).unwrap_or_default()
}

/// What the option's page of the reference says, but for its pictures.
fn one_option(option: &OptionDef) -> String {
    let mut text = format!("{}: {}\n\n{}\n\n", names(option), option.doc, wrapped(option.long, WIDTH));
    let _ = writeln!(text, "Takes: {}", option.page.values);
    if !option.default.is_empty() {
        let _ = writeln!(text, "Without it: {}", option.default);
    }
    let _ = writeln!(text, "For example: {}={}", option.name, option.example);
    if let Some(model) = option.page.model {
        let story = format!("{} needs {}. Without one: {}", model.when, model.what, model.without);
        let _ = writeln!(text, "\n{}", wrapped(&story, WIDTH));
    }
    text.push_str("\nHow it is written\n");
    for spelling in spellings(option) {
        let written = spelling.text.as_deref().unwrap_or("has no effect there");
        let _ = writeln!(text, "  {:<16}{written}", spelling.face);
    }
    text.push_str("\nWhat becomes of bad values (here every warning is an error)\n");
    for outcome in outcomes(option) {
        let _ = writeln!(text, "  {:<16}URL   {}", outcome.value, verdict(&outcome.url));
        let _ = writeln!(text, "  {:<16}JSON  {}", "", verdict(&outcome.json));
    }
    if !option.page.with.is_empty() {
        text.push_str("\nIn company\n");
        for (other, story) in option.page.with {
            let _ = writeln!(text, "  {other}: {story}");
        }
    }
    let choices: Vec<_> = CHOICES.iter().filter(|choice| choice.options.contains(&option.name)).collect();
    if !choices.is_empty() {
        text.push_str("\nWhere Cloudflare is silent\n");
        choices.iter().for_each(|choice| write_choice(&mut text, choice));
    }
    text
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Taken => "taken".to_owned(),
        Verdict::Warned(text) => format!("warning: {text}"),
        Verdict::Refused(text) => format!("error: {text}"),
    }
}

fn choices() -> String {
    let mut text = "What is done where Cloudflare's documentation is silent, or says two things:\n".to_owned();
    for choice in CHOICES {
        text.push('\n');
        write_choice(&mut text, choice);
    }
    text
}

fn write_choice(text: &mut String, choice: &Choice) {
    for line in [choice.question, choice.answer].map(|story| wrapped(story, WIDTH - 2)).join("\n").lines() {
        let _ = writeln!(text, "  {line}");
    }
}

fn extensions() -> String {
    let mut text = "What is here and not at Cloudflare:\n".to_owned();
    for extension in EXTENSIONS {
        let _ = write!(text, "\n{}\n{}\n", extension.title, wrapped(extension.text, WIDTH));
        let _ = writeln!(text, "  {}", extension.example);
    }
    text.push_str("\nOptions that are taken in more places\n");
    for (option, faces) in
        OPTIONS.iter().map(|option| (option, only_here(option))).filter(|(_, faces)| !faces.is_empty())
    {
        let _ = writeln!(text, "  {:<28}{}", option.name, faces.join(", "));
    }
    text
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
            let page = one_option(option);
            let mut said = vec![option.example.to_owned(), option.page.values.to_owned()];
            said.extend(spellings(option).into_iter().filter_map(|spelling| spelling.text));
            said.extend(outcomes(option).into_iter().map(|outcome| verdict(&outcome.url)));
            said.extend(option.page.with.iter().map(|(other, story)| format!("{other}: {story}")));
            for text in said {
                assert!(page.contains(&text), "{} says nothing of {text}", option.name);
            }
        }
    }

    #[test]
    fn choices_and_extensions_are_told() {
        let (choices, extensions) = (choices(), extensions());
        assert!(
            CHOICES
                .iter()
                .all(|choice| choices.contains(wrapped(choice.answer, 20).lines().next().unwrap_or_default()))
        );
        assert!(EXTENSIONS.iter().all(|extension| extensions.contains(extension.example)));
        assert!(extensions.contains("  dpr                         Images binding"), "{extensions}");
        assert_eq!(suggestion("widht"), "; did you mean the option width?");
        assert_eq!(suggestion("frobnicate"), "");
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrapped("one two  three", 7), "one two\nthree");
        assert_eq!(wrapped("extraordinary", 5), "extraordinary");
        assert_eq!(wrapped("", 5), "");
    }
}
