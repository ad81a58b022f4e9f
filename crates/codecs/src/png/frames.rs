//! An APNG's frames, one at a time, as stored (PNG 3rd edition, 11.3.6).
//!
//! Samples of 16 bits lose the lower 8. A default image that is no part of the animation is passed over.

use std::{io::Cursor, time::Duration};

use png::{BlendOp, ColorType, Decoder, DisposeOp, Reader, Transformations};
use tintype_pixels::{Rect, Size};

use super::read::{failed, metadata_budget};
use crate::{
    CodecError, Limits,
    animation::{Blend, Disposal, Frame, Frames as Trait, Plays, Room},
};

pub(crate) struct Frames<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    limits: Limits,
    plays: Plays,
    /// Frames not read yet.
    left: u32,
    /// Whether the next frame's header has been read.
    is_open: bool,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, CodecError> {
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: metadata_budget(limits) });
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16 | Transformations::ALPHA);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let reader = decoder.read_info().map_err(|error| failed(error, limits))?;
        let info = reader.info();
        let (left, plays) = match info.animation_control() {
            None => (1, Plays::Times(1)),
            Some(control) if control.num_plays == 0 => (control.num_frames, Plays::Forever),
            Some(control) => (control.num_frames, Plays::Times(control.num_plays)),
        };
        let is_open = info.animation_control().is_none() || info.frame_control().is_some();
        Ok(Self { reader, limits: *limits, plays, left, is_open })
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
        let failed = |error| failed(error, &self.limits);
        if !std::mem::take(&mut self.is_open) {
            self.reader.next_frame_info().map_err(failed)?;
        }
        let info = self.reader.info();
        let (canvas, is_interlaced) = (Size::new(info.width, info.height), info.interlaced);
        let control = info.frame_control().copied();
        let size = control.map_or(canvas, |control| Size::new(control.width, control.height));
        let rect = control.map_or(Rect::whole(canvas), |control| Rect::new(control.x_offset, control.y_offset, size));
        room.take(size)?;
        // The decoder spreads the passes of a part that is interlaced over rows as long as the canvas's.
        let n_channels = if self.reader.output_color_type().0 == ColorType::GrayscaleAlpha { 2 } else { 4 };
        let row_px = if is_interlaced { canvas.width } else { size.width } as usize;
        let mut samples = vec![0; row_px * n_channels * size.height.max(1) as usize];
        let needed = self.reader.output_buffer_size().unwrap_or(samples.len());
        samples.resize(samples.len().max(needed), 0);
        self.reader.next_frame(&mut samples).map_err(failed)?;
        let rows = samples.chunks_exact(row_px * n_channels).take(size.height as usize);
        let pixels = rows.flat_map(|row| row[..size.width as usize * n_channels].chunks_exact(n_channels));
        let rgba = |pixel: &[u8]| match *pixel {
            [v, a] => [v, v, v, a],
            [r, g, b, a] => [r, g, b, a],
            _ => unreachable!("chunks are of 2 or 4"),
        };
        Ok(Some(Frame {
            rect,
            samples: pixels.flat_map(rgba).collect(),
            delay: control.map_or(Duration::ZERO, |control| delay(control.delay_num, control.delay_den)),
            blend: match control.map(|control| control.blend_op) {
                Some(BlendOp::Over) => Blend::Over,
                Some(BlendOp::Source) | None => Blend::Source,
            },
            disposal: match control.map(|control| control.dispose_op) {
                Some(DisposeOp::Background) => Disposal::Clear,
                Some(DisposeOp::Previous) => Disposal::Previous,
                Some(DisposeOp::None) | None => Disposal::Keep,
            },
        }))
    }
}

/// A fraction of a second; a denominator of 0 stands for 100.
fn delay(numerator: u16, denominator: u16) -> Duration {
    let denominator = if denominator == 0 { 100 } else { u64::from(denominator) };
    Duration::from_nanos((u64::from(numerator) * 1_000_000_000 + denominator / 2) / denominator)
}
