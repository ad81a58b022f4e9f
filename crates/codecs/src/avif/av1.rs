//! AV1 to planes, by `rav1d`.

use rav1d::{Decoder, Error, PixelLayout, PlanarImageComponent, Plane, Settings};
use tintype_pixels::{ImageFormat, Size};

use super::{apart, sequence_header};
use crate::{
    CodecError,
    heif::{Frame, Nclx, Range, Samples, Subsampling, Tile},
};

/// The most coded frames in one item. A picture has one, with layers up to four; each may cost a whole picture's work in a
/// few bytes.
const MAX_CODED_FRAMES: usize = 8;

/// The most units of a stream. One for each tile, of which a frame has at most 4096, and a few more.
const MAX_UNITS: usize = 8 * 4096;

/// Decodes the picture of `tile`, which is refused before it is decoded if it is larger than `size`.
pub(super) fn decode(tile: &Tile<'_>, size: Size, format: ImageFormat) -> Result<Frame, CodecError> {
    // Of no bytes at all the decoder says so only in release builds; in others it ends the process.
    if tile.data.is_empty() {
        return Err(CodecError::damaged(format, "AV1: a picture of no bytes"));
    }
    if sequence_header::has_more_units_than(&tile.data, MAX_UNITS) {
        return Err(CodecError::damaged(format, format_args!("AV1: more than {MAX_UNITS} units in one picture")));
    }
    let coded_frames = sequence_header::coded_frames(&tile.data);
    if coded_frames > MAX_CODED_FRAMES {
        let detail = format_args!("{coded_frames} coded frames in one picture; at most {MAX_CODED_FRAMES} are decoded");
        return Err(CodecError::damaged(format, detail));
    }
    let failed = |detail: String| CodecError::damaged(format, format_args!("AV1: {detail}"));
    let (data, operating_point) = (tile.data.to_vec(), u32::from(tile.operating_point & 31));
    let picture = apart::run(move || picture(data, operating_point, size))
        .map_err(|message| failed(format!("the decoder panicked: {message}")))?
        .map_err(|error| failed(cause(error)))?
        .ok_or_else(|| failed("there is no picture".to_owned()))?;
    frame(&picture, &tile.data, format)
}

/// The first picture of a stream that is complete.
fn picture(data: Vec<u8>, operating_point: u32, size: Size) -> Result<Option<rav1d::Picture>, Error> {
    let mut settings = Settings::new();
    // One: requests are what runs side by side, and a panic on a thread of the decoder's own would not come back.
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_operating_point(operating_point);
    settings.set_frame_size_limit(u32::try_from(size.area()).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings)?;

    let mut sent = decoder.send_data(data, None, None, None);
    // Each turn either consumes a frame or finds that there are no more.
    for _ in 0..=MAX_CODED_FRAMES + 1 {
        match sent {
            Ok(()) | Err(Error::Again) => {}
            Err(error) => return Err(error),
        }
        match decoder.get_picture() {
            Ok(picture) => return Ok(Some(picture)),
            Err(Error::Again) => sent = decoder.send_pending_data(),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn cause(error: Error) -> String {
    match error {
        Error::InvalidArgument => "the stream is broken".to_owned(),
        Error::UnknownError(_) => "the stream is larger than announced, or not understood".to_owned(),
        error => error.to_string().to_lowercase(),
    }
}

fn frame(picture: &rav1d::Picture, stream: &[u8], format: ImageFormat) -> Result<Frame, CodecError> {
    let (subsampling, planes) = match picture.pixel_layout() {
        PixelLayout::I400 => (Subsampling::Gray, 1),
        PixelLayout::I420 => (Subsampling::Both, 3),
        PixelLayout::I422 => (Subsampling::Horizontal, 3),
        PixelLayout::I444 => (Subsampling::None, 3),
    };
    let depth = picture.bit_depth();
    let Some(depth) = u8::try_from(depth).ok().filter(|depth| matches!(depth, 8 | 10 | 12)) else {
        return Err(CodecError::damaged(format, format_args!("AV1: {depth} bits a sample")));
    };
    let components = [PlanarImageComponent::Y, PlanarImageComponent::U, PlanarImageComponent::V];
    let planes = components[..planes].iter().map(|component| {
        let stride = picture.stride(*component) as usize;
        (picture.plane(*component), stride)
    });
    let unspecified = Nclx { primaries: 2, transfer: 2, matrix: 2, range: Range::Full };
    Ok(Frame {
        size: Size::new(picture.width(), picture.height()),
        depth,
        subsampling,
        color: sequence_header::color(stream).unwrap_or(unspecified),
        samples: Box::new(Planes { planes: planes.collect(), depth }),
    })
}

/// Planes as the decoder has them, each with the bytes from row to row.
struct Planes {
    planes: Vec<(Plane, usize)>,
    depth: u8,
}

impl Samples for Planes {
    fn read_row(&self, plane: usize, y: u32, row: &mut [u16]) {
        let (plane, stride) = &self.planes[plane];
        let start = y as usize * stride;
        if self.depth == 8 {
            for (sample, byte) in row.iter_mut().zip(&plane[start..]) {
                *sample = u16::from(*byte);
            }
        } else {
            for (sample, bytes) in row.iter_mut().zip(plane[start..].as_chunks::<2>().0) {
                *sample = u16::from_ne_bytes(*bytes);
            }
        }
    }
}
