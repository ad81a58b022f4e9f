//! Moving pictures: files to single frames and back.
//!
//! [`AnimationReader`] gives frames as a file stores them, one at a time: a rectangle of samples, how it goes onto what is
//! shown, and how long it stays. Putting them onto a canvas is left to who shows them. [`AnimationWriter`] takes whole pictures
//! and finds out by itself what changes from one to the next. Each format has its own reader (`frames.rs`) and writer
//! (`moving.rs`) in its folder.

use std::time::{Duration, Instant};

use tintype_pixels::{ImageFormat, ImageInfo, Layout, Planes, Rect, Size};

use crate::{Bound, CodecError, Encode, Limits, Metadata, barrier, deadline, gif, png, webp};

/// How often an animation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plays {
    /// Without end.
    Forever,
    /// So many times, at least once.
    Times(u32),
}

/// What a frame's pixels do to those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blend {
    /// They take their place, transparent ones too.
    Source,
    /// They are laid over them.
    Over,
}

/// What becomes of a frame's rectangle before the next frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposal {
    /// It stays.
    Keep,
    /// It becomes transparent.
    Clear,
    /// It becomes what it was before the frame.
    Previous,
}

/// One frame, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where it goes on the canvas; empty where nothing of it is seen.
    pub rect: Rect,
    /// Red, green, blue, straight alpha, 8 bits each, row by row.
    pub samples: Vec<u8>,
    /// How long it is shown, as stored: browsers show what stays for 10 ms or less for 100 ms.
    pub delay: Duration,
    /// How it is drawn.
    pub blend: Blend,
    /// What comes after it.
    pub disposal: Disposal,
}

/// What a format's reader does.
pub(crate) trait Frames {
    fn plays(&self) -> Plays;

    /// The next frame; `room` is checked before its pixels are decoded.
    fn next_frame(&mut self, room: &mut Room) -> Result<Option<Frame>, CodecError>;
}

/// What frames may still cost.
pub(crate) struct Room {
    pub(crate) limits: Limits,
    canvas: Size,
    frames: u32,
    area_px: u64,
    /// Time spent on frames.
    spent: Duration,
}

impl Room {
    /// Takes the room of one more frame of `size`, which costs as much as the canvas at least.
    pub(crate) fn take(&mut self, size: Size) -> Result<(), CodecError> {
        self.limits.check_picture(size, Layout::RGBA8)?;
        self.frames += 1;
        self.limits.check_frames(self.frames)?;
        self.area_px = self.area_px.saturating_add(size.area().max(self.canvas.area()));
        let (value, limit) = (self.area_px, self.limits.animation_area_px);
        if value > limit { Err(CodecError::TooLarge { what: Bound::AnimationAreaPx, value, limit }) } else { Ok(()) }
    }
}

/// The frames of an animation, one at a time.
pub struct AnimationReader<'a> {
    format: ImageFormat,
    frames: Box<dyn Frames + Send + 'a>,
    room: Room,
}

impl std::fmt::Debug for AnimationReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnimationReader").field("format", &self.format).field("frames", &self.room.frames).finish()
    }
}

