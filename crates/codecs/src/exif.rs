//! The little of EXIF that serving pictures needs: the orientation, the copyright, and a block fit to be passed on.
//!
//! A block here is a TIFF stream, from its byte order mark on, without the `Exif\0\0` that JPEG puts in front. Reading
//! is `kamadak-exif`'s; the two writers below only ever shorten or patch.

use exif::{In, Tag, Value};
use tintype_pixels::Orientation;

/// TIFF 6.0's tag numbers.
const ORIENTATION: u16 = 0x0112;
const COPYRIGHT: u16 = 0x8298;
const ARTIST: u16 = 0x013b;
const EXIF_DIRECTORY: u16 = 0x8769;
const THUMBNAIL_OFFSET: u16 = 0x0201;
const THUMBNAIL_BYTES: u16 = 0x0202;

/// How the picture must be moved to be upright; upright where the block does not say or cannot be read.
pub fn orientation(block: &[u8]) -> Orientation {
    read(block)
        .and_then(|exif| exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0))
        .map(Orientation::from_exif)
        .unwrap_or_default()
}

/// A block with nothing but the copyright notice of `block` and who made the picture; `None` where there is neither.
///
/// The notice may have two parts, photographer and editor, separated by a zero byte: both are kept.
pub fn copyright_only(block: &[u8]) -> Option<Vec<u8>> {
    let exif = read(block)?;
    let text = |tag| {
        let Value::Ascii(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
        let mut text = parts.join(&0);
        text.truncate(MAX_NOTICE_BYTES);
        if text.iter().all(|b| matches!(b, 0 | b' ')) {
            return None;
        }
        text.push(0);
        // An offset, because it is longer than the four bytes an entry has room for. Shorter ones are padded with zeros, which
        // readers strip; and every text begins at an even offset.
        text.resize(text.len().max(5).next_multiple_of(2), 0);
        Some(text)
    };
    let entries = [(ARTIST, Tag::Artist), (COPYRIGHT, Tag::Copyright)];
    let entries: Vec<(u16, Vec<u8>)> = entries.into_iter().filter_map(|(n, tag)| Some((n, text(tag)?))).collect();
    if entries.is_empty() {
        return None;
    }
    // A TIFF header, one directory of the entries, no next directory, then the texts.
    let mut out = b"MM\0\x2a\0\0\0\x08".to_vec();
    out.extend_from_slice(&(entries.len() as u16).to_be_bytes());
    let mut offset = 14 + 12 * entries.len() as u32;
    for (tag, text) in &entries {
        out.extend_from_slice(&tag.to_be_bytes());
        out.extend_from_slice(&2u16.to_be_bytes()); // type ASCII
        out.extend_from_slice(&(text.len() as u32).to_be_bytes());
        out.extend_from_slice(&offset.to_be_bytes());
        offset += text.len() as u32;
    }
    out.extend_from_slice(&0u32.to_be_bytes());
    out.extend(entries.into_iter().flat_map(|(_, text)| text));
    Some(out)
}

/// More than any notice needs, and little enough for a JPEG segment.
const MAX_NOTICE_BYTES: usize = 4096;

/// What tells of the picture as it was, in the first directory and in EXIF's own: width and height, directories of previews;
/// color space, width and height again, and interoperability, by which cameras say Adobe RGB. Colors are told by the
/// file's own profile, or are sRGB.
const OUTDATED: [u16; 7] = [0x0100, 0x0101, 0x014a, 0xa001, 0xa002, 0xa003, 0xa005];

/// `block`, fit for a picture whose pixels have been turned upright and changed: the orientation says upright, and the
/// thumbnail is gone, because it shows the picture as it was, cropped parts included; so are sizes and color space.
/// Everything else stays, GPS too. `None` where the block cannot be understood well enough to do that.
pub fn kept(block: &[u8]) -> Option<Vec<u8>> {
    let mut tiff = Tiff::new(block.to_vec())?;
    let first = tiff.u32(4)? as usize;
    for entry in tiff.entries(first)? {
        if tiff.u16(entry)? == ORIENTATION {
            // Type SHORT, one value, kept in the entry itself and left-justified in its four bytes.
            tiff.put_u16(entry + 2, 3)?;
            tiff.put_u32(entry + 4, 1)?;
            tiff.put_u32(entry + 8, 0)?;
            tiff.put_u16(entry + 8, 1)?;
        }
    }
    for tag in OUTDATED {
        tiff.remove(first, tag)?;
    }
    let own = tiff.entries(first)?.find(|entry| tiff.u16(*entry) == Some(EXIF_DIRECTORY));
    if let Some(own) = own.and_then(|entry| tiff.u32(entry + 8)) {
        for tag in OUTDATED {
            // A directory that is broken is one that nobody reads.
            let _ = tiff.remove(own as usize, tag);
        }
    }
    let next = first + 2 + 12 * usize::from(tiff.u16(first)?);
    // Some writers leave the last offset out at the very end of the block: then there is no second directory either.
    if let Some(second) = tiff.u32(next).filter(|offset| *offset != 0) {
        tiff.put_u32(next, 0)?;
        tiff.erase_thumbnail(second as usize);
    }
    Some(tiff.bytes)
}

fn read(block: &[u8]) -> Option<exif::Exif> {
    exif::Reader::new().read_raw(block.to_vec()).ok()
}

/// A TIFF stream by offset, in its own byte order. Every access is checked: `None` is outside.
struct Tiff {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl Tiff {
    fn new(bytes: Vec<u8>) -> Option<Self> {
        let big_endian = match bytes.get(..4)? {
            b"MM\0\x2a" => true,
            b"II\x2a\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big_endian })
    }

    /// The offsets of the twelve-byte entries of the directory at `offset`.
    fn entries(&self, offset: usize) -> Option<impl Iterator<Item = usize> + use<>> {
        let count = usize::from(self.u16(offset)?);
        let start = offset.checked_add(2)?;
        (start + 12 * count <= self.bytes.len()).then(|| (0..count).map(move |i| start + 12 * i))
    }

    /// Takes an entry out of the directory at `offset`; the ones behind it move up, and so does the offset of the next directory.
    fn remove(&mut self, offset: usize, tag: u16) -> Option<()> {
        let count = self.u16(offset)?;
        let Some(entry) = self.entries(offset)?.find(|entry| self.u16(*entry) == Some(tag)) else { return Some(()) };
        let end = offset + 2 + 12 * usize::from(count);
        // Some writers leave the last offset out at the very end of the block.
        let end = if self.u32(end).is_some() { end + 4 } else { end };
        self.bytes.copy_within(entry + 12..end, entry);
        self.bytes[end - 12..end].fill(0);
        self.put_u16(offset, count - 1)
    }

    /// Overwrites the thumbnail that the directory at `offset` points to, as far as it exists. It mostly lies last, and
    /// then the block ends where it began.
    fn erase_thumbnail(&mut self, offset: usize) {
        let value = |tag| {
            let entry = self.entries(offset)?.find(|entry| self.u16(*entry) == Some(tag))?;
            self.u32(entry + 8).map(|v| v as usize)
        };
        let (Some(start), Some(len)) = (value(THUMBNAIL_OFFSET), value(THUMBNAIL_BYTES)) else { return };
        let end = start.saturating_add(len).min(self.bytes.len());
        // Only what starts like a JPEG is a thumbnail; a crossed offset must not erase something else.
        if !self.bytes.get(start..end).is_some_and(|data| data.starts_with(&[0xff, 0xd8])) {
            return;
        }
        if end + 1 >= self.bytes.len() {
            self.bytes.truncate(start);
        } else {
            self.bytes[start..end].fill(0);
        }
    }

    fn u16(&self, offset: usize) -> Option<u16> {
        let bytes = self.bytes.get(offset..offset.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, offset: usize) -> Option<u32> {
        let bytes = self.bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn put_u16(&mut self, offset: usize, value: u16) -> Option<()> {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.get_mut(offset..offset.checked_add(2)?)?.copy_from_slice(&bytes);
        Some(())
    }

    fn put_u32(&mut self, offset: usize, value: u32) -> Option<()> {
        let bytes = if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.get_mut(offset..offset.checked_add(4)?)?.copy_from_slice(&bytes);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of short entries and at most one text, in either byte order, with a thumbnail behind it.
    fn block(big_endian: bool, orientation: u16, copyright: Option<&[u8]>, thumbnail: &[u8]) -> Vec<u8> {
        let short = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let long = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let count = 1 + u16::from(copyright.is_some());
        let after_first = 8 + 2 + 12 * u32::from(count) + 4;
        let text = copyright.unwrap_or_default();
        let second = after_first + text.len() as u32;

        let mut out = if big_endian { b"MM\0\x2a".to_vec() } else { b"II\x2a\0".to_vec() };
        out.extend(long(8));
        out.extend(short(count));
        out.extend([short(ORIENTATION), short(3)].concat());
        out.extend(long(1));
        out.extend([short(orientation), short(0)].concat());
        if copyright.is_some() {
            out.extend([short(COPYRIGHT), short(2)].concat());
            out.extend([long(text.len() as u32), long(after_first)].concat());
        }
        out.extend(long(if thumbnail.is_empty() { 0 } else { second }));
        out.extend(text);
        if !thumbnail.is_empty() {
            out.extend(short(2));
            for (tag, value) in [(THUMBNAIL_OFFSET, second + 2 + 24 + 4), (THUMBNAIL_BYTES, thumbnail.len() as u32)] {
                out.extend([short(tag), short(4)].concat());
                out.extend([long(1), long(value)].concat());
            }
            out.extend(long(0));
            out.extend(thumbnail);
        }
        out
    }

    #[test]
    fn all_eight_orientations_in_both_byte_orders() {
        for big_endian in [false, true] {
            for expected in Orientation::ALL {
                let block = block(big_endian, u16::from(expected.exif()), None, b"");
                assert_eq!(orientation(&block), expected, "big endian: {big_endian}");
            }
        }
    }

    #[test]
    fn nonsense_is_upright_and_has_nothing_to_keep() {
        let cases: [&[u8]; 5] =
            [b"", b"MM", b"MM\0\x2a\xff\xff\xff\xff", b"II\x2a\0\x08\0\0\0\xff\xff", b"Exif\0\0MM\0\x2a"];
        for bytes in cases {
            assert_eq!(orientation(bytes), Orientation::Upright, "{bytes:?}");
            assert_eq!(copyright_only(bytes), None, "{bytes:?}");
            assert_eq!(kept(bytes), None, "{bytes:?}");
        }
        assert_eq!(orientation(&block(true, 77, None, b"")), Orientation::Upright);
    }

    #[test]
    fn the_copyright_survives_alone() {
        for notice in [b"(c) 2026 A. Person\0".as_slice(), b"Photographer\0Editor\0", b"mine\0"] {
            let small = copyright_only(&block(false, 6, Some(notice), b"\xff\xd8thumb\xff\xd9")).expect("has a notice");
            let exif = read(&small).expect("what we write can be read");
            assert_eq!(exif.fields().count(), 1);
            assert_eq!(orientation(&small), Orientation::Upright);
            let Value::Ascii(parts) = &exif.get_field(Tag::Copyright, In::PRIMARY).expect("kept").value else {
                panic!("not text")
            };
            let expected: Vec<_> = notice.split(|b| *b == 0).filter(|part| !part.is_empty()).collect();
            let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).collect();
            assert_eq!(parts, expected);
        }
        assert_eq!(copyright_only(&block(true, 1, Some(b"   \0\0\0"), b"")), None, "a blank notice is none");
        assert_eq!(copyright_only(&block(true, 1, None, b"")), None);
    }

    #[test]
    fn what_is_kept_is_upright_and_has_no_thumbnail() {
        for big_endian in [false, true] {
            let before = block(big_endian, 6, Some(b"(c) someone\0"), b"\xff\xd8secret\xff\xd9");
            let after = kept(&before).expect("a sound block");
            assert_eq!(orientation(&after), Orientation::Upright);
            assert!(read(&after).expect("still a block").get_field(Tag::Copyright, In::PRIMARY).is_some());
            assert!(!after.windows(6).any(|w| w == b"secret"));
            assert_eq!(kept(&after), Some(after.clone()), "doing it twice changes nothing");
        }
    }

    #[test]
    fn sizes_go_and_what_stands_around_them_stays() {
        // Width, orientation and height; then EXIF's own directory with a flag, a width and a lens.
        let mut block = b"MM\0\x2a\0\0\0\x08\0\x04".to_vec();
        block.extend(b"\x01\x00\0\x03\0\0\0\x01\x0f\xa0\0\0");
        block.extend(b"\x01\x01\0\x03\0\0\0\x01\x0b\xb8\0\0");
        block.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
        block.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x3e");
        block.extend(b"\0\0\0\0\0\x03");
        block.extend(b"\x92\x09\0\x03\0\0\0\x01\0\x01\0\0");
        block.extend(b"\xa0\x02\0\x03\0\0\0\x01\x0f\xa0\0\0");
        block.extend(b"\xa4\x34\0\x02\0\0\0\x03ab\0\0");
        block.extend(b"\0\0\0\0");
        let after = read(&kept(&block).expect("sound")).expect("still a block");
        let tags: Vec<_> = after.fields().map(|field| field.tag.number()).collect();
        assert_eq!(tags, [0x0112, 0x9209, 0xa434]);
        assert_eq!(read(&block).expect("sound").fields().count(), 6, "the directories were as they should be");
    }

    #[test]
    fn the_artist_stays_with_the_copyright() {
        let mut block = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        block.extend(b"\x01\x0f\0\x02\0\0\0\x04abc\0");
        block.extend(b"\x01\x3b\0\x02\0\0\0\x04Ann\0");
        block.extend(b"\0\0\0\0");
        let small = read(&copyright_only(&block).expect("has an artist")).expect("what we write can be read");
        assert_eq!(small.fields().map(|field| field.tag).collect::<Vec<_>>(), [Tag::Artist]);
    }

    #[test]
    fn no_prefix_of_a_block_panics() {
        let whole = block(false, 3, Some(b"(c) someone\0"), b"\xff\xd8secret\xff\xd9");
        for len in 0..whole.len() {
            let cut = &whole[..len];
            orientation(cut);
            copyright_only(cut);
            if let Some(kept) = kept(cut) {
                assert_eq!(orientation(&kept), Orientation::Upright, "{len}");
            }
        }
    }
}
