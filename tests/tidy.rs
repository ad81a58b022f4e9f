//! Rules about the tree that no compiler knows: which crate may use which, what an op's folder holds, what must not be written.
//!
//! Every rule is a function from the tree's root to the violations it found, is run on this tree, and has a test in which it
//! must fail. The standard library alone is used, so `cargo xtask check` can build this file by itself, before anything else.
//! Start at `RULES`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One line each: where, and what is wrong.
type Violations = Vec<String>;

/// From the tree's root to what is wrong in it.
type Rule = fn(&Path) -> Violations;

const RULES: &[(&str, Rule)] = &[
    ("crate arrows", crate_arrows),
    ("external crates at home", external_crates_at_home),
    ("op folders", op_folders),
    ("words kept out", words_kept_out),
    ("unsafe", unsafe_in_named_modules),
    ("unfinished work", unfinished_work),
    ("links", links_lead_somewhere),
    ("file sizes", small_files),
];

#[test]
fn the_tree_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the tree");
    let found: Violations = RULES
        .iter()
        .flat_map(|(name, rule)| rule(root).into_iter().map(move |what| format!("{name}: {what}")))
        .collect();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

// ---- Crates -------------------------------------------------------------------------------------------------------------

/// For each folder of `crates/`, which others it may depend on. Whatever is not named, nothing may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("pixels", &[]),
    ("options", &["pixels"]),
    ("wgsl", &[]),
    ("jpeg", &["pixels"]),
    ("engine", &["jpeg", "options", "pixels", "wgsl"]),
    ("codecs", &["jpeg", "pixels"]),
    ("text", &["pixels"]),
    ("weights", &[]),
    ("ml", &["engine", "pixels", "weights", "wgsl"]),
    ("tintype", &["codecs", "engine", "jpeg", "ml", "options", "pixels", "text", "weights"]),
    ("hosted", &["options", "pixels", "tintype"]),
    ("batch", &["tintype"]),
    ("server", &["hosted", "options", "pixels", "tintype"]),
    ("cli", &["batch", "hosted", "ml", "options", "pixels", "server", "tintype", "weights"]),
    ("testkit", &["codecs", "engine", "jpeg", "ml", "options", "pixels", "tintype", "weights", "wgsl"]),
    ("xtask", &[]),
];

/// External crates that only some of ours may use; tests are free.
const HOMES: &[(&str, &[&str])] = &[
    ("wgpu", &["engine", "ml", "tintype", "testkit"]),
    ("naga", &["wgsl"]),
    ("burn", &["ml"]),
    ("cubecl", &["ml"]),
    ("axum", &["server"]),
    ("tower-http", &["server"]),
    ("reqwest", &["batch", "server", "cli"]),
    ("tokio", &["batch", "server", "hosted", "cli", "testkit"]),
    ("sqlx", &["batch", "hosted", "server", "testkit"]),
    ("object_store", &["batch", "hosted", "server"]),
    ("clap", &["cli"]),
];

/// Crates whose external dependencies are few on purpose: these and no others.
const FRUGAL: &[(&str, &[&str])] = &[("pixels", &["bytemuck"]), ("xtask", &["anyhow", "lexopt"])];

struct Dependency {
    name: String,
    line: usize,
    dev: bool,
}

/// The dependencies of a `Cargo.toml`, of every kind and target.
fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = String::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            // [dependencies.wgpu]
            if let Some((kind, name)) = section.rsplit_once("dependencies.") {
                found.push(Dependency { name: name.to_owned(), line: index + 1, dev: kind.ends_with("dev-") });
            }
        } else if section.ends_with("dependencies") && !line.starts_with('#') {
            let name: String = line.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            if !name.is_empty() {
                found.push(Dependency { name, line: index + 1, dev: section.ends_with("dev-dependencies") });
            }
        }
    }
    found
}

/// The folder of one of our packages.
fn ours(package: &str) -> Option<&str> {
    match package {
        "tintype" | "xtask" => Some(package),
        _ => package.strip_prefix("tintype-"),
    }
}

