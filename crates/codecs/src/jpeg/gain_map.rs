//! A gain map: a second picture in a JPEG that says how much brighter each part of the first is to be on a screen that can show it.
//!
//! Three spellings are read, and written as they were read: Ultra HDR (XMP `hdrgm`), ISO 21496-1 (a segment of its own), and Apple's
//! where the headroom stands in the map's XMP. What the values mean is not looked at here: they hold for the map whatever its size, so
//! they are carried along unchanged. Where the map is stands in the index of CIPA DC-007 (MPF), or, in an Ultra HDR file without one, in
//! the directory of its XMP.
//!
//! Start with [`GainMap::find`]; then [`GainMap::encode`], [`GainMap::primary_xmp`] and [`GainMap::join`], in this order, make a file.

use std::ops::Range;

use tintype_pixels::{Channels, Depth, ImageFormat, ImageInfo, Planes};

use super::header::{self, XMP, next_segment};
use crate::{CodecError, Encode, Limits, Metadata, Profile, Subsampling, Tuning, xmp};

/// What stands in front of ISO 21496-1's metadata.
const ISO: &[u8] = b"urn:iso:std:iso:ts:21496:-1\0";

/// What stands in front of an index of pictures.
const MPF: &[u8] = b"MPF\0";

/// Pictures of an index that are looked at. Phones write two or three.
const MAX_PICTURES: usize = 8;

/// The least quality of a map: what is a small error in it may be a large one in light.
const MIN_QUALITY: u8 = 85;

/// A JPEG's gain map, as its header tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct GainMap {
    /// Where in the file its own file is.
    pub file: Range<usize>,
    /// What that is: gray or color, 8 bits.
    pub info: ImageInfo,
    /// What its XMP says of the map, and nothing else.
    xmp: Option<Vec<u8>>,
    /// Whether that is Ultra HDR's, of which the first picture's XMP must tell.
    is_ultra_hdr: bool,
    /// What stands behind [`ISO`] in the map, and in the first picture.
    iso: Option<Vec<u8>>,
    primary_iso: Option<Vec<u8>>,
}

impl GainMap {
    /// That of a file; `None` where there is none, where it is not in order, or where it is larger than `limits` allow.
    pub fn find(bytes: &[u8], limits: &Limits) -> Option<Self> {
        let segments = segments(bytes);
        let primary_iso = iso(bytes, &segments);
        let is_file = |file: &Range<usize>| bytes.get(file.clone()).is_some_and(super::sniff);
        let read = |file: Range<usize>| Self::read(&bytes[file.clone()], file, primary_iso, limits);
        let indexed = indexed(bytes, &segments).into_iter().filter(is_file).find_map(read);
        indexed.or_else(|| listed(bytes, &segments).into_iter().filter(is_file).find_map(read))
    }

    fn read(bytes: &[u8], file: Range<usize>, primary_iso: Option<&[u8]>, limits: &Limits) -> Option<Self> {
        let segments = segments(bytes);
        let xmp = packet(bytes, &segments).and_then(xmp::gain_map);
        let says = |space: &str, name: &str| {
            let text = xmp.as_deref().and_then(|packet| std::str::from_utf8(packet).ok());
            text.is_some_and(|text| text.contains(space) && text.contains(name))
        };
        let is_ultra_hdr = says("http://ns.adobe.com/hdr-gain-map/1.0/", "GainMapMax");
        let is_apples = says("http://ns.apple.com/HDRGainMap/1.0/", "HDRGainMapHeadroom");
        // No more than two versions says that there is a map, not which.
        let iso = iso(bytes, &segments).filter(|metadata| metadata.len() > 4).map(<[u8]>::to_vec);
        if !is_ultra_hdr && !is_apples && iso.is_none() {
            return None;
        }
        let info = crate::probe(bytes, limits).ok()?;
        let is_read = info.layout.depth == Depth::U8 && matches!(info.layout.channels, Channels::Gray | Channels::Rgb);
        let xmp = xmp.filter(|_| is_ultra_hdr || is_apples);
        is_read.then(|| Self { file, info, xmp, is_ultra_hdr, iso, primary_iso: primary_iso.map(<[u8]>::to_vec) })
    }

