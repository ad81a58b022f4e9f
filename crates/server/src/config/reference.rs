//! `docs/configuration.md`, made from the types: their fields, comments and defaults. A test, because a page that is
//! written by hand is wrong after the next change; `cargo xtask bless` writes it anew.

use std::fmt::Write as _;

use expect_test::expect_file;
use toml::{Table, Value};

use super::{Config, layers::PREFIX};

const SOURCES: [&str; 5] = [
    include_str!("mod.rs"),
    include_str!("access.rs"),
    include_str!("cache.rs"),
    include_str!("hosted.rs"),
    include_str!("origins.rs"),
];

/// Tables of tables: the section that they are in, what stands in brackets above one, its type.
const TABLES: [(&str, &str, &str); 2] = [
    ("origins", "origins.hosts.\"host[:port][/prefix]\"", "HostConfig"),
    ("origins", "origins.stores.NAME", "StoreConfig"),
];

const BEGINNING: &str = "\
# Configuration

Written by a test from the types in `crates/server/src/config/`; `cargo xtask bless` writes it anew.

`tintype serve` lays four layers over each other, the later ones winning: defaults, the TOML file of `--config`, variables
of the environment, flags. A key stands in its section of the file, `[server]` and `queue = 64`; the variable is named by both,
`TINTYPE_SERVER__QUEUE=64`. Unknown keys and values that cannot be read are errors. `tintype serve --print-config` prints what
would be used, secrets masked.

Lengths of time are written `\"250ms\"`, `\"30s\"`, `\"5m\"` or `\"4h\"`, numbers of bytes `4096`, `\"100MB\"` or `\"64MiB\"`. In variables, lists
are separated by commas, and other values that are no plain text are written as in TOML.
";

/// A struct or enum with public fields or variants: its comment, and name, type and comment of each.
struct Type {
    name: String,
    doc: String,
    members: Vec<[String; 3]>,
}

/// The public types of a source file. Good for the plain code of this folder, and for no other.
fn types(source: &str) -> Vec<Type> {
    let mut found: Vec<Type> = Vec::new();
    let (mut doc, mut is_inside) = (String::new(), false);
    for line in source.lines() {
        let text = line.trim();
        if let Some(words) = text.strip_prefix("///") {
            doc.push_str(words);
        } else if let Some(name) = text.strip_prefix("pub struct ").or_else(|| text.strip_prefix("pub enum ")) {
            let name = name.trim_end_matches([' ', '{']).to_owned();
            found.push(Type { name, doc: std::mem::take(&mut doc), members: Vec::new() });
            is_inside = text.ends_with('{');
        } else if text.starts_with("#[") {
        } else if line == "}" {
            is_inside = false;
        } else {
            let member = text.trim_end_matches(',').trim_start_matches("pub ");
            let (name, kind) = member.split_once(": ").unwrap_or((member, ""));
            let is_public = text.starts_with("pub ") || kind.is_empty();
            if let (true, true, Some(last)) = (is_inside, is_public && !doc.is_empty(), found.last_mut()) {
                last.members.push([name.to_owned(), kind.to_owned(), doc.trim().to_owned()]);
            }
            doc.clear();
        }
    }
    found
}

/// What a value is, for people.
fn described(kind: &str, types: &[Type]) -> String {
    if let Some(inner) = kind.strip_prefix("Option<").or_else(|| kind.strip_prefix("Vec<")) {
        let inner = described(inner.trim_end_matches('>'), types);
        return if kind.starts_with("Vec") { format!("list: {inner}") } else { inner };
    }
    let words = match kind {
        "bool" => "true or false",
        "usize" | "u32" | "u64" => "number",
        "String" => "text",
        "PathBuf" => "path",
        "SocketAddr" => "address and port",
        "Account" => "account's id",
        "DatabasePlace" => "URL of PostgreSQL, or path",
        "ServiceUrl" => "URL",
        "Interval" => "length of time",
        "ByteSize" => "bytes",
        "BaseUrl" => "URL",
        "AllowRule" | "SignedOrigin" => "host",
        "Secret" => "secret",
        "KeyList" | "BTreeMap<String, Secret>" => "table of names and secrets",
        "HostList" | "StoreList" => "tables, see below",
        "StoreUrl" => "URL of a bucket",
        "OriginAuthConfig" => "`none`, `share-publicly`",
        _ => {
            let choice = types.iter().find(|other| other.name == kind);
            let choice = choice.unwrap_or_else(|| panic!("say in reference.rs what a {kind} is for people"));
            let names: Vec<_> = choice.members.iter().map(|[name, ..]| format!("`{}`", name.to_lowercase())).collect();
            return names.join(", ");
        }
    };
    words.to_owned()
}

fn page() -> String {
    let types: Vec<Type> = SOURCES.into_iter().flat_map(types).collect();
    let of = |name: &str| types.iter().find(|one| one.name == name).expect("a type of these files");
    let defaults: Table = toml::from_str(&Config::default().to_toml()).unwrap();
    let mut page = BEGINNING.to_owned();
    for [section, kind, _] in &of("Config").members {
        let part = of(kind);
        let about = part.doc.trim().split_once(": ").map_or(part.doc.trim(), |(_, about)| about);
        let mut about = about.to_owned();
        about[..1].make_ascii_uppercase();
        let _ = write!(page, "\n## `[{section}]`\n\n{about}\n");
        if part.members.is_empty() {
            continue;
        }
        page.push_str("\n| key | variable | is | default | what it does |\n|---|---|---|---|---|\n");
        for [key, kind, doc] in &part.members {
            let default = match defaults.get(section).and_then(|section| section.get(key)) {
                // What this machine has, not what every machine has.
                Some(_) if doc.contains("the number of cores") => "cores".to_owned(),
                None => "unset".to_owned(),
                Some(Value::Array(list)) if list.is_empty() => "none".to_owned(),
                Some(Value::Table(table)) if table.is_empty() => "none".to_owned(),
                Some(Value::String(text)) if text.is_empty() => "empty".to_owned(),
                Some(value) => format!("`{value}`"),
            };
            let kind = described(kind, &types);
            let variable = format!("{PREFIX}{section}__{key}").to_uppercase();
            let _ = writeln!(page, "| `{key}` | `{variable}` | {kind} | {default} | {doc} |");
        }
        for (_, name, kind) in TABLES.iter().filter(|(of, ..)| of == section) {
            let part = of(kind);
            let _ =
                write!(page, "\n### `[{name}]`\n\n{}\n\n| key | is | what it does |\n|---|---|---|\n", part.doc.trim());
            for [key, kind, doc] in &part.members {
                let _ = writeln!(page, "| `{key}` | {} | {doc} |", described(kind, &types));
            }
        }
    }
    page
}

#[test]
fn the_page_is_what_the_types_say() {
    let page = page();
    for (section, keys) in toml::from_str::<Table>(&Config::default().to_toml()).unwrap() {
        for (key, _) in keys.as_table().unwrap() {
            assert!(page.contains(&format!("| `{key}` |")), "{section}.{key} is not on the page");
        }
    }
    expect_file!["../../../../docs/configuration.md"].assert_eq(&page);
}
