//! A WebP's frames, one at a time, as stored (RFC 9649, 2.7).
//!
//! Each is put into a file of its own and decoded as a picture: what belongs to animation is only read here.

use std::{io::Cursor, time::Duration};

use image_webp::WebPDecoder;
use tintype_pixels::{ImageFormat, Layout, Rect, Size};

use super::{
    container::{self, HAS_ALPHA, chunk},
    read::{check_lossy_frame, failed},
};
use crate::{
    CodecError, Limits,
    animation::{Blend, Disposal, Frame, Frames as Trait, Plays, Room},
};

/// Bytes of an `ANMF` chunk in front of its frame's own chunks.
const ABOUT: usize = 16;

/// Bits of its last byte.
const NO_BLENDING: u8 = 1 << 1;
const DISPOSE: u8 = 1;

pub(crate) struct Frames<'a> {
    canvas: Size,
    plays: Plays,
    /// Chunks not read yet.
    rest: &'a [u8],
    /// The whole file, while it may be a still picture.
    still: Option<&'a [u8]>,
    memory: usize,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], canvas: Size, limits: &Limits) -> Result<Self, CodecError> {
        let memory = usize::try_from(limits.decoded_bytes.saturating_mul(2)).unwrap_or(usize::MAX);
        let chunks = bytes.get(container::RIFF_HEADER..).unwrap_or_default();
        let mut frames = Self { canvas, plays: Plays::Times(1), rest: chunks, still: Some(bytes), memory };
        // Whatever stands in front of the first frame.
        let mut rest = chunks;
        while let Some((kind, data, after)) = next_chunk(rest)? {
            match kind {
                b"ANIM" => {
                    frames.plays = match data.get(4..6) {
                        Some(&[low, high]) => match u16::from_le_bytes([low, high]) {
                            0 => Plays::Forever,
                            times => Plays::Times(u32::from(times)),
                        },
                        _ => return Err(CodecError::damaged(ImageFormat::Webp, "a short ANIM chunk")),
                    };
                    frames.still = None;
                }
                b"ANMF" => break,
                _ => {}
            }
            rest = after;
        }
        Ok(frames)
    }

    fn decoded(&self, file: &[u8], expected: Size) -> Result<Vec<u8>, CodecError> {
        check_lossy_frame(file, expected)?;
        let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(failed)?;
        let (width, height) = decoder.dimensions();
        let (got, has_alpha) = (Size::new(width, height), decoder.has_alpha());
        if got != expected {
            let detail = format_args!("a picture of {got} in a frame of {expected}");
            return Err(CodecError::damaged(ImageFormat::Webp, detail));
        }
        decoder.set_memory_limit(self.memory);
        let layout = if has_alpha { Layout::RGBA8 } else { Layout::RGB8 };
        let mut samples = vec![0; expected.area() as usize * layout.pixel_bytes() as usize];
        decoder.read_image(&mut samples).map_err(failed)?;
        if has_alpha {
            return Ok(samples);
        }
        Ok(samples.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect())
    }
}

impl Trait for Frames<'_> {
    fn plays(&self) -> Plays {
        self.plays
    }

    fn next_frame(&mut self, room: &mut Room) -> Result<Option<Frame>, CodecError> {
        if let Some(file) = self.still.take() {
            self.rest = &[];
            room.take(self.canvas)?;
            let (samples, rect) = (self.decoded(file, self.canvas)?, Rect::whole(self.canvas));
            let (blend, disposal) = (Blend::Source, Disposal::Keep);
            return Ok(Some(Frame { rect, samples, delay: Duration::ZERO, blend, disposal }));
        }
        while let Some((kind, data, after)) = next_chunk(self.rest)? {
            self.rest = after;
            if kind != b"ANMF" {
                continue;
            }
            let (about, chunks) = data
                .split_first_chunk::<ABOUT>()
                .ok_or_else(|| CodecError::damaged(ImageFormat::Webp, "a short ANMF chunk"))?;
            let number = |at: usize| u32::from_le_bytes([about[at], about[at + 1], about[at + 2], 0]);
            let size = Size::new(number(6) + 1, number(9) + 1);
            let rect = Rect::new(number(0) * 2, number(3) * 2, size);
            if !rect.fits(self.canvas) {
                let detail = format_args!("a frame of {size} at {},{} on a canvas of {}", rect.x, rect.y, self.canvas);
                return Err(CodecError::damaged(ImageFormat::Webp, detail));
            }
            room.take(size)?;
            let samples = self.decoded(&file_of(chunks, size)?, size)?;
            let flags = about[ABOUT - 1];
            return Ok(Some(Frame {
                rect,
                samples,
                delay: Duration::from_millis(number(12).into()),
                blend: if flags & NO_BLENDING == 0 { Blend::Over } else { Blend::Source },
                disposal: if flags & DISPOSE == 0 { Disposal::Keep } else { Disposal::Clear },
            }));
        }
        Ok(None)
    }
}

/// A frame's chunks as a file.
fn file_of(chunks: &[u8], size: Size) -> Result<Vec<u8>, CodecError> {
    let mut body = b"WEBP".to_vec();
    let mut rest = chunks;
    let mut alpha = None;
    while let Some((kind, data, after)) = next_chunk(rest)? {
        match kind {
            b"ALPH" if alpha.is_none() => alpha = Some(data),
            b"VP8 " | b"VP8L" => {
                if let (b"VP8 ", Some(alpha)) = (kind, alpha) {
                    container::extended(&mut body, HAS_ALPHA, size);
                    chunk(&mut body, b"ALPH", alpha);
                }
                chunk(&mut body, kind, data);
                let mut file = Vec::new();
                chunk(&mut file, b"RIFF", &body);
                return Ok(file);
            }
            _ => {}
        }
        rest = after;
    }
    Err(CodecError::damaged(ImageFormat::Webp, "a frame without a picture"))
}

/// Kind and data of the chunk that `bytes` begin with, and what comes after it.
type Chunk<'a> = (&'a [u8; 4], &'a [u8], &'a [u8]);

fn next_chunk(bytes: &[u8]) -> Result<Option<Chunk<'_>>, CodecError> {
    let Some((kind, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let cut = || CodecError::truncated(ImageFormat::Webp, "the file ends inside a chunk");
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (data, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
    // Chunks are padded to an even length, which some writers leave out at the end.
    Ok(Some((kind, data, rest.get(length & 1..).unwrap_or_default())))
}