/// Every crate of `crates/`: its folder's name, its manifest's path and text.
fn crates(root: &Path) -> Vec<(String, String, String)> {
    let manifests = files(root).into_iter().filter_map(|path| {
        let folder = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?.to_owned();
        (!folder.contains('/')).then(|| (folder, read(root, &path), path))
    });
    manifests.map(|(folder, text, path)| (folder, path, text)).collect()
}

fn crate_arrows(root: &Path) -> Violations {
    let crates = crates(root);
    let mut found = nothing_checked(crates.len(), "crates/*/Cargo.toml");
    for (folder, path, text) in crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
            found.push(format!("{path}: say in ARROWS of tests/tidy.rs what this crate may depend on"));
            continue;
        };
        for Dependency { name, line, dev } in dependencies(&text) {
            let Some(other) = ours(&name) else { continue };
            if !(allowed.contains(&other) || dev && other == "testkit") {
                found.push(format!("{path}:{line}: {folder} must not depend on {other}; it may on {allowed:?}"));
            }
        }
    }
    found
}

fn external_crates_at_home(root: &Path) -> Violations {
    let crates = crates(root);
    let mut found = nothing_checked(crates.len(), "crates/*/Cargo.toml");
    for (folder, path, text) in crates {
        for Dependency { name, line, dev } in dependencies(&text) {
            if dev || ours(&name).is_some() {
                continue;
            }
            let strays = HOMES.iter().find(|(external, homes)| *external == name && !homes.contains(&folder.as_str()));
            if let Some((_, homes)) = strays {
                found.push(format!("{path}:{line}: {name} belongs to {homes:?} alone"));
            }
            let unasked = FRUGAL.iter().find(|(frugal, few)| *frugal == folder && !few.contains(&name.as_str()));
            if let Some((_, few)) = unasked {
                found.push(format!(
                    "{path}:{line}: {folder} has few dependencies on purpose, {few:?}; {name} is not one"
                ));
            }
        }
    }
    found
}

// ---- Ops ----------------------------------------------------------------------------------------------------------------

const OPS: &str = "crates/engine/src/ops/";
const SHADERS: &str = "shaders/ops/";

/// Folders that are no step of a plan: they stand at its ends, and tests/ops.rs tests them by name.
const ENDS: [&str; 8] = ["canvas", "fdct", "huffman_decode", "huffman_encode", "idct", "pack", "prefix_sum", "unpack"];

/// Each op has its module, its twin, its kernels and its line in the registry; each kernel has an op.
///
/// A kernel's name up to the first dot is its op: `blur.wgsl`, `gamma.point.wgsl`, and where an op needs several, `trim.rows.wgsl`.
fn op_folders(root: &Path) -> Violations {
    let files = files(root);
    let ops: BTreeSet<&str> =
        files.iter().filter_map(|path| Some(path.strip_prefix(OPS)?.split_once('/')?.0)).collect();
    let shaders: Vec<(&String, &str)> = files
        .iter()
        .filter_map(|path| Some((path, path.strip_prefix(SHADERS)?.strip_suffix(".wgsl")?.split('.').next()?)))
        .collect();
    let registry = read(root, &format!("{OPS}mod.rs"));

    let mut found = nothing_checked(ops.len(), OPS);
    for op in &ops {
        for file in ["mod.rs", "reference.rs"] {
            let path = format!("{OPS}{op}/{file}");
            if !files.contains(&path) {
                found.push(format!("{path}: missing; every op has its module and its twin"));
            }
        }
        if !shaders.iter().any(|(_, stem)| stem == op) {
            found.push(format!(
                "{SHADERS}{op}.wgsl: missing, and {op}.point.wgsl too; every op has a kernel of its name"
            ));
        }
        if ENDS.contains(op) {
            continue;
        }
        let registered = registry.lines().any(|line| line.split_once("=>").is_some_and(|(name, _)| name.trim() == *op));
        if !registered {
            found.push(format!("{OPS}mod.rs: {op} is not in the block ops! {{ … }}, so nothing tests it"));
        }
    }
    for (path, stem) in shaders {
        if !ops.contains(stem) {
            found.push(format!("{path}: there is no op {OPS}{stem}/"));
        }
    }
    found
}

