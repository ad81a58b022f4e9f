//! What is kept as bytes, for tiers that outlive the process: a disk, an object store.
//!
//! A record is a mark with the format's version, a hash of all that follows, the length of a description, the description as
//! JSON, and the picture. The description names the key in full and the log of purges that its number is one of. What is damaged,
//! of another version, of another key or another log is not there.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// The format, with its version.
const MARK: &[u8; 8] = b"tintyp\x00\x01";

const HASH_BYTES: usize = 16;

/// Where the length of the description stands.
const HEAD_BYTES: usize = MARK.len() + HASH_BYTES;

/// Bytes of a description, at most.
const MAX_META_BYTES: usize = 1 << 20;

/// What a record says of its bytes.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Meta<T> {
    /// The key, whole.
    pub(super) key: String,
    /// The log of purges.
    pub(super) log: Arc<str>,
    /// The number of the last purge that was known when the sources were read.
    pub(super) since: u64,
    /// What else there is to say.
    pub(super) entry: T,
}

/// The record of `bytes`; `None` where there is too much to say.
pub(super) fn write<T: Serialize>(meta: &Meta<T>, bytes: &Bytes) -> Option<Bytes> {
    let meta = serde_json::to_vec(meta).ok().filter(|meta| meta.len() <= MAX_META_BYTES)?;
    let mut record = BytesMut::with_capacity(HEAD_BYTES + 4 + meta.len() + bytes.len());
    record.put_slice(MARK);
    record.put_bytes(0, HASH_BYTES);
    record.put_u32(meta.len() as u32);
    record.put_slice(&meta);
    record.put_slice(bytes);
    let hash = hash(&record[HEAD_BYTES..]);
    record[MARK.len()..HEAD_BYTES].copy_from_slice(&hash);
    Some(record.freeze())
}

/// What is in `record`, if it is whole and of this version.
pub(super) fn read<T: DeserializeOwned>(record: &Bytes) -> Option<(Meta<T>, Bytes)> {
    let rest = record.strip_prefix(MARK)?;
    let (told, rest) = rest.split_at_checked(HASH_BYTES)?;
    if hash(rest) != told {
        return None;
    }
    let (length, rest) = rest.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    let meta = serde_json::from_slice(rest.get(..length)?).ok()?;
    Some((meta, record.slice(HEAD_BYTES + 4 + length..)))
}

fn hash(bytes: &[u8]) -> [u8; HASH_BYTES] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_or_is_none() {
        let meta = Meta { key: "a key".to_owned(), log: "log".into(), since: 7, entry: vec![1_u8, 2] };
        let bytes = Bytes::from_static(b"the picture");
        let record = write(&meta, &bytes).unwrap();
        let (again, picture) = read::<Vec<u8>>(&record).unwrap();
        assert_eq!(
            (again.key, &*again.log, again.since, again.entry, picture),
            (meta.key, "log", 7, vec![1, 2], bytes)
        );
        for at in 0..record.len() {
            let mut damaged = record.to_vec();
            damaged[at] ^= 1 << (at % 8);
            assert!(read::<Vec<u8>>(&damaged.into()).is_none(), "bit of byte {at}");
            assert!(read::<Vec<u8>>(&record.slice(..at)).is_none(), "cut at {at}");
        }
        let mut longer = record.to_vec();
        longer.push(0);
        assert!(read::<Vec<u8>>(&longer.into()).is_none());
        assert!(read::<String>(&record).is_none(), "of another kind");
    }
}
