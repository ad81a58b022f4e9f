//! What the name of an output file asks for.

use std::path::Path;

use tintype::{ImageFormat, formats};
use tintype_batch::names::{EXTENSIONS, format_of};

use crate::failure::usage;

/// What the extension of an output file asks for.
pub(super) fn format_for(path: &Path) -> anyhow::Result<ImageFormat> {
    format_of(path).filter(|format| is_written(*format)).ok_or_else(|| {
        let accepted: Vec<_> =
            EXTENSIONS.iter().filter(|(_, format)| is_written(*format)).map(|(name, _)| format!(".{name}")).collect();
        let accepted = accepted.join(", ");
        let name = path.display();
        match path.extension() {
            Some(extension) => usage!(
                "{name}: .{} is not an extension of a format that is written; use {accepted}, or give format=",
                extension.display()
            ),
            None => usage!("{name}: without an extension the format is unknown; use {accepted}, give format=, or end the name with / for a folder"),
        }
    })
}

fn is_written(format: ImageFormat) -> bool {
    formats().iter().any(|support| support.format == format && support.writes.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_is_accepted() {
        for name in ["a.tiff", "a"] {
            let message = format_for(Path::new(name)).unwrap_err().to_string();
            assert!(message.contains(".jpg, .jpeg, .png") && message.contains("format="), "{message}");
        }
    }
}
