//! Names and formats of results.

use std::path::{Path, PathBuf};

use tintype::{ImageFormat, formats, options::OutputFormat};

use crate::failure::usage;

/// Extensions and what they mean.
const EXTENSIONS: &[(&str, ImageFormat)] = &[
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("png", ImageFormat::Png),
    ("webp", ImageFormat::Webp),
    ("avif", ImageFormat::Avif),
];

/// Extensions of pictures that are replaced in a result's name, beyond [`EXTENSIONS`].
const OTHER_EXTENSIONS: &[&str] = &["gif", "jfif", "jpe", "apng", "heic", "heif", "bmp", "tif", "tiff", "svg", "json"];

/// What a file of this name holds.
pub(super) fn format_of(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, format)| *format)
}

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

/// The option that gives `format` and nothing else; `None` for formats that are not written.
pub(super) fn option_for(format: ImageFormat) -> Option<OutputFormat> {
    match format {
        ImageFormat::Jpeg => Some(OutputFormat::Jpeg),
        ImageFormat::Png => Some(OutputFormat::PngForce),
        ImageFormat::Webp => Some(OutputFormat::Webp),
        ImageFormat::Avif => Some(OutputFormat::Avif),
        _ => None,
    }
}

/// `path`, with the extension that its content must have; one that says the same already stays.
pub(super) fn named_for(path: PathBuf, content_type: &str) -> PathBuf {
    if format_of(&path).is_some_and(|format| format.media_type() == content_type) {
        return path;
    }
    let extension = match EXTENSIONS.iter().find(|(_, format)| format.media_type() == content_type) {
        Some((extension, _)) => extension,
        None if content_type == ImageFormat::Svg.media_type() => "svg",
        None => "json",
    };
    let is_picture = format_of(&path).is_some()
        || path
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| OTHER_EXTENSIONS.contains(&&*e.to_ascii_lowercase()));
    if is_picture {
        path.with_extension(extension)
    } else {
        let mut name = path.into_os_string();
        name.push(".");
        name.push(extension);
        name.into()
    }
}

fn is_written(format: ImageFormat) -> bool {
    formats().iter().any(|support| support.format == format && support.writes.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_give_the_format() {
        for (name, expected) in [
            ("a.jpg", Some(ImageFormat::Jpeg)),
            ("a.JPEG", Some(ImageFormat::Jpeg)),
            ("a/b.c.png", Some(ImageFormat::Png)),
            ("a.webp", Some(ImageFormat::Webp)),
            ("a.avif", Some(ImageFormat::Avif)),
            ("a.gif", None),
            ("jpg", None),
            (".jpg", None),
        ] {
            assert_eq!(format_of(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn names_follow_the_content() {
        for (name, content_type, expected) in [
            ("a.jpg", "image/jpeg", "a.jpg"),
            ("a.JPEG", "image/jpeg", "a.JPEG"),
            ("a.jpg", "image/webp", "a.webp"),
            ("b/a.min.png", "image/avif", "b/a.min.avif"),
            ("a.gif", "image/png", "a.png"),
            ("2026.11.21", "image/jpeg", "2026.11.21.jpg"),
            ("photo", "image/jpeg", "photo.jpg"),
            ("a.jpg", "application/json", "a.json"),
            ("a.jpg", "image/svg+xml", "a.svg"),
            ("logo.svg", "image/svg+xml", "logo.svg"),
            ("logo.svg", "image/png", "logo.png"),
        ] {
            assert_eq!(named_for(name.into(), content_type), Path::new(expected), "{name} {content_type}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_accepted() {
        for name in ["a.tiff", "a"] {
            let message = format_for(Path::new(name)).unwrap_err().to_string();
            assert!(message.contains(".jpg, .jpeg, .png") && message.contains("format="), "{message}");
        }
    }
}
