//! Rules of ours that naga does not have. They read the linked text: what they forbid is visible there.

use super::{Linked, ShaderError};

/// The first rule that `linked` breaks.
pub(super) fn check(linked: &Linked) -> Result<(), ShaderError> {
    sizes_come_from_params(linked)?;
    stores_are_guarded(linked)
}

/// Pooled textures are larger than the image they hold, so a texture's own size is never the right bound.
fn sizes_come_from_params(linked: &Linked) -> Result<(), ShaderError> {
    find(linked, &["textureDimensions("], "textureDimensions gives the pool's size: take the frame from the params")
}

/// The dispatch is rounded up to whole workgroups: the first statement of `main` must send the surplus home.
fn stores_are_guarded(linked: &Linked) -> Result<(), ShaderError> {
    let mut in_main = false;
    for (index, line) in linked.text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default().trim();
        if code.starts_with("fn main(") {
            in_main = true;
        } else if in_main && code.starts_with("if ") && code.contains("return;") {
            return Ok(());
        } else if in_main && (code.contains("textureStore(") || code.contains("store(") || code.contains("] =")) {
            let (file, number) = linked.origin(index + 1);
            return Err(ShaderError::new(file, number, "a store before the bounds return of main"));
        }
    }
    Ok(())
}

fn find(linked: &Linked, needles: &[&str], message: &str) -> Result<(), ShaderError> {
    for (index, line) in linked.text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        if needles.iter().any(|needle| code.contains(needle)) {
            let (file, number) = linked.origin(index + 1);
            return Err(ShaderError::new(file, number, message));
        }
    }
    Ok(())
}