impl<'a> AnimationReader<'a> {
    /// Starts with a GIF, an APNG or a WebP of which [`probe`](crate::probe) said `info`. A still picture is one frame.
    ///
    /// # Errors
    ///
    /// As [`decode`](crate::decode), and [`CodecError::Unsupported`] for other formats.
    pub fn new(bytes: &'a [u8], info: &ImageInfo, limits: &Limits) -> Result<Self, CodecError> {
        let format = info.format;
        let open = || -> Result<Box<dyn Frames + Send + 'a>, CodecError> {
            Ok(match format {
                ImageFormat::Gif => Box::new(gif::Frames::new(bytes, limits)?),
                ImageFormat::Png => Box::new(png::Frames::new(bytes, limits)?),
                ImageFormat::Webp => Box::new(webp::Frames::new(bytes, info.size, limits)?),
                _ => return Err(CodecError::Unsupported { format: format.name(), what: "animation" }),
            })
        };
        let frames = barrier::guarded(open, |detail| CodecError::damaged(format, detail))?;
        Ok(Self {
            format,
            frames,
            room: Room { limits: *limits, canvas: info.size, frames: 0, area_px: 0, spent: Duration::ZERO },
        })
    }

    /// How often it is shown.
    pub fn plays(&self) -> Plays {
        self.frames.plays()
    }

    /// The next frame; `None` after the last.
    ///
    /// # Errors
    ///
    /// As [`decode`](crate::decode); all frames together are within [`Limits::animation_area_px`], and take no longer than
    /// [`Limits::decode_time`]. Nothing follows an error.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, CodecError> {
        let (format, frames, room) = (self.format, &mut self.frames, &mut self.room);
        let started = Instant::now();
        let frame = barrier::guarded(|| frames.next_frame(room), |detail| CodecError::damaged(format, detail))?;
        room.spent += started.elapsed();
        if room.spent > room.limits.decode_time {
            return Err(deadline::too_long(room.spent, room.limits.decode_time));
        }
        let fits = |frame: &Frame| frame.samples.len() as u64 == frame.rect.size.area() * 4;
        if frame.as_ref().is_some_and(|frame| !fits(frame)) {
            return Err(CodecError::damaged(format, "a frame has another size than announced"));
        }
        Ok(frame)
    }
}

/// What a format's writer does.
pub(crate) trait Moving {
    /// Adds `picture`, RGBA of 8 bits, which is shown for `delay`.
    fn frame(&mut self, picture: &Planes, delay: Duration) -> Result<(), CodecError>;

    fn finish(self: Box<Self>) -> Result<Vec<u8>, CodecError>;
}

/// A file that whole pictures are added to.
pub struct AnimationWriter {
    format: ImageFormat,
    size: Size,
    moving: Box<dyn Moving + Send>,
}

impl std::fmt::Debug for AnimationWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnimationWriter").field("format", &self.format).field("size", &self.size).finish()
    }
}

impl AnimationWriter {
    /// An animation of pictures of `size`; `encode` is GIF, or WebP of either kind.
    ///
    /// # Errors
    ///
    /// As [`encode`](crate::encode()), and [`CodecError::Encode`] for formats that do not move.
    pub fn new(size: Size, encode: &Encode, plays: Plays, meta: &Metadata) -> Result<Self, CodecError> {
        let format = encode.format();
        if size.is_empty() {
            return Err(CodecError::encode(format, format_args!("a picture of {size} has no pixels")));
        }
        let (value, limit) = (size.width.max(size.height), encode.max_side_px());
        if value > limit {
            return Err(CodecError::OutputTooLarge { format, value, limit });
        }
        let moving: Box<dyn Moving + Send> = match *encode {
            Encode::Gif => Box::new(gif::Moving::new(size, plays)?),
            Encode::Webp { .. } | Encode::WebpLossless => Box::new(webp::Moving::new(size, *encode, plays, meta)),
            _ => return Err(CodecError::encode(format, "this format does not move")),
        };
        Ok(Self { format, size, moving })
    }

    /// Adds a picture that is shown for `delay`. Rounded to the format's unit, so that the sum stays right.
    ///
    /// # Errors
    ///
    /// [`CodecError::WrongLayout`] for other pixels than RGBA8 of the announced size, [`CodecError::Encode`] for what should
    /// not happen.
    pub fn frame(&mut self, picture: &Planes, delay: Duration) -> Result<(), CodecError> {
        let format = self.format;
        if picture.layout() != Layout::RGBA8 || picture.size() != self.size {
            let detail =
                format_args!("a frame of {} {} among those of {}", picture.size(), picture.layout(), self.size);
            return Err(CodecError::encode(format, detail));
        }
        let moving = &mut self.moving;
        barrier::guarded(|| moving.frame(picture, delay), |detail| CodecError::encode(format, detail))
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// [`CodecError::Encode`] where there is no frame.
    pub fn finish(self) -> Result<Vec<u8>, CodecError> {
        let Self { format, moving, .. } = self;
        barrier::guarded(|| moving.finish(), |detail| CodecError::encode(format, detail))
    }
}

/// Durations in a format's unit. What rounding leaves over goes to the frames after, so that no sum is off by more than a unit.
#[derive(Debug)]
pub(crate) struct Ticks {
    unit: Duration,
    /// Shown so far, exactly and in units.
    exact: Duration,
    ticks: u64,
}

impl Ticks {
    pub(crate) fn new(unit: Duration) -> Self {
        Self { unit, exact: Duration::ZERO, ticks: 0 }
    }

