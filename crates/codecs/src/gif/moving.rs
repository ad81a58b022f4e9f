//! Whole pictures to an animated GIF.
//!
//! A frame holds what has changed since the one before, and is transparent where nothing has. Where something becomes transparent,
//! the frame *before* has to be disposed of: so each frame waits for the next before it is written.

use std::time::Duration;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use tintype_pixels::{ImageFormat, Planes, Rect, Size};

use super::{
    frames::UNIT,
    write::{Indexed, OPAQUE_FROM, Pixels, failed, indexed},
};
use crate::{
    CodecError,
    animation::{Moving as Trait, Plays, Ticks, changed, cut},
};

/// Nothing to see.
const CLEAR: [u8; 4] = [0; 4];

pub(crate) struct Moving {
    size: Size,
    encoder: Encoder<Vec<u8>>,
    ticks: Ticks,
    /// What is shown while the waiting frame is: opaque, or [`CLEAR`].
    shown: Vec<[u8; 4]>,
    waiting: Option<Waiting>,
}

/// A frame that waits for the next.
struct Waiting {
    rect: Rect,
    /// The rectangle's pixels; `None` where what was there before is seen.
    pixels: Vec<Option<[u8; 3]>>,
    delay: u16,
}

impl Moving {
    pub(crate) fn new(size: Size, plays: Plays) -> Result<Self, CodecError> {
        let mut encoder = Encoder::new(Vec::new(), side(size.width), side(size.height), &[]).map_err(failed)?;
        // The extension counts what comes after the first play; without it there is only that.
        let again = match plays {
            Plays::Forever => Some(Repeat::Infinite),
            Plays::Times(0 | 1) => None,
            Plays::Times(times) => Some(Repeat::Finite(u16::try_from(times - 1).unwrap_or(u16::MAX))),
        };
        again.map_or(Ok(()), |again| encoder.set_repeat(again)).map_err(failed)?;
        Ok(Self { size, encoder, ticks: Ticks::new(UNIT), shown: Vec::new(), waiting: None })
    }

    fn write(&mut self, frame: &Waiting, dispose: DisposalMethod) -> Result<(), CodecError> {
        let pixels = Pixels::new(frame.pixels.iter().copied());
        let Indexed { palette, indices, transparent } = indexed(&pixels, frame.rect.size)?;
        let frame = Frame {
            left: side(frame.rect.x),
            top: side(frame.rect.y),
            width: side(frame.rect.size.width),
            height: side(frame.rect.size.height),
            delay: frame.delay,
            dispose,
            transparent,
            palette: Some(palette.into_flattened()),
            buffer: indices.into(),
            ..Frame::default()
        };
        self.encoder.write_frame(&frame).map_err(failed)
    }
}

impl Trait for Moving {
    fn frame(&mut self, picture: &Planes, delay: Duration) -> Result<(), CodecError> {
        let opaque = |[r, g, b, a]: &[u8; 4]| if *a >= OPAQUE_FROM { [*r, *g, *b, 255] } else { CLEAR };
        let now: Vec<[u8; 4]> = picture.bytes().as_chunks::<4>().0.iter().map(opaque).collect();
        let width = self.size.width as usize;
        let delay = u16::try_from(self.ticks.next(delay)).unwrap_or(u16::MAX);
        let Some(before) = self.waiting.take() else {
            let pixels = now.iter().map(|pixel| (*pixel != CLEAR).then(|| color(*pixel))).collect();
            self.waiting = Some(Waiting { rect: Rect::whole(self.size), pixels, delay });
            self.shown = now;
            return Ok(());
        };
        let vanished: Vec<[u8; 4]> =
            self.shown.iter().zip(&now).map(|(shown, now)| if *now == CLEAR { CLEAR } else { *shown }).collect();
        match changed(&self.shown, &vanished, width) {
            None => self.write(&before, DisposalMethod::Keep)?,
            Some(vanished) => {
                let before = before.grown(vanished);
                self.write(&before, DisposalMethod::Background)?;
                let Rect { x, y, size } = before.rect;
                for row in self.shown.chunks_exact_mut(width).skip(y as usize).take(size.height as usize) {
                    row[x as usize..(x + size.width) as usize].fill(CLEAR);
                }
            }
        }
        // Nothing has changed: a pixel through which the same is seen.
        let rect = changed(&self.shown, &now, width).unwrap_or(Rect::new(0, 0, Size::new(1, 1)));
        let pairs = cut(&self.shown, width, rect).into_iter().zip(cut(&now, width, rect));
        let pixels = pairs.map(|(shown, now)| (shown != now).then(|| color(now))).collect();
        self.waiting = Some(Waiting { rect, pixels, delay });
        self.shown = now;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, CodecError> {
        let last = self.waiting.take();
        let last = last.ok_or_else(|| CodecError::encode(ImageFormat::Gif, "there is no frame"))?;
        self.write(&last, DisposalMethod::Keep)?;
        self.encoder.into_inner().map_err(failed)
    }
}

impl Waiting {
    /// The same frame on a rectangle that covers `rect` too.
    fn grown(self, rect: Rect) -> Self {
        let (old, right, bottom) =
            (self.rect, |rect: Rect| rect.x + rect.size.width, |rect: Rect| rect.y + rect.size.height);
        let (x, y) = (old.x.min(rect.x), old.y.min(rect.y));
        let size = Size::new(right(old).max(right(rect)) - x, bottom(old).max(bottom(rect)) - y);
        if Rect::new(x, y, size) == old {
            return self;
        }
        let mut pixels = vec![None; size.area() as usize];
        let left = (old.x - x) as usize;
        let rows = pixels.chunks_exact_mut(size.width as usize).skip((old.y - y) as usize);
        for (row, own) in rows.zip(self.pixels.chunks_exact(old.size.width as usize)) {
            row[left..left + own.len()].copy_from_slice(own);
        }
        Self { rect: Rect::new(x, y, size), pixels, delay: self.delay }
    }
}

fn color([r, g, b, _]: [u8; 4]) -> [u8; 3] {
    [r, g, b]
}

fn side(px: u32) -> u16 {
    u16::try_from(px).expect("the longest side is checked before")
}