// ---- Words in code ------------------------------------------------------------------------------------------------------

struct KeptOut {
    /// Files whose path starts so.
    under: &'static str,
    except: &'static [&'static str],
    /// Whole paths or identifiers, as they stand in code.
    words: &'static [&'static str],
    because: &'static str,
}

const KEPT_OUT: &[KeptOut] = &[
    KeptOut {
        under: "crates/engine/src/plan/",
        except: &[],
        words: &["wgpu", "std::fs", "std::net", "std::env", "std::time", "Instant", "SystemTime"],
        because: "a plan is made without a device, without I/O and without a clock",
    },
    KeptOut {
        under: "crates/options/src/",
        except: &[],
        words: &["wgpu", "std::fs", "std::net", "std::env", "std::time", "Instant", "SystemTime"],
        because: "options are values: no device, no I/O, no clock",
    },
    KeptOut {
        under: "crates/ml/src/",
        except: &["crates/ml/src/bridge/launch.rs", "crates/ml/src/bridge/memory.rs"],
        words: &["cubecl"],
        because: "burn's way to its memory and kernels changes with every version; two files know it",
    },
];

fn words_kept_out(root: &Path) -> Violations {
    let mut found = Violations::new();
    for path in files(root).iter().filter(|path| path.ends_with(".rs")) {
        for KeptOut { under, except, words, because } in KEPT_OUT {
            if !path.starts_with(under) || except.contains(&path.as_str()) {
                continue;
            }
            let code = code_of(&read(root, path));
            for (line, word) in words.iter().flat_map(|word| lines_with(&code, word).map(move |line| (line, word))) {
                found.push(format!("{path}:{line}: {word} must not be used here: {because}"));
            }
        }
    }
    found
}

/// The boundaries at which `unsafe` is allowed, each with its reason in ARCHITECTURE.md.
const UNSAFE: &[&str] = &[
    "crates/cli/src/heap.rs",             // the C library's allocator
    "crates/codecs/src/webp/",            // libwebp is C
    "crates/engine/src/gpu/pipelines.rs", // a pipeline cache's bytes are trusted
];

fn unsafe_in_named_modules(root: &Path) -> Violations {
    let mut found = Violations::new();
    for path in files(root).iter().filter(|path| path.ends_with(".rs")) {
        if UNSAFE.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        let code = code_of(&read(root, path));
        for line in lines_with(&code, "unsafe") {
            found.push(format!("{path}:{line}: unsafe is allowed in {UNSAFE:?} alone"));
        }
    }
    found
}

/// Marks of unfinished work, in halves so that this file has none.
const UNFINISHED: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!"), concat!("unim", "plemented!")];

fn unfinished_work(root: &Path) -> Violations {
    let mut found = Violations::new();
    let kinds = ["rs", "wgsl", "toml", "md", "py", "sh", "js", "css", "html", "run"];
    for path in files(root).iter().filter(|path| kinds.contains(&path.rsplit(['.', '/']).next().unwrap_or_default())) {
        let text = read(root, path);
        for (line, word) in UNFINISHED.iter().flat_map(|word| lines_with(&text, word).map(move |line| (line, word))) {
            found.push(format!("{path}:{line}: {word}: do it, or write down elsewhere that it is to be done"));
        }
    }
    found
}

/// Numbers of the lines that hold `word` with no letter, digit or underscore next to it.
fn lines_with<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.lines().enumerate().filter_map(move |(index, line)| {
        let alone = line.match_indices(word).any(|(at, _)| {
            !line[..at].chars().next_back().is_some_and(inside)
                && (word.ends_with('!') || !line[at + word.len()..].chars().next().is_some_and(inside))
        });
        alone.then_some(index + 1)
    })
}

