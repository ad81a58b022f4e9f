//! Whole pictures to an animated WebP: a picture of its own for each rectangle that changes (RFC 9649, 2.7.1.1).
//!
//! Frames take the place of what is there, transparent pixels too, and are never disposed of: so what is outside of a frame's
//! rectangle stays as it was, and a lossy file has no errors that grow.

use std::time::Duration;

use tintype_pixels::{ImageFormat, Layout, Planes, Rect, Size};

use super::{
    container::{self, HAS_ALPHA, HAS_ANIMATION, HAS_EXIF, chunk},
    encode_lossless, encode_lossy,
};
use crate::{
    CodecError, Encode, Metadata,
    animation::{Moving as Trait, Plays, Ticks, changed, cut},
};

/// The longest a frame is shown, in milliseconds: three bytes.
const MAX_TICKS: u64 = 0xff_ffff;

/// Of a frame: do not blend, do not dispose.
const REPLACE: u8 = 1 << 1;

pub(crate) struct Moving {
    size: Size,
    encode: Encode,
    plays: Plays,
    exif: Option<Vec<u8>>,
    ticks: Ticks,
    shown: Option<Vec<[u8; 4]>>,
    has_alpha: bool,
    /// `ANMF` chunks.
    frames: Vec<u8>,
}

impl Moving {
    pub(crate) fn new(size: Size, encode: Encode, plays: Plays, meta: &Metadata) -> Self {
        let ticks = Ticks::new(Duration::from_millis(1));
        Self { size, encode, plays, exif: meta.exif.clone(), ticks, shown: None, has_alpha: false, frames: Vec::new() }
    }

    fn file(&self, planes: &Planes) -> Result<Vec<u8>, CodecError> {
        let bare = Metadata::default();
        match self.encode {
            Encode::Webp { quality, method } => encode_lossy(planes, quality, method, &bare),
            _ => encode_lossless(planes, &bare),
        }
    }
}

impl Trait for Moving {
    fn frame(&mut self, picture: &Planes, delay: Duration) -> Result<(), CodecError> {
        let ticks = self.ticks.next(delay).min(MAX_TICKS) as u32;
        let now = picture.bytes().as_chunks::<4>().0;
        let width = self.size.width as usize;
        let rect = match &self.shown {
            None => Rect::whole(self.size),
            // Nothing has changed: a pixel of the same.
            Some(shown) => even(changed(shown, now, width).unwrap_or(Rect::new(0, 0, Size::new(1, 1)))),
        };
        let samples = cut(now, width, rect);
        let is_opaque = samples.iter().all(|[.., a]| *a == 255);
        self.has_alpha |= !is_opaque;
        let (layout, samples) = if is_opaque {
            (Layout::RGB8, samples.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect())
        } else {
            (Layout::RGBA8, samples.into_flattened())
        };
        let wrong = || CodecError::encode(ImageFormat::Webp, "a rectangle has another size than its pixels");
        let file = self.file(&Planes::new(rect.size, layout, samples).ok_or_else(wrong)?)?;

        let mut data = Vec::with_capacity(file.len() + 16);
        let mut number = |v: u32| data.extend_from_slice(&v.to_le_bytes()[..3]);
        number(rect.x / 2);
        number(rect.y / 2);
        number(rect.size.width - 1);
        number(rect.size.height - 1);
        number(ticks);
        data.push(REPLACE);
        data.extend_from_slice(container::picture(&file));
        chunk(&mut self.frames, b"ANMF", &data);
        match &mut self.shown {
            Some(shown) => shown.copy_from_slice(now),
            None => self.shown = Some(now.to_vec()),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, CodecError> {
        if self.frames.is_empty() {
            return Err(CodecError::encode(ImageFormat::Webp, "there is no frame"));
        }
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let flags = HAS_ANIMATION | flag(self.has_alpha, HAS_ALPHA) | flag(self.exif.is_some(), HAS_EXIF);
        let plays = match self.plays {
            Plays::Forever => 0,
            Plays::Times(times) => u16::try_from(times.max(1)).unwrap_or(u16::MAX),
        };
        let mut body = b"WEBP".to_vec();
        container::extended(&mut body, flags, self.size);
        // A background of nothing, which viewers may ignore.
        chunk(&mut body, b"ANIM", &[[0; 4].as_slice(), &plays.to_le_bytes()].concat());
        body.extend_from_slice(&self.frames);
        if let Some(exif) = &self.exif {
            chunk(&mut body, b"EXIF", exif);
        }
        let mut file = Vec::with_capacity(body.len() + 8);
        chunk(&mut file, b"RIFF", &body);
        Ok(file)
    }
}

/// `rect` with an even corner: places are stored halved.
fn even(rect: Rect) -> Rect {
    let (left, top) = (rect.x & 1, rect.y & 1);
    Rect::new(rect.x - left, rect.y - top, Size::new(rect.size.width + left, rect.size.height + top))
}
