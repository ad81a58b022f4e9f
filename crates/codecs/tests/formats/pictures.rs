//! Pictures and files for the other modules.

use std::time::{Duration, Instant};

use tintype_codecs::{CodecError, Encode, Limits, Metadata};
use tintype_pixels::{Channels, Depth, ImageInfo, Layout, Planes, Size};

/// A picture that is smooth in parts and not in others, transparent in a corner where the layout allows it.
pub(crate) fn picture(width: u32, height: u32, layout: Layout) -> Planes {
    let mut bytes = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let wave = ((x * 3 + y * 5) as f32 / 11.0).sin() * 0.2 + 0.5;
            let (r, g) = (x as f32 / width as f32, y as f32 / height as f32);
            let a = ((r + g) * 1.5).min(1.0);
            let samples = match layout.channels {
                Channels::Gray => vec![wave],
                Channels::GrayAlpha => vec![wave, a],
                Channels::Rgb => vec![r, g, wave],
                Channels::Rgba => vec![r, g, wave, a],
                Channels::Cmyk => vec![r, g, wave, 1.0 - a],
            };
            for sample in samples {
                match layout.depth {
                    Depth::U8 => bytes.push((sample * 255.0) as u8),
                    Depth::U16 => bytes.extend(((sample * 65535.0) as u16).to_ne_bytes()),
                    Depth::F32 => bytes.extend(sample.to_ne_bytes()),
                }
            }
        }
    }
    Planes::new(Size::new(width, height), layout, bytes).unwrap()
}

/// A file made with default limits and no metadata.
pub(crate) fn file(planes: &Planes, encode: Encode) -> Vec<u8> {
    tintype_codecs::encode(planes, &encode, &Metadata::default()).unwrap()
}

/// Probed and decoded with default limits.
pub(crate) fn read(bytes: &[u8]) -> Result<(ImageInfo, Planes), CodecError> {
    read_within(bytes, &Limits::default())
}

/// Probed and decoded.
pub(crate) fn read_within(bytes: &[u8], limits: &Limits) -> Result<(ImageInfo, Planes), CodecError> {
    let info = tintype_codecs::probe(bytes, limits)?;
    let planes = tintype_codecs::decode(bytes, &info, limits)?;
    assert_eq!((planes.size(), planes.layout()), (info.size, info.layout), "decode keeps what probe announced");
    Ok((info, planes))
}

/// The processor's time that this thread takes, which no other work on the machine changes; where the system does not tell it,
/// the wall's.
pub(crate) struct Stopwatch(Option<Duration>, Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(processor_time(), Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        match (self.0, processor_time()) {
            (Some(before), Some(now)) => now - before,
            _ => self.1.elapsed(),
        }
    }
}

fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// One small file of every kind that is read.
pub(crate) fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    let rgb = picture(24, 17, Layout::RGB8);
    let rgba = picture(24, 17, Layout::RGBA8);
    let progressive =
        Encode::Jpeg { quality: 80, progressive: true, subsampling: Default::default(), tuning: Default::default() };
    let mut kinds = vec![
        ("jpeg", file(&rgb, Encode::jpeg(80))),
        ("gray jpeg", file(&picture(24, 17, Layout::GRAY8), Encode::jpeg(80))),
        ("progressive jpeg", file(&rgb, progressive)),
        ("png", file(&rgba, Encode::png())),
        ("16-bit png", file(&picture(24, 17, Layout::RGB16), Encode::png())),
        ("lossless webp", file(&rgba, Encode::WebpLossless)),
        ("gif", gif(&[gif_frame(24, 17)], 24, 17)),
        ("animated webp", crate::animations::animated_webp()),
    ];
    if cfg!(feature = "webp-lossy") {
        kinds.push(("webp", file(&rgb, Encode::webp(80))));
        kinds.push(("transparent webp", file(&rgba, Encode::webp(80))));
    }
    kinds
}

/// Four colors; the last is the one that frames may declare transparent.
pub(crate) const GIF_PALETTE: [u8; 12] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];

/// A frame whose index at (x, y) is (x + y) mod 3.
pub(crate) fn gif_frame(width: u16, height: u16) -> gif::Frame<'static> {
    let indices: Vec<u8> = (0..height).flat_map(|y| (0..width).map(move |x| ((x + y) % 3) as u8)).collect();
    gif::Frame { width, height, buffer: indices.into(), ..gif::Frame::default() }
}

pub(crate) fn gif(frames: &[gif::Frame<'static>], width: u16, height: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = gif::Encoder::new(&mut out, width, height, &GIF_PALETTE).unwrap();
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    drop(encoder);
    out
}

/// `file` with a segment after the start marker.
pub(crate) fn with_jpeg_segment(file: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&file[..2], &[0xff, marker], &length, data, &file[2..]].concat()
}

/// A PNG chunk with its checksum.
pub(crate) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, checked.as_slice(), &crc32(&checked).to_be_bytes()].concat()
}

/// A PNG of the header for 8-bit RGB and these chunks.
pub(crate) fn png_of(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), png_chunk(b"IHDR", &header), chunks.concat(), png_chunk(b"IEND", b"")].concat()
}

/// The checksum of PNG chunks (PNG 3rd edition, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|n| (0..8).fold(n as u32, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }));
    !bytes.iter().fold(!0, |crc: u32, byte| table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

/// A RIFF chunk, padded to an even length.
pub(crate) fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [kind.as_slice(), &length, data, &[0u8; 1][..data.len() % 2]].concat()
}

/// A WebP file of these chunks.
pub(crate) fn webp_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}
