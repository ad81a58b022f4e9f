//! `cargo xtask new-op NAME`: the files of an image operation, and its line in the registry.
//!
//! The files come from `templates/`, where `__name__` is the op in snake case, `__NAME__` in upper case, `__Type__` as a type and
//! `__Name__` as a word at the start of a sentence. They build and pass as they are, so that one change at a time can follow.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

const OP: &str = include_str!("../templates/op.rs.txt");
const REFERENCE: &str = include_str!("../templates/reference.rs.txt");
const KERNEL: &str = include_str!("../templates/kernel.wgsl.txt");

const OPS: &str = "crates/engine/src/ops";
const SHADERS: &str = "shaders/ops";

/// Reserved words that read like the name of an op would; a module cannot be called so.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Writes the files below `root` and registers the op; changes nothing when that is not possible.
pub(crate) fn new_op(root: &Path, name: &str) -> Result<()> {
    check_name(name)?;
    let folder = root.join(OPS).join(name);
    let registry = root.join(OPS).join("mod.rs");
    let files = [
        (folder.join("mod.rs"), OP),
        (folder.join("reference.rs"), REFERENCE),
        (root.join(SHADERS).join(format!("{name}.wgsl")), KERNEL),
    ];
    for taken in [&folder, &root.join(OPS).join(format!("{name}.rs")), &files[2].0, &point_shader(root, name)] {
        if taken.exists() {
            bail!("{} exists already; choose another name", below(root, taken));
        }
    }
    let before = fs::read_to_string(&registry).with_context(|| format!("cannot read {}", registry.display()))?;
    let after = register(&before, name).with_context(|| format!("in {}", below(root, &registry)))?;

    for (path, template) in &files {
        let parent = path.parent().expect("every path is below the root");
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(path, filled(template, name)).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote    {}", below(root, path));
    }
    fs::write(&registry, after).with_context(|| format!("cannot write {}", registry.display()))?;
    println!("changed  {}", below(root, &registry));
    println!("next: say what it computes in the three files, give it cases, then `cargo xtask test {name}`");
    Ok(())
}