    /// The file of a map with the metadata of this one. `quality` is that of the picture it belongs to.
    ///
    /// # Errors
    /// As [`encode`](crate::encode()).
    pub fn encode(&self, planes: &Planes, quality: u8) -> Result<Vec<u8>, CodecError> {
        let quality = quality.max(MIN_QUALITY);
        let (subsampling, tuning) = (Subsampling::Full, Tuning::Standard);
        let encode = Encode::Jpeg { quality, progressive: false, subsampling, tuning };
        // ISO 21496-1 has the map's profile tell which primaries the gains are for.
        let color = self.info.icc.clone().map(|icc| Profile { icc, coded: None });
        let meta = Metadata { exif: None, xmp: self.xmp.clone(), color };
        let file = crate::encode(planes, &encode, &meta)?;
        let iso = self.iso.as_deref().map(|metadata| segment(&[ISO, metadata].concat()));
        Ok(insert(&file, &iso.unwrap_or_default()))
    }

    /// The XMP packet of the picture that the map belongs to: `kept`, and what it has to say of a map of `map_bytes`.
    pub fn primary_xmp(&self, kept: Option<Vec<u8>>, map_bytes: usize) -> Option<Vec<u8>> {
        if self.is_ultra_hdr { Some(xmp::with_gain_map(kept.as_deref(), map_bytes)) } else { kept }
    }

    /// One file of a picture, whose XMP is [`primary_xmp`](Self::primary_xmp)'s, and its map.
    ///
    /// # Errors
    /// When a file would have 4 GiB.
    pub fn join(&self, primary: &[u8], map: &[u8]) -> Result<Vec<u8>, CodecError> {
        let iso = self.iso.as_ref().map(|_| {
            let versions = self.primary_iso.as_deref().unwrap_or(&[0; 4]);
            segment(&[ISO, versions].concat())
        });
        let iso = iso.unwrap_or_default();
        let index_bytes = segment(&index(0, 0, 0)).len();
        let length = primary.len() + iso.len() + index_bytes;
        // Offsets count from where the index's own numbers begin: behind marker, length and name.
        let origin = metadata_end(primary) + iso.len() + 4 + MPF.len();
        let number = |value: usize| {
            u32::try_from(value)
                .map_err(|_too_long| CodecError::encode(ImageFormat::Jpeg, "the file has more than 4 GiB"))
        };
        let index = segment(&index(number(length)?, number(map.len())?, number(length - origin)?));
        let mut file = insert(primary, &[iso, index].concat());
        file.extend_from_slice(map);
        Ok(file)
    }
}

/// The segments in front of the first scan, with their markers.
fn segments(bytes: &[u8]) -> Vec<(u8, Range<usize>)> {
    let mut at = 2;
    let next = std::iter::from_fn(|| {
        let (marker, segment) = next_segment(bytes, at)?;
        at = segment.end;
        (!matches!(marker, 0xd9 | 0xda)).then_some((marker, segment))
    });
    next.collect()
}

/// ISO 21496-1's metadata among `segments` of `bytes`.
fn iso<'a>(bytes: &'a [u8], segments: &[(u8, Range<usize>)]) -> Option<&'a [u8]> {
    segments.iter().find_map(|(marker, segment)| bytes[segment.clone()].strip_prefix(ISO).filter(|_| *marker == 0xe2))
}

/// The XMP packet among `segments` of `bytes`.
fn packet<'a>(bytes: &'a [u8], segments: &[(u8, Range<usize>)]) -> Option<&'a [u8]> {
    segments.iter().find_map(|(marker, segment)| bytes[segment.clone()].strip_prefix(XMP).filter(|_| *marker == 0xe1))
}

/// Where the index of a file says that its other pictures are.
fn indexed(bytes: &[u8], segments: &[(u8, Range<usize>)]) -> Vec<Range<usize>> {
    let index = segments.iter().find_map(|(marker, segment)| {
        let is_index = *marker == 0xe2 && bytes[segment.clone()].starts_with(MPF);
        is_index.then_some(segment.start + MPF.len()..segment.end)
    });
    let Some(index) = index else { return Vec::new() };
    let pictures = pictures(&bytes[index.clone()]).unwrap_or_default().into_iter();
    let place = |(offset, length): (usize, usize)| {
        let start = index.start.checked_add(offset)?;
        Some(start..start.checked_add(length)?.min(bytes.len()))
    };
    pictures.filter_map(place).collect()
}

