//! The boxes around a coded picture as far as the encoder leaves something out: a `colr` property, and an XMP packet.

use crate::Profile;

/// Bytes of a box's length and kind, and of a full box's version and flags.
const HEADER: usize = 8;
const FULL: usize = 4;

/// `file`, as the encoder wrote it, with what says which colors its primary picture has: code points where there are some,
/// else the ICC profile. `None` where the file is not as that encoder writes it.
pub(super) fn with_color(file: &[u8], profile: &Profile) -> Option<Vec<u8>> {
    let property = match profile.coded {
        // BT.601's matrix and full range, as the stream says.
        Some([primaries, curve]) => {
            boxed(b"colr", &[b"nclx".as_slice(), &[0, primaries, 0, curve, 0, 6, 0x80]].concat())
        }
        None => boxed(b"colr", &[b"prof".as_slice(), &profile.icc].concat()),
    };
    let meta = Place::find(file, 0..file.len(), b"meta")?;
    let inside = meta.start + HEADER + FULL..meta.end;
    let iprp = Place::find(file, inside.clone(), b"iprp")?;
    let ipco = Place::find(file, iprp.start + HEADER..iprp.end, b"ipco")?;
    let ipma = Place::find(file, iprp.start + HEADER..iprp.end, b"ipma")?;
    let iloc = Place::find(file, inside.clone(), b"iloc")?;
    let pitm = Place::find(file, inside, b"pitm")?;

    // Counted from 1; the high bit would say that readers must know it.
    let index = u8::try_from(Place::children(file, ipco.start + HEADER..ipco.end).count() + 1).ok()?;
    let primary = u16_at(file, pitm.start + HEADER + FULL)?;
    let count = association(file, &ipma, primary)?;
    let grown = property.len() + 1;

    let mut out = file.to_vec();
    meta.lengthen(&mut out, grown)?;
    iprp.lengthen(&mut out, grown)?;
    ipco.lengthen(&mut out, property.len())?;
    ipma.lengthen(&mut out, 1)?;
    move_extents(&mut out, &iloc, u32::try_from(grown).ok()?)?;
    *out.get_mut(count)? += 1;
    let last = count + usize::from(out[count]);
    insert(&mut out, [(last, vec![index]), (ipco.end, property)]);
    Some(out)
}

/// `file`, as the encoder wrote it, with an XMP packet that describes its primary picture (ISO/IEC 23008-12, A.3): one more item, whose
/// bytes stand in a box of their own at the end. `None` as with [`with_color`].
pub(super) fn with_xmp(file: &[u8], packet: &[u8]) -> Option<Vec<u8>> {
    let meta = Place::find(file, 0..file.len(), b"meta")?;
    let inside = meta.start + HEADER + FULL..meta.end;
    let [iinf, iloc, pitm] = [b"iinf", b"iloc", b"pitm"].map(|kind| Place::find(file, inside.clone(), kind));
    let (iinf, iloc, pitm) = (iinf?, iloc?, pitm?);
    let primary = u16_at(file, pitm.start + HEADER + FULL)?;
    let (n_infos, n_places) = (iinf.start + HEADER + FULL, iloc.start + HEADER + FULL + 2);
    // Version 0, with offsets and lengths of four bytes and nothing else.
    if u32_at(file, iloc.start + HEADER)? != 0 || u16_at(file, n_places - 2)? != 0x4400 {
        return None;
    }
    let ids = Place::children(file, n_infos + 2..iinf.end).map(|(item, _)| u16_at(file, item.start + HEADER + FULL));
    let item = ids.collect::<Option<Vec<u16>>>()?.into_iter().max()?.checked_add(1)?.to_be_bytes();

    // Of version 2: the item, not protected, without a name.
    let info = boxed(b"infe", &[[2, 0, 0, 0].as_slice(), &item, b"\0\0mime\0application/rdf+xml\0"].concat());
    let reference = boxed(b"cdsc", &[item.as_slice(), &[0, 1], &primary.to_be_bytes()].concat());
    let iref = Place::find(file, inside, b"iref");
    let (at, reference) = match &iref {
        Some(iref) => (iref.end, reference),
        None => (iinf.end, boxed(b"iref", &[[0; 4].as_slice(), &reference].concat())),
    };
    const PLACE: usize = 14;
    let grown = info.len() + reference.len() + PLACE;
    let start = u32::try_from(file.len() + grown + HEADER).ok()?;
    let length = u32::try_from(packet.len()).ok()?;
    let place = [item.as_slice(), &[0, 0, 0, 1], &start.to_be_bytes(), &length.to_be_bytes()].concat();

    let mut out = file.to_vec();
    move_extents(&mut out, &iloc, u32::try_from(grown).ok()?)?;
    meta.lengthen(&mut out, grown)?;
    iinf.lengthen(&mut out, info.len())?;
    iloc.lengthen(&mut out, PLACE)?;
    if let Some(iref) = iref {
        iref.lengthen(&mut out, reference.len())?;
    }
    for count in [n_infos, n_places] {
        let one_more = u16_at(&out, count)?.checked_add(1)?;
        out.get_mut(count..count + 2)?.copy_from_slice(&one_more.to_be_bytes());
    }
    // What is put in at one place stands in the order of the list.
    insert(&mut out, [(iinf.end, info), (at, reference), (iloc.end, place)]);
    out.extend(boxed(b"mdat", packet));
    Some(out)
}

