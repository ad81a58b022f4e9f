//! Writes the Rust source that a build script's crate includes.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Compiled, Shaders};
use crate::Texel;

/// Writes `kernels.rs` and one `.wgsl` per kernel and texel format; returns the path of `kernels.rs`.
pub(super) fn write(shaders: &Shaders, compiled: &[Compiled], out: &Path) -> io::Result<PathBuf> {
    let mut rust = String::new();
    for kernel in compiled {
        for (texel, linked) in Texel::ALL.iter().zip(&kernel.linked) {
            fs::write(out.join(file_name(&kernel.name, *texel)), &linked.text)?;
        }
        let _ = writeln!(rust, "{}", item(kernel));
    }
    let names: Vec<_> = compiled.iter().map(|kernel| format!("&{}", constant(&kernel.name))).collect();
    let _ = writeln!(rust, "/// Every kernel, by name.\npub static ALL: &[&Kernel] = &[{}];", names.join(", "));
    rust.push_str("/// Numbers of the point operations, as the tape holds them.\npub mod opcode {\n");
    for (index, name) in shaders.points().enumerate() {
        let _ =
            writeln!(rust, "    /// `{name}.point.wgsl`\n    pub const {}: u32 = {};", name.to_uppercase(), index + 1);
    }
    rust.push_str("}\n");
    let path = out.join("kernels.rs");
    fs::write(&path, rust)?;
    Ok(path)
}

/// `unpack.wide` is `UNPACK_WIDE`.
fn constant(kernel: &str) -> String {
    kernel.to_uppercase().replace('.', "_")
}

fn file_name(kernel: &str, texel: Texel) -> String {
    format!("{kernel}.{}.wgsl", texel.name())
}

fn item(kernel: &Compiled) -> String {
    let Compiled { name, reflected, .. } = kernel;
    let bindings: Vec<_> = reflected.bindings.iter().map(|b| format!("Binding::{b:?}")).collect();
    let params: Vec<_> = reflected
        .params
        .iter()
        .map(|(name, offset, size)| format!("Field {{ name: {name:?}, offset: {offset}, size: {size} }}"))
        .collect();
    format!(
        "/// `{name}.wgsl`\npub static {}: Kernel = Kernel {{ name: {name:?}, \
         source: [include_str!(concat!(env!(\"OUT_DIR\"), \"/{}\")), include_str!(concat!(env!(\"OUT_DIR\"), \"/{}\"))], \
         bindings: &[{}], overrides: &{:?}, params: &[{}], params_bytes: {}, tape: {} }};",
        constant(name),
        file_name(name, Texel::F16),
        file_name(name, Texel::F32),
        bindings.join(", "),
        reflected.overrides,
        params.join(", "),
        reflected.params_bytes,
        reflected.tape,
    )
}
