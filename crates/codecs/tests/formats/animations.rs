//! Of an animation the first frame is read, placed on its canvas, and the frames are counted.

use tintype_codecs::{Bound, CodecError, Encode, Limits};
use tintype_pixels::{Layout, Planes, Size};

use crate::pictures::{file, gif, gif_frame, picture, read, read_within, riff_chunk, webp_of};

/// Two frames of 4x4 at (2, 2) on a transparent canvas of 8x8.
pub(crate) fn animated_webp() -> Vec<u8> {
    let vp8l = file(&picture(4, 4, Layout::RGBA8), Encode::WebpLossless)[12..].to_vec();
    // Position halved, sides less one, 100 ms; the flag says not to blend.
    let about = [[1, 0, 0], [1, 0, 0], [3, 0, 0], [3, 0, 0], [100, 0, 0]].concat();
    let frame = riff_chunk(b"ANMF", &[about, vec![2], vp8l].concat());
    let canvas = riff_chunk(b"VP8X", &[0x12, 0, 0, 0, 7, 0, 0, 7, 0, 0]);
    webp_of(&[canvas, riff_chunk(b"ANIM", &[0; 6]), frame.clone(), frame])
}

/// The pixel at (x, y) of an RGBA picture.
fn pixel(planes: &Planes, x: usize, y: usize) -> [u8; 4] {
    assert_eq!(planes.layout(), Layout::RGBA8);
    planes.bytes().as_chunks::<4>().0[y * planes.size().width as usize + x]
}

#[test]
fn the_first_frame_of_a_webp_lies_on_a_transparent_canvas() {
    let (info, planes) = read(&animated_webp()).unwrap();
    assert_eq!((info.frames, info.size, info.alpha), (2, Size::new(8, 8), true));
    assert_eq!(pixel(&planes, 0, 0), [0; 4]);
    assert_eq!(pixel(&planes, 7, 3), [0; 4]);
    let frame = picture(4, 4, Layout::RGBA8);
    assert_eq!(pixel(&planes, 5, 5), frame.bytes()[60..]);
}

#[test]
fn the_first_frame_of_a_gif_lies_on_a_transparent_canvas() {
    let first = gif::Frame { left: 2, top: 1, ..gif_frame(3, 2) };
    let (info, planes) = read(&gif(&[first, gif_frame(6, 4)], 6, 4)).unwrap();
    assert_eq!((info.frames, info.size, info.layout), (2, Size::new(6, 4), Layout::RGBA8));
    assert_eq!(pixel(&planes, 1, 1), [0; 4]);
    assert_eq!(pixel(&planes, 2, 1), [255, 0, 0, 255]);
    assert_eq!(pixel(&planes, 4, 2), [255, 0, 0, 255]);
    assert_eq!(pixel(&planes, 3, 3), [0; 4]);
}

#[test]
fn the_transparent_color_of_a_gif_is_transparent() {
    let frame = gif::Frame { transparent: Some(1), ..gif_frame(3, 1) };
    let (info, planes) = read(&gif(&[frame], 3, 1)).unwrap();
    assert!(info.alpha);
    assert_eq!([0, 1, 2].map(|x| pixel(&planes, x, 0)), [[255, 0, 0, 255], [0; 4], [0, 0, 255, 255]]);
}

#[test]
fn a_gif_frame_past_the_edges_of_its_canvas_is_cropped() {
    let frame = gif::Frame { left: 1, top: 1, ..gif_frame(10, 10) };
    let (_, planes) = read(&gif(&[frame], 3, 3)).unwrap();
    assert_eq!(planes.size(), Size::new(3, 3));
    assert_eq!(pixel(&planes, 2, 2), [0, 0, 255, 255]);
    assert_eq!(pixel(&planes, 0, 2), [0; 4]);
    let outside = gif::Frame { left: 50, top: 50, ..gif_frame(2, 2) };
    let (_, planes) = read(&gif(&[outside], 3, 3)).unwrap();
    assert!(planes.bytes().iter().all(|b| *b == 0));
}

#[test]
fn frames_are_counted_and_limited() {
    let frames: Vec<_> = (0..12).map(|_| gif_frame(2, 2)).collect();
    let bytes = gif(&frames, 2, 2);
    assert_eq!(read(&bytes).unwrap().0.frames, 12);
    let limits = Limits { frames: 5, ..Limits::default() };
    let error = read_within(&bytes, &limits).unwrap_err();
    assert_eq!(error, CodecError::TooLarge { what: Bound::Frames, value: 6, limit: 5 });
}

#[test]
fn the_default_image_of_an_apng_is_read() {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 2, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[1, 2, 3, 4, 5, 6]).unwrap();
    writer.write_image_data(&[9; 6]).unwrap();
    writer.finish().unwrap();
    let (info, planes) = read(&out).unwrap();
    assert_eq!((info.frames, planes.bytes()), (2, [1, 2, 3, 4, 5, 6].as_slice()));
}