/// Puts in `parts` where they belong in what `out` was before.
fn insert<const N: usize>(out: &mut Vec<u8>, mut parts: [(usize, Vec<u8>); N]) {
    // From the back to the front, so that places stay what they were.
    parts.reverse();
    parts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, part) in parts {
        out.splice(at..at, part);
    }
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = (HEADER + body.len()) as u32;
    [length.to_be_bytes().as_slice(), kind, body].concat()
}

/// Where a box stands, its header included.
struct Place {
    start: usize,
    end: usize,
}

impl Place {
    /// The boxes of a range one behind the other.
    fn children(file: &[u8], range: std::ops::Range<usize>) -> impl Iterator<Item = (Self, [u8; 4])> {
        let mut start = range.start;
        std::iter::from_fn(move || {
            let length = u32_at(file, start)? as usize;
            let kind = file.get(start + 4..start + 8)?.try_into().ok()?;
            let end = start.checked_add(length).filter(|end| length >= HEADER && *end <= range.end)?;
            let place = Self { start, end };
            start = end;
            Some((place, kind))
        })
    }

    /// Says in `out`, where it still stands, that it is longer.
    fn lengthen(&self, out: &mut [u8], by: usize) -> Option<()> {
        let length = u32::try_from(self.end - self.start + by).ok()?;
        out.get_mut(self.start..self.start + 4)?.copy_from_slice(&length.to_be_bytes());
        Some(())
    }

    fn find(file: &[u8], range: std::ops::Range<usize>, kind: &[u8; 4]) -> Option<Self> {
        Self::children(file, range).find(|(_, found)| found == kind).map(|(place, _)| place)
    }
}

fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(file.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(file: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?))
}

/// Where the number of properties of `item` stands; they follow it, a byte each (ISO/IEC 23008-12, 9.3.1).
fn association(file: &[u8], ipma: &Place, item: u16) -> Option<usize> {
    let flags = u32_at(file, ipma.start + HEADER)?;
    if flags != 0 {
        return None;
    }
    let mut at = ipma.start + HEADER + FULL + 4;
    for _ in 0..u32_at(file, at - 4)? {
        let (id, count) = (u16_at(file, at)?, *file.get(at + 2)?);
        if id == item {
            return Some(at + 2);
        }
        at += 3 + usize::from(count);
    }
    None
}

/// Moves what items are made of, by their distance from the start of the file (ISO/IEC 14496-12, 8.11.3).
fn move_extents(file: &mut [u8], iloc: &Place, by: u32) -> Option<()> {
    let body = iloc.start + HEADER;
    let version = *file.get(body)?;
    let sizes = u16_at(file, body + FULL)?;
    let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| usize::from(sizes >> shift & 15));
    if version > 1 || offset != 4 || length != 4 || !matches!(base, 0 | 4) || index != 0 {
        return None;
    }
    let mut at = body + FULL + 4;
    for _ in 0..u16_at(file, at - 2)? {
        at += 2;
        if version == 1 {
            let method = u16_at(file, at)?;
            if method != 0 {
                return None;
            }
            at += 2;
        }
        at += 2;
        let is_based = base == 4;
        if is_based {
            let moved = u32_at(file, at)?.checked_add(by)?;
            file.get_mut(at..at + 4)?.copy_from_slice(&moved.to_be_bytes());
            at += 4;
        }
        let extents = u16_at(file, at)?;
        at += 2;
        for _ in 0..extents {
            if !is_based {
                let moved = u32_at(file, at)?.checked_add(by)?;
                file.get_mut(at..at + 4)?.copy_from_slice(&moved.to_be_bytes());
            }
            at += 8;
        }
    }
    (at <= iloc.end).then_some(())
}
