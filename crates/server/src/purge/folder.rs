//! The log of a server alone: a file of lines in the cache's folder, beside what it is about.
//!
//! The first line names the log, each other is a purge with its number. A purge has happened when its line is on the disk; a
//! line that was cut off has not. Without a file, or with one that cannot be understood, another log begins, and with it the
//! cache.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Page, Purge};
use crate::reject::incident;
use crate::tag::hash;

const NAME: &str = "purges.jsonl";

/// A file of this size is written anew when it is read, without what the purges of everything have made superfluous.
const REWRITE_BYTES: usize = 4 << 20;

/// The first line.
#[derive(Debug, Deserialize, Serialize)]
struct Head {
    log: String,
    floor: u64,
    last: u64,
}

/// The log's file.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    file: Arc<Mutex<(File, u64)>>,
}

impl Folder {
    /// Opens the log in `folder`, or begins one. The folder is nobody else's. Blocks.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Page)> {
        let path = folder.join(NAME);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let known = read(&text);
        let is_whole = known.is_some() && text.ends_with('\n') && text.len() < REWRITE_BYTES;
        let page = known.unwrap_or_else(|| Page { name: new_name(&path), ..Page::default() });
        if !is_whole {
            write_whole(&path, &page)?;
        }
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok((Self { file: Arc::new(Mutex::new((file, page.last))) }, page))
    }

    /// Records `purge`, and gives its number.
    pub(crate) async fn add(&self, purge: Purge) -> io::Result<u64> {
        let file = Arc::clone(&self.file);
        let add = move || {
            let mut held = file.lock().unwrap_or_else(PoisonError::into_inner);
            let (file, last) = &mut *held;
            let number = *last + 1;
            let line = format!("{}\n", serde_json::to_string(&(number, purge))?);
            // What is left of a line that could not be written would spoil the next.
            let before = file.metadata()?.len();
            if let Err(error) = file.write_all(line.as_bytes()).and_then(|()| file.sync_data()) {
                drop(file.set_len(before));
                return Err(error);
            }
            *last = number;
            Ok(number)
        };
        tokio::task::spawn_blocking(add).await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
    }
}

/// The log in `text`, up to the first line that is none.
fn read(text: &str) -> Option<Page> {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let Head { log: name, floor, last } = serde_json::from_str(lines.next()?).ok()?;
    let mut page = Page { name, floor, last, purges: Vec::new() };
    for line in lines {
        let (number, purge): (u64, Purge) = serde_json::from_str(line).ok()?;
        if number <= page.last && page.purges.last().is_some_and(|(before, _)| number <= *before) {
            return None;
        }
        if purge == Purge::Everything {
            page.purges.clear();
            page.floor = number;
        } else {
            page.purges.push((number, purge));
        }
        page.last = page.last.max(number);
    }
    Some(page)
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, page: &Page) -> io::Result<()> {
    let head = Head { log: page.name.clone(), floor: page.floor, last: page.last };
    let mut text = format!("{}\n", serde_json::to_string(&head)?);
    for purge in &page.purges {
        text += &format!("{}\n", serde_json::to_string(purge)?);
    }
    let beside: PathBuf = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// A name that no other log has.
fn new_name(path: &Path) -> String {
    let id = format!("{}\n{:?}\n{}\n{path:?}", incident(), std::time::SystemTime::now(), std::process::id());
    hash(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_log_is_there_again_and_a_torn_line_is_not() {
        let place = tempfile::tempdir().unwrap();
        let of = |name: &str| Purge::Sources(vec![name.to_owned()]);
        let (log, page) = Folder::open(place.path()).unwrap();
        let name = page.name;
        assert_eq!(log.add(of("/a")).await.unwrap(), 1);
        assert_eq!(log.add(of("/b")).await.unwrap(), 2);
        let path = place.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 3] {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (_log, page) = Folder::open(place.path()).unwrap();
            let expected = if cut == 0 { 2 } else { 1 };
            assert_eq!((&page.name, page.last, page.purges.len()), (&name, expected, expected as usize), "{cut}");
        }
        let (log, _page) = Folder::open(place.path()).unwrap();
        log.add(Purge::Everything).await.unwrap();
        log.add(of("/c")).await.unwrap();
        let (_log, page) = Folder::open(place.path()).unwrap();
        assert_eq!((page.floor, page.last, page.purges), (2, 3, vec![(3, of("/c"))]));
        fs::write(&path, "no log\n").unwrap();
        assert_ne!(Folder::open(place.path()).unwrap().1.name, name);
    }
}
