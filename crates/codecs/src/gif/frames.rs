//! A GIF's frames, one at a time, as stored.
//!
//! Delays are given as they are, 0 and 1 hundredths too. An area that is disposed of to the background becomes transparent, as
//! in every browser. What of a frame is outside of the canvas is left out. The extension that repeats an animation counts the repetitions after the first play.

use std::{io::Cursor, time::Duration};

use gif::{Decoder, DisposalMethod, Repeat};
use tintype_pixels::{ImageFormat, Rect, Size};

use super::read;
use crate::{
    CodecError, Limits,
    animation::{Blend, Disposal, Frame, Frames as Trait, Plays, Room},
};

/// Hundredths of a second.
pub(super) const UNIT: Duration = Duration::from_millis(10);

pub(crate) struct Frames<'a> {
    decoder: Decoder<Cursor<&'a [u8]>>,
    plays: Plays,
    /// Frames not read yet. The first is open already.
    left: u32,
    is_first: bool,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, CodecError> {
        let (decoder, _) = read::open(Cursor::new(bytes))?;
        let counted = read::count_frames(bytes, limits.frames);
        if counted.is_cut {
            return Err(CodecError::truncated(ImageFormat::Gif, "the file ends inside a frame"));
        }
        let plays = match decoder.repeat() {
            Repeat::Infinite => Plays::Forever,
            Repeat::Finite(again) => Plays::Times(u32::from(again) + 1),
        };
        Ok(Self { decoder, plays, left: counted.frames, is_first: true })
    }
}

impl Trait for Frames<'_> {
    fn plays(&self) -> Plays {
        self.plays
    }

    fn next_frame(&mut self, room: &mut Room) -> Result<Option<Frame>, CodecError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let decoder = &mut self.decoder;
        let is_open = std::mem::take(&mut self.is_first);
        let frame =
            if is_open { decoder.current_frame_info() } else { decoder.next_frame_info().map_err(read::failed)? };
        let Some(frame) = frame else { return Ok(None) };
        let size = Size::new(u32::from(frame.width), u32::from(frame.height));
        let (x, y) = (u32::from(frame.left), u32::from(frame.top));
        let (delay, transparent) = (UNIT * u32::from(frame.delay), frame.transparent);
        let disposal = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
            DisposalMethod::Background => Disposal::Clear,
            DisposalMethod::Previous => Disposal::Previous,
        };
        if size.is_empty() {
            return Err(CodecError::damaged(ImageFormat::Gif, format_args!("a frame of {size}")));
        }
        room.take(size)?;
        let mut indices = vec![0; size.area() as usize];
        decoder.read_into_buffer(&mut indices).map_err(read::failed)?;
        let table = read::rgba_table(decoder.palette().map_err(read::failed)?, transparent);
        let canvas = read::canvas(decoder);
        let seen =
            Size::new(canvas.width.saturating_sub(x).min(size.width), canvas.height.saturating_sub(y).min(size.height));
        let seen = if seen.is_empty() { Size::new(0, 0) } else { seen };
        let rows = indices.chunks_exact(size.width as usize).take(seen.height as usize);
        let samples = rows.flat_map(|row| &row[..seen.width as usize]).flat_map(|index| table[usize::from(*index)]);
        Ok(Some(Frame { rect: Rect::new(x, y, seen), samples: samples.collect(), delay, blend: Blend::Over, disposal }))
    }
}