/// Where the directory of a file's XMP says that gain maps are: the files that it lists stand behind the picture, in its order.
fn listed(bytes: &[u8], segments: &[(u8, Range<usize>)]) -> Vec<Range<usize>> {
    let items = packet(bytes, segments).map(xmp::directory).unwrap_or_default();
    let is_any = items.iter().any(|item| item.is_gain_map);
    let (Some((picture, others)), Some(end)) = (items.split_first(), header::end(bytes).filter(|_| is_any)) else {
        return Vec::new();
    };
    let mut start = end.saturating_add(picture.padding);
    let mut maps = Vec::new();
    for item in others.iter().take(MAX_PICTURES) {
        let end = start.saturating_add(item.bytes);
        if item.is_gain_map {
            maps.push(start..end.min(bytes.len()));
        }
        start = end;
    }
    maps
}

/// The pictures of an index behind the first, by offset and length (CIPA DC-007, 5.2.3).
fn pictures(tiff: &[u8]) -> Option<Vec<(usize, usize)>> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| -> Option<usize> {
        let bytes = tiff.get(at..at.checked_add(bytes)?)?;
        let join = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if is_little { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) })
    };
    let directory = number(4, 4)?;
    let fields = number(directory, 2)?;
    let entries = (0..fields).map_while(|field| directory.checked_add(2 + 12 * field)).find_map(|at| {
        let is_list = number(at, 2)? == 0xb002;
        is_list.then(|| Some((number(at + 4, 4)?, number(at + 8, 4)?)))?
    });
    let (bytes, start) = entries?;
    let all = (1..(bytes / 16).min(MAX_PICTURES)).map(|index| {
        let at = start.checked_add(16 * index)?;
        Some((number(at + 8, 4)?, number(at + 4, 4)?))
    });
    all.collect()
}

/// An index of two pictures (CIPA DC-007, 5.2), with its name: bytes of the first, and bytes and offset of the second.
fn index(first_bytes: u32, second_bytes: u32, second_offset: u32) -> Vec<u8> {
    // Big endian; the directory follows at once, the list of pictures behind it.
    let mut index = [MPF, b"MM\0*\0\0\0\x08\0\x03"].concat();
    let list_offset = 8 + 2 + 3 * 12 + 4;
    for (tag, kind, count, value) in
        [(0xb000_u16, 7_u16, 4_u32, u32::from_be_bytes(*b"0100")), (0xb001, 4, 1, 2), (0xb002, 7, 32, list_offset)]
    {
        index.extend(tag.to_be_bytes());
        index.extend(kind.to_be_bytes());
        index.extend(count.to_be_bytes());
        index.extend(value.to_be_bytes());
    }
    // No directory follows. The first picture is the one to show ("baseline MP primary image"), the other of no listed kind.
    for number in [0, 0x0003_0000, first_bytes, 0, 0, 0, second_bytes, second_offset, 0] {
        index.extend(number.to_be_bytes());
    }
    index
}

/// An APP2 segment. Ours are short; what was read in one fits into one.
fn segment(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap_or(u16::MAX);
    [&[0xff, 0xe2], length.to_be_bytes().as_slice(), payload].concat()
}

/// `file` with `segments` behind the metadata it has.
fn insert(file: &[u8], segments: &[u8]) -> Vec<u8> {
    let (before, after) = file.split_at(metadata_end(file));
    [before, segments, after].concat()
}

/// Where the application segments end that a file begins with.
fn metadata_end(file: &[u8]) -> usize {
    let first = segments(file).into_iter().take_while(|(marker, _)| matches!(marker, 0xe0..=0xef));
    first.last().map_or(2, |(_, segment)| segment.end)
}

#[cfg(test)]
mod tests {
    use tintype_pixels::{Layout, Size};

    use super::*;

    const HDRGM: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" hdrgm:GainMapMax="2"/></rdf:RDF></x:xmpmeta>"#;

    fn gray(side: u32) -> Planes {
        let size = Size::new(side, side);
        Planes::new(size, Layout::GRAY8, vec![77; size.area() as usize]).expect("as many samples")
    }

