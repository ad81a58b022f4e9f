//! The segments of a JPEG (ITU T.81, annex B) up to the first scan, and the markers after it.

use std::ops::Range;

use tintype_pixels::{ImageFormat, Size};

use crate::{CodecError, Limits};

/// What stands in front of an XMP packet (ISO 16684-3, 4.2). A second part, for long packets, has another name and is left out.
pub(super) const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// What stands in front of the first scan.
pub(super) struct Header {
    pub(super) frame: Frame,
    /// Where Adobe's segment keeps its color transform, and which one it is.
    pub(super) adobe_transform: Option<(usize, u8)>,
    /// The EXIF block without its prefix.
    pub(super) exif: Option<Range<usize>>,
    /// The XMP packet without its prefix.
    pub(super) xmp: Option<Range<usize>>,
    /// The color profile, put together.
    pub(super) icc: Option<Vec<u8>>,
    /// Whether the first scan holds all components, interleaved, as nearly all files do.
    pub(super) interleaved: bool,
    /// Where the first scan's entropy-coded data begins.
    scan: usize,
}

impl Header {
    pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, CodecError> {
        let mut frame: Option<Frame> = None;
        let (mut adobe_transform, mut exif, mut xmp) = (None, None, None);
        let mut icc = IccChunks::default();
        let mut at = 2;
        loop {
            let (marker, segment) = next_segment(bytes, at)
                .ok_or_else(|| CodecError::truncated(ImageFormat::Jpeg, "the file ends before the first scan"))?;
            let data = &bytes[segment.clone()];
            match marker {
                0xc0..=0xc2 if frame.is_none() => frame = Some(Frame::parse(marker, data)?),
                0xc0..=0xc2 => return Err(CodecError::damaged(ImageFormat::Jpeg, "two frame headers")),
                0xc3 => return Err(unsupported("with lossless coding")),
                0xc5..=0xc7 => return Err(unsupported("with hierarchical coding")),
                0xc9..=0xcb | 0xcd..=0xcf => return Err(unsupported("with arithmetic coding")),
                0xd9 => return Err(CodecError::damaged(ImageFormat::Jpeg, "the picture ends before its first scan")),
                0xda => {
                    let frame = frame
                        .ok_or_else(|| CodecError::damaged(ImageFormat::Jpeg, "a scan before the frame header"))?;
                    let interleaved = data.first() == Some(&frame.components);
                    let (icc, scan) = (icc.assemble(), segment.end);
                    return Ok(Self { frame, adobe_transform, exif, xmp, icc, interleaved, scan });
                }
                0xe1 if exif.is_none() && data.starts_with(b"Exif\0\0") => exif = Some(segment.start + 6..segment.end),
                0xe1 if xmp.is_none() && data.starts_with(XMP) => xmp = Some(segment.start + XMP.len()..segment.end),
                0xe2 => icc.add(data, limits)?,
                0xee if data.len() >= 12 && data.starts_with(b"Adobe") => {
                    adobe_transform = Some((segment.start + 11, data[11]));
                }
                _ => {}
            }
            at = segment.end;
        }
    }

    /// Counts the scans up to the end marker, or the end of the file where there is none. Stops counting at `limit`.
    pub(super) fn scans(&self, bytes: &[u8], limit: u32) -> Scans {
        let mut scans = Scans { count: 1, complete: false };
        let mut at = self.scan;
        while scans.count <= limit {
            let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) else { break };
            at += found + 1;
            match bytes.get(at) {
                // A stuffed zero, a restart, or a fill byte: still inside a scan.
                Some(0 | 0xd0..=0xd7) => at += 1,
                Some(0xff) => {}
                Some(0xd9) => {
                    scans.complete = true;
                    break;
                }
                Some(marker) => {
                    scans.count += u32::from(*marker == 0xda);
                    let Some((_, segment)) = next_segment(bytes, at - 1) else { break };
                    at = segment.end;
                }
                None => break,
            }
        }
        scans
    }
}

/// What follows the header.
pub(super) struct Scans {
    /// Number of scans.
    pub(super) count: u32,
    /// Whether the end marker was found.
    pub(super) complete: bool,
}

