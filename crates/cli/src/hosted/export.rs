//! `tintype hosted export`: all stored images as files, called as they are, and a list of what is known of them.
//!
//! The list is written last, of all images that there were. What is there is skipped, so that it can be ended in any way and
//! started again.

use std::{collections::HashSet, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use tintype_batch::Place;
use tintype_hosted::{AccountId, Content, Hosted, Order, Query};

use super::{
    manifest,
    many::{self, Outcome},
};
use crate::{args::ExportArgs, batch::INTERRUPTED, failure};

pub(super) async fn run(
    hosted: &Hosted,
    account: &AccountId,
    args: &ExportArgs,
    verbose: bool,
) -> anyhow::Result<ExitCode> {
    let destination = Place::destination(&args.destination)?;
    let (mut items, mut list, mut names) = (Vec::new(), String::new(), HashSet::new());
    let (query, mut cursor) = (Query { order: Order::Ascending, ..Query::default() }, None);
    loop {
        let page = hosted.list(account, &query, cursor.as_ref()).await?;
        for image in page.images {
            let Some(content) = image.content.clone() else { continue };
            let name = file_name(&image.id, &content.media_type);
            let is_new = names.insert(name.clone());
            if is_new {
                list.push_str(&manifest::line(&name, &image));
            }
            items.push((name, is_new.then_some(content)));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let (hosted, place, overwrite) = (hosted.clone(), Arc::new(destination.clone()), args.overwrite);
    let tally = many::all(items, args.jobs, verbose, move |name, content: Option<Content>| {
        let (hosted, place) = (hosted.clone(), Arc::clone(&place));
        async move {
            let Some(content) = content else { return Outcome::Failed("another image has the same file".to_owned()) };
            let written = write(&hosted, &place, &name, &content, overwrite).await;
            written.unwrap_or_else(|error| Outcome::Failed(failure::line(&error)))
        }
    });
    let Some(tally) = tally.await else { return Ok(ExitCode::from(INTERRUPTED)) };
    let written = destination.write(manifest::NAME, list.into_bytes(), "application/jsonl").await;
    written.with_context(|| format!("{}: it cannot be written", manifest::NAME))?;
    tally.tell(args.json)
}

async fn write(
    hosted: &Hosted,
    place: &Place,
    name: &str,
    content: &Content,
    overwrite: bool,
) -> anyhow::Result<Outcome> {
    if !overwrite && place.holds(name).await.context("it cannot be looked for")? {
        return Ok(Outcome::Skipped("it is there"));
    }
    let bytes = hosted.read_whole(content).await?;
    let n_bytes = bytes.len() as u64;
    place.write(name, bytes.into(), &content.media_type).await.context("it cannot be written")?;
    Ok(Outcome::Done(n_bytes))
}

/// An id as a file's name: with the extension of what it is, where it has none of its.
fn file_name(id: &str, media_type: &str) -> String {
    let extensions: &[&str] = match media_type {
        "image/jpeg" => &["jpg", "jpeg"],
        "image/svg+xml" => &["svg"],
        "image/tiff" => &["tiff", "tif"],
        "image/heic" | "image/heif" => &["heic", "heif"],
        other => &[other.rsplit('/').next().unwrap_or("bin")],
    };
    let has = id.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    if has.is_some_and(|has| extensions.contains(&has.as_str())) {
        id.to_owned()
    } else {
        format!("{id}.{}", extensions[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_as_images() {
        for (id, media_type, expected) in [
            ("a/b.jpg", "image/jpeg", "a/b.jpg"),
            ("a/b.JPEG", "image/jpeg", "a/b.JPEG"),
            ("a.png", "image/jpeg", "a.png.jpg"),
            ("logo", "image/svg+xml", "logo.svg"),
            ("v1.2", "image/webp", "v1.2.webp"),
        ] {
            assert_eq!(file_name(id, media_type), expected);
        }
    }
}