    /// A picture and a map, both spellings.
    fn file() -> Vec<u8> {
        let encode = Encode::jpeg(90);
        let primary = crate::encode(&gray(32), &encode, &Metadata::default()).expect("encodes");
        let xmp = Some(HDRGM.as_bytes().to_vec());
        let map = crate::encode(&gray(8), &encode, &Metadata { xmp, ..Metadata::default() }).expect("encodes");
        let map = insert(&map, &segment(&[ISO, &[7; 61]].concat()));
        let info = crate::probe(&map, &Limits::default()).expect("a header");
        let shape = GainMap {
            file: 0..0,
            info,
            xmp: None,
            is_ultra_hdr: true,
            iso: Some(vec![7; 61]),
            primary_iso: Some(vec![0, 0, 0, 1]),
        };
        shape.join(&primary, &map).expect("short enough")
    }

    #[test]
    fn what_is_written_is_found() {
        let file = file();
        let found = GainMap::find(&file, &Limits::default()).expect("a map");
        assert_eq!((found.file.end, found.info.size), (file.len(), Size::new(8, 8)));
        assert_eq!(found.xmp.as_deref(), Some(HDRGM.as_bytes()));
        assert_eq!((found.iso.as_deref(), found.primary_iso.as_deref()), (Some(&[7; 61][..]), Some(&[0, 0, 0, 1][..])));
        let again = found.encode(&gray(5), 50).expect("encodes");
        let again = GainMap::read(&again, 0..again.len(), None, &Limits::default()).expect("a map");
        assert_eq!((again.info.size, again.xmp, again.iso), (Size::new(5, 5), found.xmp, found.iso));
    }

    /// What a directory lists: what is there of it, its length as it is said, and whether it calls itself a map.
    fn listing(items: &[(&[u8], usize, bool)], padding: usize) -> Vec<u8> {
        let items: String = items
            .iter()
            .map(|(_, length, is_map)| {
                let semantic = if *is_map { "GainMap" } else { "Depth" };
                format!("<C:Item I:Semantic='{semantic}' I:Length='{length}'/>")
            })
            .collect();
        let xmp = format!(
            "<a xmlns:C='http://ns.google.com/photos/1.0/container/' xmlns:I='http://ns.google.com/photos/1.0/container/item/'>\
             <C:Item I:Semantic='Primary' I:Padding='{padding}'/>{items}</a>"
        );
        let meta = Metadata { xmp: Some(xmp.into_bytes()), ..Metadata::default() };
        crate::encode(&gray(32), &Encode::jpeg(90), &meta).expect("encodes")
    }

    #[test]
    fn without_an_index_the_directory_tells_where_the_map_is() {
        let whole = file();
        let map = GainMap::find(&whole, &Limits::default()).expect("a map");
        let map = &whole[map.file];
        let depth = crate::encode(&gray(8), &Encode::jpeg(90), &Metadata::default()).expect("encodes");
        let find = |items: &[(&[u8], usize, bool)], padding: usize| {
            let mut file = listing(items, padding);
            let length = file.len();
            file.extend(vec![0xff; padding]);
            file.extend(items.iter().flat_map(|(bytes, ..)| *bytes));
            file.extend(b"a trailer");
            GainMap::find(&file, &Limits::default()).map(|found| (found.file.start - length, found.file.len()))
        };
        let (map_bytes, depth_bytes) = (map.len(), depth.len());
        assert_eq!(find(&[(map, map_bytes, true)], 0), Some((0, map_bytes)));
        assert_eq!(find(&[(map, map_bytes, true)], 5), Some((5, map_bytes)));
        let both: [(&[u8], usize, bool); 2] = [(&depth, depth_bytes, false), (map, map_bytes, true)];
        assert_eq!(find(&both, 3), Some((3 + depth_bytes, map_bytes)));
        assert_eq!(find(&[(map, map_bytes, false)], 0), None, "nothing says that it is a map");
        assert_eq!(find(&[(&depth, depth_bytes, true)], 0), None, "it tells of no gains");
        assert_eq!(find(&[(&depth, depth_bytes - 1, false), (map, map_bytes, true)], 0), None, "nothing begins there");
        assert_eq!(find(&[(map, usize::MAX, true)], 0), Some((0, map_bytes + 9)), "no longer than the file");
        assert_eq!(find(&[(&depth, usize::MAX, false), (map, map_bytes, true)], 0), None);
    }

