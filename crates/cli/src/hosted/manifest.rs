//! `images.jsonl`: what is known of each image of an export, one JSON object a line.

use std::collections::HashMap;

use anyhow::Context as _;
use serde_json::{Value, json};
use tintype_hosted::{Image, ImageId, Metadata, NewImage, Timestamp};

/// What the list is called, beside the files.
pub(super) const NAME: &str = "images.jsonl";

/// The line of `image`, whose bytes are in `file`.
pub(super) fn line(file: &str, image: &Image) -> String {
    let said = json!({
        "file": file,
        "id": image.id,
        "filename": image.filename,
        "creator": image.creator,
        "metadata": image.metadata_json(),
        "requireSignedURLs": image.require_signed_urls,
        "uploaded": image.uploaded.to_rfc3339(),
        "sha256": image.content.as_ref().map(|content| &content.digest),
    });
    format!("{said}\n")
}

/// What the list says, by file.
pub(super) fn read(text: &[u8]) -> anyhow::Result<HashMap<String, NewImage>> {
    let lines = text.split(|&b| b == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    lines.map(|(at, line)| entry(line).with_context(|| format!("{NAME}: line {} says no image", at + 1))).collect()
}

fn entry(line: &[u8]) -> anyhow::Result<(String, NewImage)> {
    let said: Value = serde_json::from_slice(line)?;
    let text = |name: &str| said[name].as_str().map(str::to_owned);
    let metadata = said.get("metadata").filter(|metadata| !metadata.is_null());
    let new = NewImage {
        id: Some(ImageId::restored(&text("id").context("it has no id")?)?),
        filename: text("filename"),
        creator: text("creator"),
        metadata: metadata.map(|metadata| Metadata::new(metadata.clone())).transpose()?,
        require_signed_urls: said["requireSignedURLs"].as_bool().unwrap_or_default(),
        uploaded: text("uploaded").as_deref().and_then(Timestamp::parse),
    };
    Ok((text("file").context("it has no file")?, new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_images() {
        let id = "083eb7b2-5392-4565-b69e-aff66acddd00";
        let text = format!(
            "{{\"file\":\"a.png\",\"id\":\"{id}\",\"requireSignedURLs\":true,\"metadata\":{{\"a\":1}},\
             \"uploaded\":\"1970-01-01T00:00:01Z\"}}\n\n\
             {{\"file\":\"b/c.png\",\"id\":\"b/c\",\"creator\":\"me\",\"metadata\":null}}\n"
        );
        let images = read(text.as_bytes()).unwrap();
        let first = &images["a.png"];
        assert_eq!(first.uploaded, Some(Timestamp(1000)));
        assert!(first.require_signed_urls && !first.id.as_ref().unwrap().is_custom() && first.metadata.is_some());
        let second = &images["b/c.png"];
        assert!(second.id.as_ref().unwrap().is_custom() && second.creator.as_deref() == Some("me"));
        for bad in ["{", "{}", "{\"id\":\"a\"}", "{\"file\":\"a\",\"id\":\"/a\"}"] {
            let error = read(format!("\n{bad}").as_bytes()).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
        }
    }
}