/// The next marker at or after `at`, and the bytes of its segment without the length; empty for the end marker. `None`
/// where the file ends first.
pub(super) fn next_segment(bytes: &[u8], mut at: usize) -> Option<(u8, Range<usize>)> {
    loop {
        at += memchr::memchr(0xff, bytes.get(at..)?)? + 1;
        match *bytes.get(at)? {
            // A fill byte may be the marker's own first; anything else here is garbage between segments, which
            // every reader skips.
            // Many of them are passed at once.
            0xff => at += bytes[at..].iter().position(|byte| *byte != 0xff)?.saturating_sub(1),
            0 | 1 | 0xd0..=0xd8 => continue,
            0xd9 => return Some((0xd9, at + 1..at + 1)),
            marker => {
                let length = usize::from(u16::from_be_bytes(bytes.get(at + 1..at + 3)?.try_into().ok()?));
                let segment = at + 3..at + 1 + length.max(2);
                return (segment.end <= bytes.len()).then_some((marker, segment));
            }
        }
    }
}

/// Where the picture ends that `bytes` begin with, behind its end marker; `None` where there is none.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        // What scans are made of is passed over as what stands between segments is.
        let (marker, segment) = next_segment(bytes, at)?;
        at = segment.end;
        if marker == 0xd9 {
            return Some(at);
        }
    }
}

/// The frame header (B.2.2).
pub(super) struct Frame {
    pub(super) size: Size,
    /// 1, 3 or 4.
    pub(super) components: u8,
    pub(super) progressive: bool,
    /// Rows of pixels in one row of blocks: 8 times the largest vertical sampling factor.
    pub(super) mcu_rows: u32,
    /// Of how many pixels the first component may have one sample: it need not be the finest.
    pub(super) first_scale: u64,
    /// Whether the components call themselves `R`, `G` and `B`.
    pub(super) named_rgb: bool,
}

impl Frame {
    fn parse(marker: u8, data: &[u8]) -> Result<Self, CodecError> {
        let [precision, h1, h0, w1, w0, components, rest @ ..] = data else {
            return Err(CodecError::damaged(ImageFormat::Jpeg, "a short frame header"));
        };
        let size = Size::new(u32::from(u16::from_be_bytes([*w1, *w0])), u32::from(u16::from_be_bytes([*h1, *h0])));
        if *precision != 8 {
            return Err(unsupported("with other than 8 bits per sample"));
        }
        if size.height == 0 {
            return Err(unsupported("with its height after the first scan"));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(unsupported("with other than 1, 3 or 4 components"));
        }
        // Of each component its name, its sampling factors (horizontal in the upper half), and its quantization table.
        let described = rest.as_chunks::<3>().0.get(..usize::from(*components));
        let described = described.ok_or_else(|| CodecError::damaged(ImageFormat::Jpeg, "a short frame header"))?;
        let vertical = described.iter().map(|[_, factors, _]| factors & 0x0f).max().unwrap_or(1).max(1);
        let horizontal = described.iter().map(|[_, factors, _]| factors >> 4).max().unwrap_or(1).max(1);
        let first = described.first().map_or(0x11, |[_, factors, _]| *factors);
        let ratio = |most: u8, own: u8| u64::from(most.div_ceil(own.max(1)));
        let first_scale = ratio(horizontal, first >> 4) * ratio(vertical, first & 0x0f);
        Ok(Self {
            size,
            components: *components,
            progressive: marker == 0xc2,
            first_scale,
            mcu_rows: 8 * u32::from(vertical),
            named_rgb: described.iter().map(|[name, ..]| *name).eq(*b"RGB"),
        })
    }
}

fn unsupported(what: &'static str) -> CodecError {
    CodecError::Unsupported { format: ImageFormat::Jpeg.name(), what }
}

/// A color profile comes in numbered pieces of up to 64 KiB (ICC.1:2022, annex B.4).
#[derive(Default)]
struct IccChunks {
    /// Number, how many there are to be, and the data.
    chunks: Vec<(u8, u8, Vec<u8>)>,
    bytes: u64,
}

impl IccChunks {
    fn add(&mut self, data: &[u8], limits: &Limits) -> Result<(), CodecError> {
        let Some([number, count, data @ ..]) = data.strip_prefix(b"ICC_PROFILE\0") else { return Ok(()) };
        self.bytes += data.len() as u64;
        limits.check_icc(self.bytes)?;
        self.chunks.push((*number, *count, data.to_vec()));
        Ok(())
    }

    /// The whole profile; `None` when there is none or a piece is missing.
    fn assemble(mut self) -> Option<Vec<u8>> {
        self.chunks.sort_by_key(|(number, ..)| *number);
        let count = self.chunks.len();
        let whole = self
            .chunks
            .iter()
            .zip(1..)
            .all(|((number, of, _), expected)| usize::from(*number) == expected && usize::from(*of) == count);
        (whole && count > 0).then(|| self.chunks.into_iter().flat_map(|(_, _, data)| data).collect())
    }
}
