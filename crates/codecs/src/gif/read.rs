//! GIF to pixels: the first frame, placed on its canvas.

use std::io::{Cursor, Read};

use gif::{DecodeOptions, Decoder, DecodingError, Frame};
use tintype_pixels::{ImageFormat, ImageInfo, Layout, Orientation, Size, SourceColor};

use crate::{
    CodecError, Limits,
    deadline::{Deadline, Timed},
};

pub(crate) fn probe(bytes: &[u8], limits: &Limits) -> Result<ImageInfo, CodecError> {
    let (decoder, frame) = open(Cursor::new(bytes))?;
    let size = canvas(&decoder);
    let layout = layout(size, &frame);
    Ok(ImageInfo {
        format: ImageFormat::Gif,
        file_size: bytes.len() as u64,
        size,
        orientation: Orientation::Upright,
        layout,
        alpha: layout.has_alpha(),
        frames: count_frames(bytes, limits.frames).frames.max(1),
        color: SourceColor::srgb(),
        exif: None,
        xmp: None,
        icc: None,
        jpeg: None,
    })
}

pub(crate) fn decode(bytes: &[u8], info: &ImageInfo, limits: &Limits) -> Result<Vec<u8>, CodecError> {
    let (mut decoder, frame) = open(Timed::new(bytes, Deadline::of(limits)))?;
    let size = canvas(&decoder);
    if size != info.size || layout(size, &frame) != info.layout {
        return Err(CodecError::WrongInfo { format: ImageFormat::Gif });
    }
    // A frame may be larger than its canvas, so it has to be within the limits by itself.
    let frame_size = Size::new(u32::from(frame.width), u32::from(frame.height));
    limits.check_picture(frame_size, Layout::GRAY8)?;

    let mut indices = vec![0; frame_size.area() as usize];
    decoder.read_into_buffer(&mut indices).map_err(failed)?;
    let palette = decoder.palette().map_err(failed)?;
    let mut pixels = vec![0; size.area() as usize * info.layout.pixel_bytes() as usize];
    match info.layout {
        Layout::RGB8 => paint::<3>(&mut pixels, size, &frame, &indices, &rgb_table(palette)),
        _ => paint::<4>(&mut pixels, size, &frame, &indices, &rgba_table(palette, frame.transparent)),
    }
    Ok(pixels)
}

/// The decoder, and what it says of the first frame. Nothing is decompressed yet.
pub(super) fn open<R: Read>(file: R) -> Result<(Decoder<R>, Frame<'static>), CodecError> {
    let mut decoder = DecodeOptions::new().read_info(file).map_err(failed)?;
    let frame = decoder.next_frame_info().map_err(failed)?;
    let frame = frame.ok_or_else(|| CodecError::damaged(ImageFormat::Gif, "there is no frame"))?.clone();
    let size = canvas(&decoder);
    if size.is_empty() || frame.width == 0 || frame.height == 0 {
        let detail = format!("a frame of {}x{} on a canvas of {size}", frame.width, frame.height);
        return Err(CodecError::damaged(ImageFormat::Gif, detail));
    }
    Ok((decoder, frame))
}

pub(super) fn canvas<R: Read>(decoder: &Decoder<R>) -> Size {
    Size::new(u32::from(decoder.width()), u32::from(decoder.height()))
}

/// With alpha where a pixel may be transparent: there is a transparent color, or canvas around the frame.
fn layout(canvas: Size, frame: &Frame<'_>) -> Layout {
    let covered = frame.left == 0
        && frame.top == 0
        && u32::from(frame.width) >= canvas.width
        && u32::from(frame.height) >= canvas.height;
    if covered && frame.transparent.is_none() { Layout::RGB8 } else { Layout::RGBA8 }
}

/// Writes the part of the frame that lies on the canvas.
fn paint<const N: usize>(pixels: &mut [u8], canvas: Size, frame: &Frame<'_>, indices: &[u8], table: &[[u8; N]; 256]) {
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let visible = (canvas.width as usize).saturating_sub(left).min(usize::from(frame.width));
    let canvas_rows = pixels.as_chunks_mut::<N>().0.chunks_exact_mut(canvas.width as usize).skip(top);
    for (row, indices) in canvas_rows.zip(indices.chunks_exact(usize::from(frame.width))) {
        if let Some(row) = row.get_mut(left..left + visible) {
            for (pixel, index) in row.iter_mut().zip(indices) {
                *pixel = table[usize::from(*index)];
            }
        }
    }
}

/// The palette as a full table: an index beyond the palette is black, as in browsers.
fn rgb_table(palette: &[u8]) -> [[u8; 3]; 256] {
    let mut table = [[0; 3]; 256];
    for (entry, color) in table.iter_mut().zip(palette.as_chunks::<3>().0) {
        *entry = *color;
    }
    table
}

pub(super) fn rgba_table(palette: &[u8], transparent: Option<u8>) -> [[u8; 4]; 256] {
    let mut table = rgb_table(palette).map(|[r, g, b]| [r, g, b, 255]);
    if let Some(index) = transparent {
        table[usize::from(index)] = [0; 4];
    }
    table
}

/// Frames that are there as a whole.
pub(super) struct Counted {
    pub(super) frames: u32,
    /// Whether another one begins, and the file ends inside it.
    pub(super) is_cut: bool,
}

/// Counts image descriptors by walking the blocks (GIF89a, appendix A); stops one past `limit`, or where the file ends.
pub(super) fn count_frames(bytes: &[u8], limit: u32) -> Counted {
    let mut walk = Blocks { rest: bytes.get(6..).unwrap_or_default() };
    let mut frames = 0;
    if walk.logical_screen().is_none() {
        return Counted { frames, is_cut: true };
    }
    while frames <= limit {
        // A file may end without its trailer, and have anything behind it.
        let kind = walk.rest.first().copied();
        match walk.block() {
            Some(Block::Image) => frames += 1,
            Some(Block::Extension) => {}
            None => return Counted { frames, is_cut: matches!(kind, Some(IMAGE | EXTENSION)) },
        }
    }
    Counted { frames, is_cut: false }
}

/// What blocks begin with (GIF89a, appendix A).
const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;

enum Block {
    Image,
    Extension,
}

struct Blocks<'a> {
    rest: &'a [u8],
}

impl Blocks<'_> {
    fn take(&mut self, len: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn logical_screen(&mut self) -> Option<()> {
        let flags = self.take(7)?[4];
        self.palette(flags)
    }

    fn palette(&mut self, flags: u8) -> Option<()> {
        if flags & 0x80 != 0 {
            self.take(3 << ((flags & 7) + 1))?;
        }
        Some(())
    }

    /// The next block, once all of it is passed; `None` at the trailer and at anything unknown.
    fn block(&mut self) -> Option<Block> {
        let kind = self.take(1)?[0];
        let block = match kind {
            IMAGE => {
                let flags = self.take(9)?[8];
                self.palette(flags)?;
                self.take(1)?;
                Block::Image
            }
            EXTENSION => {
                self.take(1)?;
                Block::Extension
            }
            _ => return None,
        };
        loop {
            let len = usize::from(self.take(1)?[0]);
            if len == 0 {
                return Some(block);
            }
            self.take(len)?;
        }
    }
}

pub(super) fn failed(error: DecodingError) -> CodecError {
    match error {
        DecodingError::UnexpectedEof => CodecError::truncated(ImageFormat::Gif, "the file ends inside a frame"),
        error => CodecError::damaged(ImageFormat::Gif, error),
    }
}
