//! From a folder of `.wgsl` files to Rust source that holds checked kernels.
//!
//! [`Shaders::load`] reads the folder, [`Shaders::compile`] links, parses, validates, lints and reflects every kernel for
//! both texel formats and collects *all* errors, [`Shaders::emit`] writes what a build script includes.
//! Start with [`emit`], which does the three.

mod emit;
mod error;
mod link;
mod lint;
mod reflect;

use std::path::{Path, PathBuf};

pub use error::{Errors, ShaderError};
pub use link::{Linked, Shaders};
pub use reflect::Reflected;

use crate::Texel;

/// A kernel that passed everything.
#[derive(Debug)]
pub struct Compiled {
    /// The file's stem.
    pub name: String,
    /// Linked text by [`Texel`].
    pub linked: [Linked; 2],
    /// What naga says of it.
    pub reflected: Reflected,
}

impl Shaders {
    /// Links, validates, lints and reflects every kernel, for both texel formats.
    ///
    /// # Errors
    /// All errors of all kernels, each with file and line.
    pub fn compile(&self) -> Result<Vec<Compiled>, Errors> {
        let mut compiled = Vec::new();
        let mut errors = Errors::default();
        for kernel in self.kernels() {
            let mut variants = Texel::ALL.map(|texel| {
                let linked = self.link(kernel, texel)?;
                let reflected = reflect::reflect(&linked)?;
                Ok::<_, ShaderError>((linked, reflected))
            });
            for variant in &mut variants {
                if let Err(error) = variant {
                    errors.push(error.clone());
                }
            }
            if let [Ok((f16, reflected)), Ok((f32, _))] = variants {
                compiled.push(Compiled { name: kernel.to_owned(), linked: [f16, f32], reflected });
            }
        }
        if compiled.is_empty() && errors.is_empty() {
            errors.push(ShaderError::new(
                self.folder().display().to_string(),
                0,
                format!("no kernel found in {}", self.home()),
            ));
        }
        errors.into_result(compiled)
    }
}

/// What a build script calls: compiles the kernels below `folder` and writes `kernels.rs` and the linked text to `out`.
///
/// # Errors
/// All shader errors, or the first file that could not be read or written.
pub fn emit(folder: &Path, out: &Path) -> Result<PathBuf, Errors> {
    emit_all(&Shaders::load(folder)?, out)
}

/// As [`emit`], for the kernels that `shaders` is set to.
///
/// # Errors
/// All shader errors, or the first file that could not be written.
pub fn emit_all(shaders: &Shaders, out: &Path) -> Result<PathBuf, Errors> {
    let compiled = shaders.compile()?;
    emit::write(shaders, &compiled, out).map_err(|error| Errors::one(ShaderError::io(out, &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "alias Src = texture_2d<f32>;\nalias Dst = texture_storage_2d<rgba16float, write>;\n";
    const GOOD: &str = "#import image\n\
        struct Params { size: vec2u, amount: f32, _pad: u32 }\n\
        @group(0) @binding(0) var<uniform> params: Params;\n\
        @group(0) @binding(1) var src: Src;\n\
        @group(0) @binding(2) var dst: Dst;\n\
        override WG_X = 8u;\n\
        @compute @workgroup_size(WG_X, 1)\n\
        fn main(@builtin(global_invocation_id) id: vec3u) {\n\
        if any(id.xy >= params.size) { return; }\n\
        textureStore(dst, id.xy, textureLoad(src, id.xy, 0) * params.amount);\n\
        }\n";

    fn shaders(kernel: &str) -> Shaders {
        Shaders::from_files(vec![
            ("lib/image_f16.wgsl".into(), IMAGE.into()),
            ("lib/image_f32.wgsl".into(), IMAGE.replace("16", "32")),
            ("ops/example.wgsl".into(), kernel.into()),
        ])
    }

    #[test]
    fn a_good_kernel_is_reflected() {
        let compiled = shaders(GOOD).compile().unwrap_or_else(|e| panic!("{e}"));
        let reflected = &compiled[0].reflected;
        assert_eq!(reflected.overrides, ["WG_X"]);
        assert_eq!(reflected.params_bytes, 16);
        let fields: Vec<_> = reflected.params.iter().map(|f| (f.0.as_str(), f.1, f.2)).collect();
        assert_eq!(fields, [("size", 0, 8), ("amount", 8, 4), ("_pad", 12, 4)]);
    }

    #[test]
    fn errors_name_file_and_line() {
        for (broken, line, part) in [
            (GOOD.replace("params.amount", "params.amuont"), 10, "amuont"),
            (
                GOOD.replace("textureLoad(src, id.xy, 0)", "textureLoad(src, vec2u(textureDimensions(src)), 0)"),
                10,
                "textureDimensions",
            ),
            (GOOD.replace("fn main", "fn start"), 0, "main"),
            (GOOD.replace("#import image", "#import imgae"), 1, "imgae"),
            (GOOD.replace("@binding(2)", "@binding(3)"), 0, "binding 2"),
            (GOOD.replace("if any(id.xy >= params.size) { return; }", ""), 10, "bounds"),
        ] {
            let errors = shaders(&broken).compile().expect_err("must not compile");
            let text = errors.to_string();
            let place = if line == 0 { "ops/example.wgsl".to_owned() } else { format!("ops/example.wgsl:{line}") };
            assert!(text.contains(part) && text.contains(&place), "{place} and {part:?} expected in:\n{text}");
        }
    }

    #[test]
    fn all_errors_are_collected() {
        let files = ["one", "two"].map(|name| (format!("ops/{name}.wgsl"), "fn main( {".to_owned()));
        let errors = Shaders::from_files(files.into()).compile().expect_err("must not compile");
        let text = errors.to_string();
        assert!(text.contains("one.wgsl") && text.contains("two.wgsl"), "{text}");
    }

    #[test]
    fn kernels_of_another_folder() {
        let elsewhere = shaders("broken").kernels_in("ml");
        let error = elsewhere.compile().expect_err("there is none").to_string();
        assert!(error.contains("no kernel found in ml/"), "{error}");
        let files = vec![
            ("lib/image_f16.wgsl".into(), IMAGE.into()),
            ("lib/image_f32.wgsl".into(), IMAGE.replace("16", "32")),
            ("ops/broken.wgsl".into(), "broken".into()),
            ("ml/example.wgsl".into(), GOOD.into()),
        ];
        let compiled = Shaders::from_files(files).kernels_in("ml").compile().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(compiled.iter().map(|kernel| kernel.name.as_str()).collect::<Vec<_>>(), ["example"]);
    }

    #[test]
    fn a_folder_without_kernels_is_an_error() {
        assert!(Shaders::from_files(vec![]).compile().is_err());
    }
}