/// Rust source with its comments and the insides of its literals blanked; lines stay where they are.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let after_word = code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            string(rest)
        } else if let (Some(length), false) = (raw_string(rest), after_word) {
            length
        } else if c == '\'' {
            character(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.push(' ');
            code.extend(rest[..skipped].matches('\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The length of the block comment that `text` starts with; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        match (here.starts_with(b"/*"), here.starts_with(b"*/")) {
            (true, _) => (depth, at) = (depth + 1, at + 2),
            (_, true) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the string literal that `text` starts with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the raw string (`r"`, `r#"`, `br"`, …) that `text` starts with, if it does.
fn raw_string(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    let body = inner[hashes..].strip_prefix('"')?;
    let start = text.len() - body.len();
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// The length of the character literal that `text` starts with; 0 when it is a lifetime.
fn character(text: &str) -> usize {
    let mut letters = text.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), Some((after, _))) => text[after + 1..].find('\'').map_or(0, |at| after + 1 + at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

// ---- Text and files -----------------------------------------------------------------------------------------------------

/// Links in Markdown to files of the tree.
fn links_lead_somewhere(root: &Path) -> Violations {
    let mut found = Violations::new();
    for path in files(root).iter().filter(|path| path.ends_with(".md")) {
        let text = read(root, path);
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        for (line, target) in links(&text) {
            let file = target.split(['#', '?']).next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            let place = match file.strip_prefix('/') {
                Some(from_root) => root.join(from_root),
                None => root.join(folder).join(file),
            };
            if !place.exists() {
                found.push(format!("{path}:{line}: the link to {target:?} leads nowhere"));
            }
        }
    }
    found
}

/// The targets of `[text](target)`, `![text](target)` and `[label]: target`, outside code.
fn links(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in markdown.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        // Every second part between backticks is code.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        let mut add = |target: &str| {
            let target = target.split_whitespace().next().unwrap_or_default().trim_matches(['<', '>']);
            found.push((index + 1, target.to_owned()));
        };
        for (at, _) in prose.match_indices("](") {
            add(prose[at + 2..].split(')').next().unwrap_or_default());
        }
        if let Some((label, target)) = prose.split_once("]: ")
            && label.starts_with('[')
        {
            add(target);
        }
    }
    found
}

/// A source tree is not where data is kept; pictures and weights of any size are made or fetched.
const LARGEST_BYTES: u64 = 400_000;

fn small_files(root: &Path) -> Violations {
    let files = files(root);
    let mut found = nothing_checked(files.len(), "the tree");
    for path in files {
        let bytes = fs::metadata(root.join(&path)).map_or(0, |data| data.len());
        if bytes > LARGEST_BYTES {
            found.push(format!("{path}: {bytes} bytes; at most {LARGEST_BYTES} are kept in the tree"));
        }
    }
    found
}

/// A rule that looked at nothing would pass whatever happens.
fn nothing_checked(count: usize, what: &str) -> Violations {
    if count == 0 { vec![format!("{what}: nothing found to check")] } else { Violations::new() }
}

/// The tree's files, relative and with `/`: what git would commit, or every file where git cannot say.
fn files(root: &Path) -> Vec<String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed =
        root.join(".git").exists().then(|| Command::new("git").args(arguments).current_dir(root).output().ok());
    let mut files = match listed.flatten().filter(|output| output.status.success()) {
        Some(output) => String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(str::to_owned).collect(),
        None => walked(root, Path::new("")),
    };
    // Deleted but not yet committed.
    files.retain(|path| root.join(path).is_file());
    files.sort();
    files.dedup();
    files
}

fn walked(root: &Path, below: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let path: PathBuf = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                if ![".git", "target"].contains(&entry.file_name().to_string_lossy().as_ref()) {
                    found.extend(walked(root, &path));
                }
            }
            _ => found.push(path.to_string_lossy().replace('\\', "/")),
        }
    }
    found
}

