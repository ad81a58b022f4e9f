//! Names and formats of results.

use std::path::{Path, PathBuf};

use tintype::{ImageFormat, options::OutputFormat};

/// Extensions of formats that are written, and what they mean. The first of a format is what it is given.
pub const EXTENSIONS: &[(&str, ImageFormat)] = &[
    ("jpg", ImageFormat::Jpeg),
    ("jpeg", ImageFormat::Jpeg),
    ("png", ImageFormat::Png),
    ("webp", ImageFormat::Webp),
    ("avif", ImageFormat::Avif),
];

/// Extensions of pictures that are replaced in a result's name, beyond [`EXTENSIONS`].
const OTHER_EXTENSIONS: &[&str] = &["gif", "jfif", "jpe", "apng", "heic", "heif", "bmp", "tif", "tiff", "svg", "json"];

/// What may come out where nothing is known beforehand, the likeliest first.
const MEDIA_TYPES: &[ImageFormat] =
    &[ImageFormat::Avif, ImageFormat::Webp, ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::Svg];

/// What a file of this name holds.
pub fn format_of(path: &Path) -> Option<ImageFormat> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    EXTENSIONS.iter().find(|(known, _)| *known == extension).map(|(_, format)| *format)
}

/// The option that gives `format` and nothing else; `None` for formats that a picture does not keep by itself.
pub fn option_for(format: ImageFormat) -> Option<OutputFormat> {
    match format {
        ImageFormat::Jpeg => Some(OutputFormat::Jpeg),
        ImageFormat::Png => Some(OutputFormat::PngForce),
        ImageFormat::Webp => Some(OutputFormat::Webp),
        ImageFormat::Avif => Some(OutputFormat::Avif),
        _ => None,
    }
}

/// `path`, with the extension that its content must have; one that says the same already stays.
pub fn named_for(path: PathBuf, content_type: &str) -> PathBuf {
    if format_of(&path).is_some_and(|format| format.media_type() == content_type) {
        return path;
    }
    let extension = match EXTENSIONS.iter().find(|(_, format)| format.media_type() == content_type) {
        Some((extension, _)) => extension,
        None if content_type == ImageFormat::Svg.media_type() => "svg",
        None if content_type == ImageFormat::Gif.media_type() => "gif",
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

/// The keys that the result of `key` may have, told before the source is read: one where `format` or the name decides,
/// else several, the likeliest first.
pub(crate) fn candidates(key: &str, format: Option<OutputFormat>) -> Vec<String> {
    let named = |content_type: &str| key_for(key, content_type);
    let fixed = match format {
        Some(OutputFormat::Avif) => ImageFormat::Avif,
        Some(OutputFormat::Webp) => ImageFormat::Webp,
        Some(OutputFormat::Jpeg | OutputFormat::BaselineJpeg) => ImageFormat::Jpeg,
        Some(OutputFormat::PngForce) => ImageFormat::Png,
        Some(OutputFormat::Gif) => ImageFormat::Gif,
        Some(OutputFormat::Svg) => ImageFormat::Svg,
        Some(OutputFormat::Json) => return vec![named("application/json")],
        Some(OutputFormat::Auto | OutputFormat::Png) => {
            return MEDIA_TYPES.iter().map(|format| named(format.media_type())).collect();
        }
        None => match format_of(Path::new(key)) {
            Some(format) => format,
            None => return MEDIA_TYPES.iter().rev().map(|format| named(format.media_type())).collect(),
        },
    };
    vec![named(fixed.media_type())]
}

/// The key of a result of `key`.
pub(crate) fn key_for(key: &str, content_type: &str) -> String {
    let named = named_for(PathBuf::from(key), content_type);
    // Made of text, with text.
    named.into_os_string().into_string().unwrap_or_else(|_| key.to_owned())
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
            ("a.gif", "image/gif", "a.gif"),
            ("a.jpg", "image/gif", "a.gif"),
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
    fn a_result_is_looked_for_where_it_will_be() {
        let one = |key, format| match candidates(key, format).as_slice() {
            [one] => one.clone(),
            several => panic!("{several:?}"),
        };
        assert_eq!(one("a/b.png", Some(OutputFormat::Webp)), "a/b.webp");
        assert_eq!(one("b.JPEG", None), "b.JPEG");
        assert_eq!(one("b", Some(OutputFormat::Json)), "b.json");
        let several = candidates("b.png", Some(OutputFormat::Auto));
        assert_eq!(several[..4], ["b.avif", "b.webp", "b.jpg", "b.png"]);
        assert!(candidates("b", None).contains(&"b.jpg".to_owned()));
    }
}
