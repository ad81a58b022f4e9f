//! How much a source may cost, checked before anything of that size is allocated.

use std::time::Duration;

use tintype_pixels::{Layout, Size};

use crate::{CodecError, error::Bound};

/// How much a source may cost. [`probe`](crate::probe) checks what a header tells and [`decode`](crate::decode) checks
/// it again, before the memory in question is allocated.
///
/// The defaults are Cloudflare's published figures where it publishes one (100 MB of input, 100 megapixels) and
/// otherwise generous for honest pictures and tight for hostile ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file. Default 100 MB: Cloudflare's limit for remote sources.
    pub bytes: u64,
    /// Width times height. Default 100 megapixels: Cloudflare's limit.
    pub area_px: u64,
    /// Pixels of the longer side. Default 65,500, what JPEG can hold (65,535) rounded as libjpeg rounds it; whoever
    /// plans has a limit of its own for results (Cloudflare: 12,000).
    pub side_px: u32,
    /// Bytes of the decoded picture. Default 512 MiB: 100 megapixels of RGBA, or 67 of 16-bit RGBA. Decoders need up to
    /// three times as much in passing (progressive JPEG keeps two bytes per sample, WebP a second copy).
    pub decoded_bytes: u64,
    /// Bytes of a color profile. Default 4 MiB: the largest honest ones, for printing, have about 3.
    pub icc_bytes: u64,
    /// Number of frames of an animation. Default 10,000.
    pub frames: u32,
    /// Width times height of an animation's canvas for each frame that is shown, together. Default 100 megapixels: Cloudflare's
    /// limit. It concerns only who has all frames decoded ([`AnimationReader`](crate::AnimationReader)).
    pub animation_area_px: u64,
    /// Scans of a progressive JPEG. Default 100. Each costs a pass over the picture however few bytes it has, so of a large picture
    /// fewer are accepted: 12, and those beyond together at most one and a half times `area_px`. Encoders write about 10.
    pub jpeg_scans: u32,
    /// Bytes of an SVG, its entities put in. Default 8 MiB: a large map has some.
    pub svg_bytes: u64,
    /// Elements of an SVG, every reference replaced by what it refers to. Default 100,000.
    pub svg_elements: u32,
    /// How long decoding a picture may take, or all frames of an animation together, what happens to them between not counted. Default
    /// 30 s: several times what the slowest format needs for the largest picture. What can be stopped is; see `deadline.rs`.
    pub decode_time: Duration,
    /// Whether BMP and TIFF are read, which Cloudflare's service refuses. Default: no.
    pub extra_inputs: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 100_000_000,
            area_px: 100_000_000,
            side_px: 65_500,
            decoded_bytes: 512 << 20,
            icc_bytes: 4 << 20,
            frames: 10_000,
            animation_area_px: 100_000_000,
            jpeg_scans: 100,
            svg_bytes: 8 << 20,
            svg_elements: 100_000,
            decode_time: Duration::from_secs(30),
            extra_inputs: false,
        }
    }
}

impl Limits {
    /// Refuses a file of too many bytes.
    pub(crate) fn check_file(&self, bytes: &[u8]) -> Result<(), CodecError> {
        within(Bound::FileBytes, bytes.len() as u64, self.bytes)
    }

    /// Refuses a picture whose side, area or decoded bytes are too many.
    pub(crate) fn check_picture(&self, size: Size, layout: Layout) -> Result<(), CodecError> {
        within(Bound::SidePx, u64::from(size.width.max(size.height)), u64::from(self.side_px))?;
        within(Bound::AreaPx, size.area(), self.area_px)?;
        let decoded = size.area().saturating_mul(u64::from(layout.pixel_bytes()));
        // On a 32-bit machine no Vec is longer than this, whatever the limit says.
        within(Bound::DecodedBytes, decoded, self.decoded_bytes.min(isize::MAX as u64))
    }

    /// Refuses a color profile of too many bytes.
    pub(crate) fn check_icc(&self, bytes: u64) -> Result<(), CodecError> {
        within(Bound::IccBytes, bytes, self.icc_bytes)
    }

    /// How many scans a JPEG of `size` may have.
    pub fn scans_of(&self, size: Size) -> u32 {
        let passes = self.area_px.saturating_mul(3) / size.area().saturating_mul(2).max(1);
        self.jpeg_scans.min(u32::try_from(passes).unwrap_or(u32::MAX).saturating_add(12))
    }

    /// Refuses an animation of too many frames.
    pub(crate) fn check_frames(&self, frames: u32) -> Result<(), CodecError> {
        within(Bound::Frames, u64::from(frames), u64::from(self.frames))
    }
}

fn within(what: Bound, value: u64, limit: u64) -> Result<(), CodecError> {
    if value > limit { Err(CodecError::TooLarge { what, value, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_refuses_the_first_value_past_it() {
        let limits = Limits { side_px: 100, area_px: 5000, decoded_bytes: 12_000, ..Limits::default() };
        let cases = [
            ((100, 50), Layout::GRAY8, None),
            ((101, 1), Layout::GRAY8, Some(Bound::SidePx)),
            ((100, 51), Layout::GRAY8, Some(Bound::AreaPx)),
            ((80, 50), Layout::RGB8, None),
            ((80, 51), Layout::RGB8, Some(Bound::DecodedBytes)),
        ];
        for ((width, height), layout, expected) in cases {
            let got = match limits.check_picture(Size::new(width, height), layout) {
                Ok(()) => None,
                Err(CodecError::TooLarge { what, .. }) => Some(what),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(got, expected, "{width}x{height} {layout}");
        }
    }

    #[test]
    fn larger_pictures_may_have_fewer_scans() {
        let limits = Limits::default();
        let cases =
            [((1200, 1000), 100), ((4000, 3000), 24), ((6000, 5000), 17), ((10_000, 10_000), 13), ((0, 0), 100)];
        for ((width, height), expected) in cases {
            assert_eq!(limits.scans_of(Size::new(width, height)), expected, "{width}x{height}");
        }
    }

    #[test]
    fn sides_that_overflow_when_multiplied_are_refused() {
        let limits = Limits { side_px: u32::MAX, area_px: u64::MAX, ..Limits::default() };
        assert!(limits.check_picture(Size::new(u32::MAX, u32::MAX), Layout::RGBA16).is_err());
    }
}
