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

/// A file of this size is written anew when it is read, without what is superfluous: what was purged before everything was, and
/// what is older than what is kept in memory.
const REWRITE_BYTES: usize = 4 << 20;

/// One of this size is read and written anew while it is in use. Twice of what is kept in memory, so that it is seldom.
const MOST_BYTES: u64 = 32 << 20;

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
    open: Arc<Mutex<Open>>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    /// The number of the last purge.
    last: u64,
    most_bytes: u64,
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
        let mut page = known.unwrap_or_else(|| Page { name: new_name(&path), ..Page::default() });
        let file = if is_whole {
            OpenOptions::new().append(true).open(&path)?
        } else {
            page.forget_oldest();
            write_whole(&path, &page)?
        };
        let open = Open { path, file, last: page.last, most_bytes: MOST_BYTES };
        Ok((Self { open: Arc::new(Mutex::new(open)) }, page))
    }

    /// Records `purge`, and gives its number.
    pub(crate) async fn add(&self, purge: Purge) -> io::Result<u64> {
        let open = Arc::clone(&self.open);
        let add = move || open.lock().unwrap_or_else(PoisonError::into_inner).add(&purge);
        tokio::task::spawn_blocking(add).await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
    }
}

impl Open {
    fn add(&mut self, purge: &Purge) -> io::Result<u64> {
        let number = self.last + 1;
        let line = format!("{}\n", serde_json::to_string(&(number, purge))?);
        // What is left of a line that could not be written would spoil the next.
        let before = self.file.metadata()?.len();
        if let Err(error) = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()) {
            drop(self.file.set_len(before));
            return Err(error);
        }
        self.last = number;
        if before > self.most_bytes
            && let Err(error) = self.rewrite()
        {
            tracing::warn!(%error, "the log of purges grows: it cannot be written anew");
        }
        Ok(number)
    }

    /// Leaves out of the file what is too old.
    fn rewrite(&mut self) -> io::Result<()> {
        let Some(mut page) = read(&fs::read_to_string(&self.path)?) else { return Ok(()) };
        page.forget_oldest();
        self.file = write_whole(&self.path, &page)?;
        Ok(())
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

/// Writes a file that is there whole or not at all, and opens it for more.
fn write_whole(path: &Path, page: &Page) -> io::Result<File> {
    let head = Head { log: page.name.clone(), floor: page.floor, last: page.last };
    let mut text = format!("{}\n", serde_json::to_string(&head)?);
    for purge in &page.purges {
        text += &format!("{}\n", serde_json::to_string(purge)?);
    }
    let beside: PathBuf = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Opened first: once it has the name, nothing may fail.
    let more = OpenOptions::new().append(true).open(&beside)?;
    fs::rename(beside, path)?;
    // A power cut must not bring the older one back. Systems that cannot open folders write their names down themselves.
    if let Some(Ok(folder)) = path.parent().map(File::open)
        && let Err(error) = folder.sync_all()
    {
        tracing::warn!(%error, "the name of the log of purges may be lost in a power cut");
    }
    Ok(more)
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

    #[tokio::test]
    async fn the_file_is_bounded_while_it_is_used() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(NAME);
        let (log, page) = Folder::open(place.path()).unwrap();
        log.open.lock().unwrap().most_bytes = 60_000;
        let purge = Purge::Sources(vec!["/a".to_owned()]);
        let mut lines =
            format!("{}\n", serde_json::to_string(&Head { log: page.name.clone(), floor: 0, last: 0 }).unwrap());
        for number in 1..=20_000 {
            lines += &format!("{}\n", serde_json::to_string(&(number, &purge)).unwrap());
        }
        fs::write(&path, &lines).unwrap();
        log.open.lock().unwrap().last = 20_000;
        assert_eq!(log.add(purge.clone()).await.unwrap(), 20_001);
        assert!(fs::metadata(&path).unwrap().len() < lines.len() as u64 * 2 / 3);
        assert_eq!(log.add(purge).await.unwrap(), 20_002);
        let (_log, again) = Folder::open(place.path()).unwrap();
        assert_eq!((&again.name, again.last), (&page.name, 20_002));
        assert_eq!(again.purges.first().unwrap().0, again.floor + 1, "of what was read before, nothing is known");
        assert_eq!(again.purges.last().unwrap().0, 20_002);
    }
}
