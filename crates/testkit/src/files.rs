//! Encoded files made by code, byte for byte known: PNGs of any layout with a profile or EXIF, JPEGs with EXIF.
//!
//! Nothing here uses our own codecs, so a test that reads these files tests them too.

use png::{BitDepth, ColorType, Encoder, Info};
use tintype_pixels::{Channels, Depth, Layout, Planes, Size};

/// A PNG of 8 bits with alpha, pixel by pixel.
pub fn png(size: Size, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Vec<u8> {
    png_of(&planes(size, Layout::RGBA8, pixel), None, None)
}

/// A PNG of 8 bits without alpha, pixel by pixel.
pub fn png_rgb(size: Size, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    png_of(&planes(size, Layout::RGB8, pixel), None, None)
}

/// Samples, pixel by pixel.
///
/// # Panics
/// When the layout's pixels have another number of bytes.
pub fn planes<const N: usize>(size: Size, layout: Layout, pixel: impl Fn(u32, u32) -> [u8; N]) -> Planes {
    let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let bytes = pixels.flat_map(|(x, y)| pixel(x, y)).collect();
    Planes::new(size, layout, bytes).expect("as many bytes as the layout's pixels have")
}

/// A PNG of integer samples, with a color profile and an EXIF block where they are given.
///
/// # Panics
/// When the samples are floats.
pub fn png_of(planes: &Planes, icc: Option<&[u8]>, exif: Option<&[u8]>) -> Vec<u8> {
    let mut info = Info::with_size(planes.size().width, planes.size().height);
    info.color_type = match planes.layout().channels {
        Channels::Gray => ColorType::Grayscale,
        Channels::GrayAlpha => ColorType::GrayscaleAlpha,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
        Channels::Cmyk => panic!("a PNG has no ink"),
    };
    let mut samples = planes.bytes().to_vec();
    info.bit_depth = match planes.layout().depth {
        Depth::U8 => BitDepth::Eight,
        Depth::U16 => {
            for sample in samples.as_chunks_mut::<2>().0 {
                *sample = u16::from_ne_bytes(*sample).to_be_bytes();
            }
            BitDepth::Sixteen
        }
        Depth::F32 => panic!("a PNG has no floats"),
    };
    info.icc_profile = icc.map(|profile| profile.to_vec().into());
    info.exif_metadata = exif.map(|block| block.to_vec().into());
    let mut file = Vec::new();
    let mut encoder = Encoder::with_info(&mut file, info).expect("a still picture");
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a vector takes everything");
    writer.write_image_data(&samples).expect("as many samples as the header says");
    writer.finish().expect("a vector takes everything");
    file
}

/// An EXIF block (TIFF 6.0, little endian) that holds nothing but an orientation, 1 to 8.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

/// The JPEG with an EXIF block in front of everything else.
///
/// # Panics
/// When it is no JPEG, or the block is longer than a segment.
pub fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "a JPEG starts with SOI");
    let length = u16::try_from(2 + 6 + exif.len()).expect("a segment has at most 65,535 bytes");
    let mut file = vec![0xff, 0xd8, 0xff, 0xe1];
    file.extend(length.to_be_bytes());
    file.extend(b"Exif\0\0");
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file
}

/// What stands for a picture with a gain map, in XMP: as Android's cameras write it. `map_bytes` is the length of the map's file.
pub fn gain_map_directory(map_bytes: usize) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.1.2"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"><dc:title><rdf:Alt><rdf:li
 xml:lang="x-default">Harbor</rdf:li></rdf:Alt></dc:title><Container:Directory><rdf:Seq>
<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>
<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="{map_bytes}"/></rdf:li>
</rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"#
    )
}

/// The JPEG of a picture with that of its gain map behind it, by an index in little endian (CIPA DC-007). `map_xmp` and `iso`
/// (ISO 21496-1, without its name) are the map's metadata; the picture says what goes with each.
///
/// # Panics
/// When one of them is no JPEG, or metadata is longer than a segment.
pub fn with_gain_map(picture: &[u8], map: &[u8], map_xmp: Option<&str>, iso: Option<&[u8]>) -> Vec<u8> {
    const ISO: &[u8] = b"urn:iso:std:iso:ts:21496:-1\0";
    let segment = |marker: u8, parts: &[&[u8]]| {
        let payload = parts.concat();
        let length = u16::try_from(2 + payload.len()).expect("a segment has at most 65,535 bytes");
        [&[0xff, marker], length.to_be_bytes().as_slice(), &payload].concat()
    };
    let xmp = |packet: &str| segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()]);
    let after_start = |file: &[u8], segments: &[u8]| {
        assert!(file.starts_with(&[0xff, 0xd8]), "a JPEG starts with SOI");
        [&file[..2], segments, &file[2..]].concat()
    };
    let own = [map_xmp.map(xmp), iso.map(|iso| segment(0xe2, &[ISO, iso]))];
    let map = after_start(map, &own.into_iter().flatten().flatten().collect::<Vec<u8>>());
    let is_google = map_xmp.is_some_and(|packet| packet.contains("hdrgm"));
    let first = [is_google.then(|| xmp(&gain_map_directory(map.len()))), iso.map(|_| segment(0xe2, &[ISO, &[0; 4]]))];
    let first: Vec<u8> = first.into_iter().flatten().flatten().collect();
    let index = |first_bytes: usize, offset: usize| {
        let mut index = b"II*\0\x08\0\0\0\x03\0\0\xb0\x07\0\x04\0\0\x000100\x01\xb0\x04\0\x01\0\0\0\x02\0\0\0".to_vec();
        index.extend(b"\x02\xb0\x07\0\x20\0\0\0\x32\0\0\0\0\0\0\0");
        for number in [0x0003_0000, first_bytes, 0, 0, 0, map.len(), offset, 0] {
            index.extend((number as u32).to_le_bytes());
        }
        segment(0xe2, &[b"MPF\0", &index])
    };
    let picture_bytes = picture.len() + first.len() + index(0, 0).len();
    // The index counts from its own byte order on: behind SOI, the other segments, marker, length and name.
    let index = index(picture_bytes, picture_bytes - (2 + first.len() + 8));
    [after_start(picture, &[first, index].concat()), map].concat()
}

/// Where the pixel that is stored at (`x`, `y`) belongs in the upright picture of `upright` pixels, as EXIF 2.32 defines
/// orientation 1 to 8: by which edges the first row and the first column show.
pub fn upright_from_stored(orientation: u8, upright: Size, (x, y): (u32, u32)) -> (u32, u32) {
    let (right, bottom) = (upright.width - 1, upright.height - 1);
    match orientation {
        2 => (right - x, y),
        3 => (right - x, bottom - y),
        4 => (x, bottom - y),
        5 => (y, x),
        6 => (right - y, x),
        7 => (right - y, bottom - x),
        8 => (y, bottom - x),
        _ => (x, y),
    }
}

/// The size as stored of a picture of `upright` pixels.
pub fn stored_size(orientation: u8, upright: Size) -> Size {
    if orientation >= 5 { upright.transposed() } else { upright }
}
