//! `tintype info`: what a picture's header says.

use std::process::ExitCode;

use anyhow::Context as _;
use exif::{In, Reader, Value};
use serde_json::{Map, json};
use tintype::{ImageInfo, Limits, codecs};

use crate::{args::InfoArgs, pictures, show};

/// Longer values are a maker's private data, not something to read.
const LONGEST_VALUE: usize = 1000;

pub(crate) fn run(args: &InfoArgs) -> anyhow::Result<ExitCode> {
    // Only the header is read and nothing is decoded: pictures of any size may be described.
    let limits = Limits {
        bytes: u64::MAX,
        area_px: u64::MAX,
        side_px: u32::MAX,
        decoded_bytes: u64::MAX,
        frames: u32::MAX,
        jpeg_scans: u32::MAX,
        ..Limits::default()
    };
    let bytes = pictures::read(&args.file, u64::MAX)?;
    let info = codecs::probe(&bytes, &limits).with_context(|| args.file.display().to_string())?;
    show::json(&described(&info))
}

fn described(info: &ImageInfo) -> serde_json::Value {
    let size = info.upright_size();
    json!({
        "format": info.format.name(),
        "file_size": info.file_size,
        "width": size.width,
        "height": size.height,
        "orientation": info.orientation.exif(),
        "color": &*info.color.name,
        "frames": info.frames,
        "alpha": info.alpha,
        "exif": info.exif.as_deref().and_then(tags),
    })
}

/// The tags of the picture itself, not of its thumbnail, by name; `None` where the block cannot be read.
fn tags(block: &[u8]) -> Option<Map<String, serde_json::Value>> {
    let exif = Reader::new().read_raw(block.to_vec()).ok()?;
    let mut tags = Map::new();
    // Tags that have no name mean nothing to a reader.
    for field in exif.fields().filter(|field| field.ifd_num == In::PRIMARY && field.tag.description().is_some()) {
        let value = match &field.value {
            Value::Ascii(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part)).collect();
                json!(parts.join("\n").trim())
            }
            Value::Byte(v) if v.len() == 1 => json!(v[0]),
            Value::Short(v) if v.len() == 1 => json!(v[0]),
            Value::Long(v) if v.len() == 1 => json!(v[0]),
            _ => {
                let text = field.display_value().with_unit(&exif).to_string();
                if text.len() > LONGEST_VALUE {
                    continue;
                }
                json!(text)
            }
        };
        tags.insert(field.tag.to_string(), value);
    }
    Some(tags)
}
