//! `#import name`: pastes a library module in front of its first use, once, and remembers where each line came from.
//!
//! There is no `#ifdef` and there are no namespaces: names carry their module's prefix. Two names are special: `image`
//! is `lib/image_f16.wgsl` or `lib/image_f32.wgsl`, and `points` is generated: one `switch` over all `*.point.wgsl`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Errors, ShaderError};
use crate::Texel;

/// All `.wgsl` files below one folder, by their path relative to it.
#[derive(Clone, Debug)]
pub struct Shaders {
    folder: PathBuf,
    /// Where kernels are: `ops/` unless told otherwise.
    home: String,
    files: BTreeMap<String, String>,
}

/// One kernel's text with everything it imports, and where each line came from.
#[derive(Clone, Debug)]
pub struct Linked {
    /// What naga and wgpu see.
    pub text: String,
    /// The kernel's own file.
    pub file: String,
    origins: Vec<(String, usize)>,
}

impl Linked {
    /// File and line (from 1) that line `line` (from 1) of the linked text came from.
    pub fn origin(&self, line: usize) -> (&str, usize) {
        self.origins.get(line.wrapping_sub(1)).map_or((self.file.as_str(), 0), |(file, line)| (file, *line))
    }

    fn push(&mut self, file: &str, number: usize, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.origins.push((file.to_owned(), number));
    }
}

impl Shaders {
    /// Reads every `.wgsl` file below `folder`.
    ///
    /// # Errors
    /// The first file or folder that cannot be read.
    pub fn load(folder: &Path) -> Result<Self, Errors> {
        let mut files = BTreeMap::new();
        read_folder(folder, folder, &mut files).map_err(|error| Errors::one(ShaderError::io(folder, &error)))?;
        Ok(Self { folder: folder.to_owned(), home: OPS.to_owned(), files })
    }

    /// From (relative path, text) pairs, for tests.
    pub fn from_files(files: Vec<(String, String)>) -> Self {
        Self { folder: PathBuf::new(), home: OPS.to_owned(), files: files.into_iter().collect() }
    }

    /// With the kernels below `subfolder` instead of `ops`; library modules and point operations stay where they are.
    #[must_use]
    pub fn kernels_in(self, subfolder: &str) -> Self {
        Self { home: format!("{subfolder}/"), ..self }
    }

    /// The folder below [`Self::folder`] that holds the kernels, with a slash at its end.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The folder the files were read from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Relative paths of all files.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Names of the kernels: the stems of the `.wgsl` files below [`Self::home`] that are not point functions.
    pub fn kernels(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter(|path| self.is_kernel(path)).map(|p| stem(p))
    }

    fn is_kernel(&self, path: &str) -> bool {
        path.starts_with(&self.home) && !path.ends_with(".point.wgsl")
    }

    /// Names of the point operations, in the order of their opcodes: opcode 1 is the first.
    pub fn points(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| path.strip_prefix("ops/")?.strip_suffix(".point.wgsl"))
    }

    /// The text of `kernel` with all its imports, for one texel format.
    ///
    /// # Errors
    /// An import that names no file, with the line that asks for it.
    pub fn link(&self, kernel: &str, texel: Texel) -> Result<Linked, ShaderError> {
        let file = self
            .files
            .keys()
            .find(|path| self.is_kernel(path) && stem(path) == kernel)
            .ok_or_else(|| ShaderError::new(format!("{}{kernel}.wgsl", self.home), 0, "no such kernel"))?;
        let mut linked = Linked { text: String::new(), file: file.clone(), origins: Vec::new() };
        self.paste(file, texel, &mut BTreeSet::new(), &mut linked)?;
        Ok(linked)
    }

    fn paste(
        &self,
        file: &str,
        texel: Texel,
        seen: &mut BTreeSet<String>,
        out: &mut Linked,
    ) -> Result<(), ShaderError> {
        if !seen.insert(file.to_owned()) {
            return Ok(());
        }
        let text = if file == POINTS { &self.point_switch() } else { &self.files[file] };
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let Some(name) = line.trim().strip_prefix("#import") else {
                out.push(file, number, line);
                continue;
            };
            let path = self.resolve(name.trim(), texel);
            if path != POINTS && !self.files.contains_key(&path) {
                return Err(ShaderError::new(file, number, format!("no module {:?} in lib/", name.trim())));
            }
            self.paste(&path, texel, seen, out)?;
        }
        Ok(())
    }

    fn resolve(&self, name: &str, texel: Texel) -> String {
        match name {
            "image" => format!("lib/image_{}.wgsl", texel.name()),
            "points" => POINTS.to_owned(),
            _ if name.ends_with(".point") => format!("ops/{name}.wgsl"),
            _ => format!("lib/{name}.wgsl"),
        }
    }

    /// `fn point_apply(opcode, color, a, b, c)`: one case per point operation.
    fn point_switch(&self) -> String {
        let mut text = String::new();
        for name in self.points() {
            let _ = writeln!(text, "#import {name}.point");
        }
        text.push_str(
            "fn point_apply(opcode: u32, color: vec4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {\n    switch opcode {\n",
        );
        for (index, name) in self.points().enumerate() {
            let _ = writeln!(text, "        case {}u: {{ return {name}(color, a, b, c); }}", index + 1);
        }
        text.push_str("        default: { return color; }\n    }\n}\n");
        text
    }
}

/// Where the engine's operations are.
const OPS: &str = "ops/";

/// Where the generated switch pretends to live.
const POINTS: &str = "lib/points.wgsl";

fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".wgsl")).unwrap_or(path)
}

fn read_folder(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(&path, root, files)?;
        } else if path.extension().is_some_and(|extension| extension == "wgsl") {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let name = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_pasted_once_and_lines_remember_their_file() {
        let shaders = Shaders::from_files(vec![
            ("lib/a.wgsl".into(), "#import b\nconst A = 1;".into()),
            ("lib/b.wgsl".into(), "const B = 2;".into()),
            ("ops/k.wgsl".into(), "// k\n#import a\n#import b\nfn main() {}".into()),
        ]);
        let linked = shaders.link("k", Texel::F16).expect("links");
        assert_eq!(linked.text, "// k\nconst B = 2;\nconst A = 1;\nfn main() {}\n");
        assert_eq!(linked.origin(2), ("lib/b.wgsl", 1));
        assert_eq!(linked.origin(4), ("ops/k.wgsl", 4));
    }

    #[test]
    fn the_switch_has_a_case_per_point_operation() {
        let shaders = Shaders::from_files(vec![
            ("ops/b.point.wgsl".into(), "fn b() {}".into()),
            ("ops/a.point.wgsl".into(), "fn a() {}".into()),
            ("ops/k.wgsl".into(), "#import points".into()),
        ]);
        let text = shaders.link("k", Texel::F16).expect("links").text;
        assert!(text.contains("case 1u: { return a(color, a, b, c); }"), "{text}");
        assert!(text.contains("case 2u: { return b("), "{text}");
        assert_eq!(shaders.kernels().collect::<Vec<_>>(), ["k"]);
    }
}