/// A file's text; empty where it cannot be read, which the rules that need it report as missing.
fn read(root: &Path, path: &str) -> String {
    fs::read(root.join(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod must_fail {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A small tree that is removed again.
    struct Tree(PathBuf);

    impl Tree {
        fn of(files: &[(&str, &str)]) -> Tree {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let tree = Tree(std::env::temp_dir().join(format!("tintype-tidy-{}-{number}", std::process::id())));
            for (path, text) in files {
                let path = tree.0.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            tree
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The rule finds exactly these, each given by its beginning.
    #[track_caller]
    fn finds(rule: Rule, files: &[(&str, &str)], expected: &[&str]) {
        let found = rule(&Tree::of(files).0);
        let right = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| f.starts_with(e));
        assert!(right, "expected {expected:#?}\nfound {found:#?}");
    }

    #[test]
    fn a_wrong_arrow() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\ntintype-pixels.workspace = true\n# tintype-cli\n\
                        [dev-dependencies]\ntintype-testkit.workspace = true\n";
        finds(crate_arrows, &[("crates/codecs/Cargo.toml", manifest)], &[]);
        for (bad, line) in [
            ("[dependencies]\ntintype-engine = { path = \"../engine\" }\n", 2),
            ("[build-dependencies]\n\ntintype-engine.workspace = true\n", 3),
            ("[target.'cfg(unix)'.dependencies]\ntintype-engine = \"1\"\n", 2),
            ("[dependencies.tintype-engine]\npath = \"\"\n", 1),
        ] {
            let expected = format!("crates/codecs/Cargo.toml:{line}: codecs must not depend on engine");
            finds(crate_arrows, &[("crates/codecs/Cargo.toml", bad)], &[&expected]);
        }
        let kit = "[dependencies]\ntintype-testkit.workspace = true\n";
        finds(crate_arrows, &[("crates/engine/Cargo.toml", kit)], &["crates/engine/Cargo.toml:2: "]);
        finds(crate_arrows, &[("crates/newcomer/Cargo.toml", "")], &["crates/newcomer/Cargo.toml: say in ARROWS"]);
        finds(crate_arrows, &[("Cargo.toml", "")], &["crates/*/Cargo.toml: nothing found"]);
    }

    #[test]
    fn an_external_crate_abroad() {
        let tokio = "[dependencies]\ntokio.workspace = true\n[dev-dependencies]\naxum = \"0.8\"\n";
        finds(external_crates_at_home, &[("crates/server/Cargo.toml", tokio)], &[]);
        finds(external_crates_at_home, &[("crates/engine/Cargo.toml", tokio)], &["crates/engine/Cargo.toml:2: tokio"]);
        let serde = "[dependencies]\nbytemuck = \"1\"\nserde = \"1\"\n";
        finds(
            external_crates_at_home,
            &[("crates/pixels/Cargo.toml", serde)],
            &["crates/pixels/Cargo.toml:3: pixels has few"],
        );
    }

    #[test]
    fn an_incomplete_op() {
        const REGISTRY: (&str, &str) =
            ("crates/engine/src/ops/mod.rs", "ops! {\n    blur  => Blur,\n    gamma => Gamma,\n}\n");
        const BLUR: [(&str, &str); 3] = [
            ("crates/engine/src/ops/blur/mod.rs", ""),
            ("crates/engine/src/ops/blur/reference.rs", ""),
            ("shaders/ops/blur.wgsl", ""),
        ];
        let tree = |more: &[(&'static str, &'static str)]| [&[REGISTRY], &BLUR[..], more].concat();
        finds(op_folders, &tree(&[]), &[]);
        finds(op_folders, &tree(&[("shaders/ops/blur.rows.wgsl", ""), ("shaders/image.wgsl", "")]), &[]);
        finds(
            op_folders,
            &tree(&[("crates/engine/src/ops/gamma/mod.rs", "")]),
            &["crates/engine/src/ops/gamma/reference.rs: missing", "shaders/ops/gamma.wgsl: missing"],
        );
        finds(
            op_folders,
            &tree(&[("shaders/ops/gamma.point.wgsl", "")]),
            &["shaders/ops/gamma.point.wgsl: there is no op"],
        );
        finds(op_folders, &BLUR, &["crates/engine/src/ops/mod.rs: blur is not in the block"]);
        finds(op_folders, &[REGISTRY], &["crates/engine/src/ops/: nothing found"]);
    }

    #[test]
    fn a_word_where_it_must_not_be() {
        let fine = "// wgpu is not named here\nuse crate::wgpu_free;\nconst S: &str = \"wgpu\";\n";
        finds(words_kept_out, &[("crates/engine/src/plan/mod.rs", fine)], &[]);
        finds(words_kept_out, &[("crates/engine/src/gpu/mod.rs", "use wgpu::Device;")], &[]);
        for (path, code) in [
            ("crates/engine/src/plan/step.rs", "\nuse wgpu::Device;"),
            ("crates/engine/src/plan/step.rs", "//\nlet now = std::time::Instant::now;"),
            ("crates/options/src/url.rs", "/* a\n*/ use std::fs;"),
            ("crates/ml/src/nn/mod.rs", "'\\n';\nuse cubecl::client;"),
        ] {
            let found = words_kept_out(&Tree::of(&[(path, code)]).0);
            assert!(
                !found.is_empty() && found.iter().all(|f| f.starts_with(&format!("{path}:2: "))),
                "{code:?}: {found:?}"
            );
        }
        finds(words_kept_out, &[("crates/ml/src/bridge/memory.rs", "use cubecl::client;")], &[]);
    }

    #[test]
    fn unsafe_outside_its_modules() {
        let code = "//! not unsafe\n#![deny(unsafe_code)]\nfn f<'a>(x: &'a u8) -> &'a u8 {\n    unsafe { g(x) }\n}\n";
        finds(unsafe_in_named_modules, &[("crates/codecs/src/webp/libwebp.rs", code)], &[]);
        finds(unsafe_in_named_modules, &[("crates/engine/src/lib.rs", code)], &["crates/engine/src/lib.rs:4: unsafe"]);
    }

    #[test]
    fn unfinished_work_of_every_kind() {
        for mark in UNFINISHED {
            let text = format!("fine\n// {mark}(later)\n");
            for path in ["crates/a/src/lib.rs", "shaders/a.wgsl", "README.md", ".ci/run"] {
                finds(unfinished_work, &[(path, &text)], &[&format!("{path}:2: {mark}")]);
            }
        }
        finds(unfinished_work, &[("a.rs", "fn todos() { mastodon!() }")], &[]);
    }

    #[test]
    fn a_link_to_nowhere() {
        let good = "[a](b.md) ![p](../x.png \"title\") [c](#part) [d](https://example.org/) [e](/x.png)\n`[f](gone)`\n```\n[g](gone)\n```\n";
        finds(links_lead_somewhere, &[("docs/a.md", good), ("docs/b.md", ""), ("x.png", "")], &[]);
        let bad = "[a](b.md#part) and\n[ref]: gone.md\n";
        finds(
            links_lead_somewhere,
            &[("a.md", bad)],
            &["a.md:1: the link to \"b.md#part\"", "a.md:2: the link to \"gone.md\""],
        );
    }

    #[test]
    fn a_large_file() {
        let large = "x".repeat(400_001);
        finds(small_files, &[("weights.bin", &large), ("a.rs", "")], &["weights.bin: 400001 bytes"]);
        finds(small_files, &[("a.bin", &large[1..])], &[]);
        finds(small_files, &[("target/debug/a", &large), (".git/pack", &large), ("a", "")], &[]);
    }

    #[test]
    fn code_is_told_from_literals_and_comments() {
        for (source, code) in [
            ("a // b\nc", "a  \nc"),
            ("a /* b /* c */ d\n*/ e", "a  \n e"),
            (r#"a "b \" c" d"#, "a   d"),
            ("a r#\"b\" c\"# d", "a   d"),
            ("a b'\\'' d '\"' e", "a b  d   e"),
            ("f::<'a, 'b>(x)", "f::<'a, 'b>(x)"),
            ("var\"x\"", "var "),
            ("'\\u{1F4F7}' a", "  a"),
        ] {
            assert_eq!(code_of(source), code, "{source:?}");
        }
    }
}