    /// The file of `planes` with `packet` and ISO 21496-1's `metadata`, read as a map.
    fn read(packet: &str, metadata: &[u8]) -> Option<GainMap> {
        let xmp = Some(packet.as_bytes().to_vec());
        let file = crate::encode(&gray(8), &Encode::jpeg(90), &Metadata { xmp, ..Metadata::default() });
        let file = insert(&file.expect("encodes"), &segment(&[ISO, metadata].concat()));
        GainMap::read(&file, 0..file.len(), None, &Limits::default())
    }

    #[test]
    fn what_each_spelling_needs() {
        let rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
        let apple =
            format!("<r:RDF xmlns:r='{rdf}' xmlns:g='http://ns.apple.com/HDRGainMap/1.0/' g:HDRGainMapHeadroom='3'/>");
        let other = format!("<r:RDF xmlns:r='{rdf}' r:about=''/>");
        let (apple, other) = (apple.as_str(), other.as_str());
        let found = |packet: &str, metadata: &[u8]| {
            read(packet, metadata).map(|map| (map.xmp.is_some(), map.is_ultra_hdr, map.iso.is_some()))
        };
        assert_eq!(found(HDRGM, &[0; 4]), Some((true, true, false)), "versions alone say nothing of a map");
        assert_eq!(found(&apple.replace(" g:HDRGainMapHeadroom='3'", ""), &[0; 4]), None);
        assert_eq!(found(apple, &[0; 4]), Some((true, false, false)));
        assert_eq!(found(other, &[0; 5]), Some((false, false, true)), "its XMP is nothing of it");
        assert_eq!(found(other, &[0; 4]), None);
        let map = read(HDRGM, &[0; 4]).expect("a map");
        assert_eq!(map.primary_xmp(None, 9), Some(xmp::with_gain_map(None, 9)));
        let map = read(apple, &[0; 4]).expect("a map");
        assert_eq!(map.primary_xmp(Some(b"kept".to_vec()), 9), Some(b"kept".to_vec()));
    }

    #[test]
    fn a_map_keeps_its_profile_and_has_some_quality() {
        let mut map = read(HDRGM, &[0; 61]).expect("a map");
        let encode = |map: &GainMap, quality: u8| map.encode(&gray(8), quality).expect("encodes");
        assert_eq!(encode(&map, 10), encode(&map, MIN_QUALITY));
        assert_ne!(encode(&map, 95), encode(&map, MIN_QUALITY));
        let profile = b"the profile of a map";
        map.info.icc = Some(profile.to_vec());
        assert!(encode(&map, 90).windows(profile.len()).any(|bytes| bytes == profile));
    }

    #[test]
    fn other_pictures_are_no_maps() {
        let encode = Encode::jpeg(90);
        let plain = crate::encode(&gray(8), &encode, &Metadata::default()).expect("encodes");
        let file = file();
        let map = GainMap::find(&file, &Limits::default()).expect("a map");
        let joined = map.join(&plain, &plain).expect("short enough");
        assert_eq!(GainMap::find(&plain, &Limits::default()), None);
        assert_eq!(GainMap::find(&joined, &Limits::default()), None, "a preview tells of no gains");
        let limits = Limits { side_px: 7, ..Limits::default() };
        assert_eq!(GainMap::find(&file, &limits), None, "larger than the limits");
    }

    #[test]
    fn no_prefix_and_no_flipped_byte_panics() {
        let whole = file();
        let map = GainMap::find(&whole, &Limits::default()).expect("a map");
        let map = &whole[map.file];
        let directory = [listing(&[(map, map.len(), true)], 0), map.to_vec()].concat();
        [whole, directory].iter().for_each(|file| no_panic(file));
    }

    fn no_panic(file: &[u8]) {
        for len in 0..file.len() {
            let found = GainMap::find(&file[..len], &Limits::default());
            assert!(found.is_none_or(|map| map.file.end <= len));
        }
        for at in 0..file.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = file.to_vec();
                damaged[at] ^= flip;
                let found = GainMap::find(&damaged, &Limits::default());
                assert!(found.is_none_or(|map| map.file.end <= file.len()));
            }
        }
    }
}