fn point_shader(root: &Path, name: &str) -> std::path::PathBuf {
    root.join(SHADERS).join(format!("{name}.point.wgsl"))
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn check_name(name: &str) -> Result<()> {
    let word = |word: &str| {
        let mut letters = word.bytes();
        letters.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('_').all(word) {
        bail!("{name:?} is not a name for an op; accepted is snake case, as in \"unsharp_mask\"");
    }
    if KEYWORDS.contains(&name) {
        bail!("{name:?} is a reserved word of Rust; an op's name is a module's name too");
    }
    Ok(())
}

fn filled(template: &str, name: &str) -> String {
    let spaced = name.replace('_', " ");
    let sentence = spaced[..1].to_uppercase() + &spaced[1..];
    template
        .replace("__name__", name)
        .replace("__NAME__", &name.to_uppercase())
        .replace("__Type__", &type_name(name))
        .replace("__Name__", &sentence)
}

fn type_name(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Adds `name => Type,` at the end of the `ops! { … }` block.
fn register(registry: &str, name: &str) -> Result<String> {
    let lines: Vec<&str> = registry.lines().collect();
    let open = lines.iter().position(|line| line.trim() == "ops! {").context("there is no line \"ops! {\"")?;
    let length = lines[open..]
        .iter()
        .position(|line| line.trim() == "}")
        .context("the block ops! is not closed by a line \"}\"")?;
    let block = &lines[open + 1..open + length];
    let entries = || block.iter().filter(|line| line.contains("=>") && !line.trim_start().starts_with("//"));
    if entries().any(|line| line.split("=>").next().is_some_and(|entry| entry.trim() == name)) {
        bail!("{name:?} is registered already");
    }
    let last = entries().next_back().copied().unwrap_or("    ");
    let indent = &last[..last.len() - last.trim_start().len()];
    let line = format!("{indent}{name} => {},", type_name(name));

    let (head, tail) = lines.split_at(open + length);
    let mut text = [head, &[line.as_str()], tail].concat().join("\n");
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const REGISTRY: &str = "//! The registry.\n\nmacro_rules! ops {\n    () => {};\n}\n\nops! {\n    unpack => Unpack,\n    \
                            pack => Pack, // last\n}\n\nfn after() {}\n";

    /// A tree with an empty registry that is removed again.
    struct Tree(PathBuf);

    impl Tree {
        fn new(test: &str) -> Tree {
            let root = std::env::temp_dir().join(format!("tintype-xtask-{test}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(root.join(OPS)).unwrap();
            fs::create_dir_all(root.join(SHADERS)).unwrap();
            fs::write(root.join(OPS).join("mod.rs"), REGISTRY).unwrap();
            Tree(root)
        }

        fn read(&self, path: &str) -> String {
            fs::read_to_string(self.0.join(path)).unwrap()
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn an_op_is_written_and_registered() {
        let tree = Tree::new("written");
        new_op(&tree.0, "soft_light2").unwrap();
        let op = tree.read("crates/engine/src/ops/soft_light2/mod.rs");
        assert!(op.contains("pub struct SoftLight2") && op.starts_with("//! Soft light2:"), "{op}");
        assert!(op.contains("kernels::SOFT_LIGHT2"), "{op}");
        let twin = tree.read("crates/engine/src/ops/soft_light2/reference.rs");
        assert!(twin.contains("impl Exercised for SoftLight2"), "{twin}");
        let shader = tree.read("shaders/ops/soft_light2.wgsl");
        assert!(shader.contains("ops/soft_light2/reference.rs"), "{shader}");
        for text in [&op, &twin, &shader] {
            assert!(!text.contains("__"), "a placeholder is left:\n{text}");
        }
        assert!(tree.read("crates/engine/src/ops/mod.rs").contains("    soft_light2 => SoftLight2,\n}\n"));
    }

    #[test]
    fn the_line_goes_to_the_end_of_the_block_and_nothing_else_changes() {
        let after = register(REGISTRY, "blur").unwrap();
        assert_eq!(after, REGISTRY.replace("// last\n", "// last\n    blur => Blur,\n"));
        assert_eq!(register("ops! {\n}\n", "blur").unwrap(), "ops! {\n    blur => Blur,\n}\n");
    }

    #[test]
    fn a_registry_that_is_not_understood_is_refused() {
        assert!(register("mod blur;\n", "blur").unwrap_err().to_string().contains("ops! {"));
        assert!(register("ops! {\n", "blur").unwrap_err().to_string().contains("not closed"));
        assert!(register(REGISTRY, "pack").unwrap_err().to_string().contains("registered already"));
    }

    #[test]
    fn names_are_snake_case_and_no_keywords() {
        for good in ["blur", "unsharp_mask", "oklab2", "lut_3d"] {
            check_name(good).expect(good);
        }
        for bad in ["", "Blur", "blur-x", "_blur", "blur_", "a__b", "2x", "ä", "match", "../x", "blur x"] {
            let error = check_name(bad).expect_err(bad).to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
    }

    #[test]
    fn what_exists_is_never_overwritten() {
        for existing in ["crates/engine/src/ops/op.rs", "shaders/ops/op.wgsl", "shaders/ops/op.point.wgsl"] {
            let tree = Tree::new("existing");
            fs::write(tree.0.join(existing), "mine").unwrap();
            let error = new_op(&tree.0, "op").expect_err(existing).to_string();
            assert!(error.starts_with(existing), "{error}");
            assert_eq!(tree.read(existing), "mine");
            assert_eq!(tree.read("crates/engine/src/ops/mod.rs"), REGISTRY);
        }
        let tree = Tree::new("twice");
        new_op(&tree.0, "blur").unwrap();
        let once = tree.read("crates/engine/src/ops/mod.rs");
        assert!(new_op(&tree.0, "blur").is_err());
        assert_eq!(tree.read("crates/engine/src/ops/mod.rs"), once);
    }

    #[test]
    fn nothing_is_written_where_the_registry_is_missing() {
        let tree = Tree::new("missing");
        fs::remove_file(tree.0.join(OPS).join("mod.rs")).unwrap();
        assert!(new_op(&tree.0, "blur").is_err());
        assert!(!tree.0.join(OPS).join("blur").exists());
    }
}