    /// `delay` in units. What browsers show as fast as it says stays so: they show 10 ms and less for 100.
    pub(crate) fn next(&mut self, delay: Duration) -> u64 {
        const SLOWED: Duration = Duration::from_millis(10);
        self.exact = self.exact.saturating_add(delay);
        let unit = self.unit.as_nanos();
        let total = u64::try_from((self.exact.as_nanos() + unit / 2) / unit).unwrap_or(u64::MAX);
        let least = if delay > SLOWED { (SLOWED.as_nanos() / unit) as u64 + 1 } else { 0 };
        let ticks = total.saturating_sub(self.ticks).max(least);
        self.ticks = self.ticks.saturating_add(ticks);
        ticks
    }
}

/// The smallest rectangle outside of which two pictures of one width are equal; `None` where they are equal everywhere.
pub(crate) fn changed(before: &[[u8; 4]], after: &[[u8; 4]], width: usize) -> Option<Rect> {
    let rows = before.chunks_exact(width).zip(after.chunks_exact(width));
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for (y, (before, after)) in rows.enumerate() {
        let differs = |x: &usize| before[*x] != after[*x];
        let Some(first) = (0..width).find(differs) else { continue };
        let last = (first..width).rev().find(differs).unwrap_or(first);
        (left, right) = (left.min(first), right.max(last));
        (top, bottom) = (top.min(y), y);
    }
    (top != usize::MAX).then(|| {
        let size = Size::new((right - left + 1) as u32, (bottom - top + 1) as u32);
        Rect::new(left as u32, top as u32, size)
    })
}

/// The part of a picture of `width` that is in `rect`.
pub(crate) fn cut<T: Copy>(picture: &[T], width: usize, rect: Rect) -> Vec<T> {
    let (left, columns) = (rect.x as usize, rect.size.width as usize);
    let rows = picture.chunks_exact(width).skip(rect.y as usize).take(rect.size.height as usize);
    rows.flat_map(|row| &row[left..left + columns]).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const CS: Duration = Duration::from_millis(10);

    fn ticks(unit: Duration, delays: &[u64]) -> Vec<u64> {
        let mut ticks = Ticks::new(unit);
        delays.iter().map(|delay| ticks.next(MS * *delay as u32)).collect()
    }

    #[test]
    fn durations_keep_their_sum() {
        assert_eq!(ticks(CS, &[100, 50, 0, 10]), [10, 5, 0, 1]);
        assert_eq!(ticks(CS, &[33, 33, 33, 33, 33, 33]), [3, 4, 3, 3, 4, 3]);
        assert_eq!(ticks(MS, &[33, 7, 0, 1000]), [33, 7, 0, 1000]);
        // Two hundredths at least, of which browsers do not make ten.
        assert_eq!(ticks(CS, &[11, 11, 14]), [2, 2, 2]);
        assert_eq!(ticks(CS, &[16, 17, 17, 16]), [2, 2, 2, 2]);
    }

    #[test]
    fn what_changed_is_found_and_cut() {
        let before = [[0; 4]; 12];
        let mut after = before;
        assert_eq!(changed(&before, &after, 4), None);
        after[5] = [1; 4];
        after[11] = [2; 4];
        let rect = changed(&before, &after, 4).expect("two pixels differ");
        assert_eq!(rect, Rect::new(1, 1, Size::new(3, 2)));
        assert_eq!(cut(&after, 4, rect), [[1; 4], [0; 4], [0; 4], [0; 4], [0; 4], [2; 4]]);
    }
}
