//! The boxes around a coded picture as far as its colors need them: a `colr` property put into a file that has none.

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
    let longer = |out: &mut [u8], place: &Place, by: usize| {
        let length = u32::try_from(place.end - place.start + by).ok()?;
        out.get_mut(place.start..place.start + 4)?.copy_from_slice(&length.to_be_bytes());
        Some(())
    };
    longer(&mut out, &meta, grown)?;
    longer(&mut out, &iprp, grown)?;
    longer(&mut out, &ipco, property.len())?;
    longer(&mut out, &ipma, 1)?;
    move_extents(&mut out, &iloc, u32::try_from(grown).ok()?)?;
    *out.get_mut(count)? += 1;
    // From the back to the front, so that places stay what they were.
    let last = count + usize::from(out[count]);
    let mut parts = [(last, vec![index]), (ipco.end, property)];
    parts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    for (at, part) in parts {
        out.splice(at..at, part);
    }
    Some(out)
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
