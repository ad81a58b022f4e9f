//! Moving pictures made by code, with every disposal and blending, and none by our own writers.

use std::{borrow::Borrow, collections::HashMap, time::Duration};

use tintype::codecs::{Encode, Metadata, Plays, encode};
use tintype_pixels::{Layout, Planes, Rect, Size};
use tintype_testkit::{files, pictures};

/// Seeds that are worth a file of each format.
pub(super) const CASES: u32 = 12;

/// Frames of such a file.
pub(super) const FRAMES: usize = 9;

const CANVAS: Size = Size::new(37, 23);

/// A picture among several, of at most 200 colors and with a transparent corner.
#[derive(Clone)]
pub(super) struct Still {
    pub(super) size: Size,
    pub(super) pixels: Vec<[u8; 4]>,
    pub(super) delay: Duration,
}

impl Still {
    /// Pictures in which a square moves.
    pub(super) fn some(count: u32, size: Size) -> Vec<Self> {
        (0..count).map(|index| Self::number(index, size)).collect()
    }

    /// One of them.
    pub(super) fn number(index: u32, size: Size) -> Self {
        let (left, top) = (3 * index % size.width, 2 * index % size.height);
        let pixel = |x: u32, y: u32| {
            let is_inside = x.wrapping_sub(left) < size.width / 4 && y.wrapping_sub(top) < size.height / 4;
            match is_inside {
                true => [250, 200 - (x % 8) as u8, (y % 4) as u8 * 60, 255],
                false if x + y < size.width / 5 => [0; 4],
                false => [(x * 12 / size.width * 20) as u8, (y * 12 / size.height * 20) as u8, 90, 255],
            }
        };
        let pixels = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))).map(|(x, y)| pixel(x, y));
        Self { size, pixels: pixels.collect(), delay: Duration::from_millis(100) }
    }

    pub(super) fn png(&self) -> Vec<u8> {
        files::png(self.size, |x, y| self.pixels[(y * self.size.width + x) as usize])
    }
}

/// A GIF of whole pictures, each disposed of to nothing.
pub(super) fn gif_of<S: Borrow<Still>>(stills: impl IntoIterator<Item = S>, plays: Plays) -> Vec<u8> {
    let mut stills = stills.into_iter().peekable();
    let Size { width, height } = stills.peek().unwrap().borrow().size;
    let (width, height) = (width as u16, height as u16);
    let mut encoder = gif::Encoder::new(Vec::new(), width, height, &[]).unwrap();
    match plays {
        Plays::Forever => encoder.set_repeat(gif::Repeat::Infinite).unwrap(),
        Plays::Times(1) => {}
        Plays::Times(times) => encoder.set_repeat(gif::Repeat::Finite(times as u16 - 1)).unwrap(),
    }
    for still in stills {
        let still = still.borrow();
        // Number 0 is transparent.
        let mut palette = vec![[0; 3]];
        let mut numbers = HashMap::from([([0; 4], 0)]);
        let mut number = |[r, g, b, a]: [u8; 4]| {
            *numbers.entry([r, g, b, a]).or_insert_with(|| {
                palette.push([r, g, b]);
                (palette.len() - 1) as u8
            })
        };
        let indices: Vec<u8> = still.pixels.iter().map(|pixel| number(*pixel)).collect();
        assert!(palette.len() <= 256);
        let frame = gif::Frame {
            width,
            height,
            delay: (still.delay.as_millis() / 10) as u16,
            dispose: gif::DisposalMethod::Background,
            transparent: Some(0),
            palette: Some(palette.into_flattened()),
            buffer: indices.into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

/// Numbers that look random, of a seed.
fn numbers(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut at = 0;
    move |below| {
        at += 1;
        (pictures::hash(seed * 7919 + at, at) >> 8) % below
    }
}

/// A rectangle on the canvas with a corner at multiples of `step`.
fn rect(number: &mut impl FnMut(u32) -> u32, step: u32) -> Rect {
    let (x, y) = (number(CANVAS.width / step) * step, number(CANVAS.height / step) * step);
    Rect::new(x, y, Size::new(1 + number(CANVAS.width - x), 1 + number(CANVAS.height - y)))
}

/// A GIF whose frames are parts with holes, disposed of in each way.
pub(super) fn gif(seed: u32) -> Vec<u8> {
    let mut number = numbers(seed);
    let palette: Vec<u8> = (0..=255u32).flat_map(|i| [i * 37, i * 91 + 40, 255 - i].map(|v| v as u8)).collect();
    let mut encoder =
        gif::Encoder::new(Vec::new(), CANVAS.width as u16, CANVAS.height as u16, &palette[..64 * 3]).unwrap();
    encoder.set_repeat(gif::Repeat::Finite(seed as u16 + 1)).unwrap();
    for index in 0..FRAMES {
        let rect = if index == 0 && seed.is_multiple_of(2) { Rect::whole(CANVAS) } else { rect(&mut number, 1) };
        let holes = number(3) > 0;
        let own = number(2) == 0;
        let colors = if own { 200 } else { 64 };
        let pixel = |_| if holes && number(3) == 0 { 5 } else { (6 + number(colors - 6)) as u8 };
        let buffer: Vec<u8> = (0..rect.size.area()).map(pixel).collect();
        let frame = gif::Frame {
            left: rect.x as u16,
            top: rect.y as u16,
            width: rect.size.width as u16,
            height: rect.size.height as u16,
            delay: number(30) as u16,
            transparent: holes.then_some(5),
            palette: own.then(|| palette[..200 * 3].to_vec()),
            buffer: buffer.into(),
            dispose: [
                gif::DisposalMethod::Any,
                gif::DisposalMethod::Keep,
                gif::DisposalMethod::Background,
                gif::DisposalMethod::Previous,
            ][number(4) as usize],
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    encoder.into_inner().unwrap()
}

/// Pixels of every opacity.
fn rgba(number: &mut impl FnMut(u32) -> u32, size: Size) -> Vec<u8> {
    let mut pixel = || {
        let alpha = [0, 255, 255, number(256)][number(4) as usize];
        [number(256), number(256), number(256), alpha].map(|v| v as u8)
    };
    (0..size.area()).flat_map(|_| pixel()).collect()
}

/// A WebP whose frames are lossless parts, blended and disposed of in each way.
pub(super) fn webp(seed: u32) -> Vec<u8> {
    let mut number = numbers(seed);
    let mut body = b"WEBP".to_vec();
    let three = |v: u32| v.to_le_bytes()[..3].to_vec();
    chunk(&mut body, b"VP8X", &[vec![0x12, 0, 0, 0], three(CANVAS.width - 1), three(CANVAS.height - 1)].concat());
    chunk(&mut body, b"ANIM", &[[9, 8, 7, 255, seed as u8, 0].as_slice()].concat());
    for _ in 0..FRAMES {
        let rect = rect(&mut number, 2);
        let mut samples = rgba(&mut number, rect.size);
        let flags = number(4) as u8;
        // What takes the place of others is opaque, which is the same for who lays it over them.
        if flags & 2 != 0 {
            samples.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        }
        let planes = Planes::new(rect.size, Layout::RGBA8, samples).unwrap();
        let still = encode(&planes, &Encode::WebpLossless, &Metadata::default()).unwrap();
        let place =
            [rect.x / 2, rect.y / 2, rect.size.width - 1, rect.size.height - 1, number(300)].map(three).concat();
        chunk(&mut body, b"ANMF", &[place, vec![flags], still[12..].to_vec()].concat());
    }
    let mut file = Vec::new();
    chunk(&mut file, b"RIFF", &body);
    file
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend(kind);
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(2), 0);
}

/// An APNG whose frames are parts, blended and disposed of in each way; every third has a default image that is no frame.
pub(super) fn apng(seed: u32) -> Vec<u8> {
    let mut number = numbers(seed);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, CANVAS.width, CANVAS.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(FRAMES as u32, seed).unwrap();
    let is_apart = seed.is_multiple_of(3);
    encoder.set_sep_def_img(is_apart).unwrap();
    let mut writer = encoder.write_header().unwrap();
    if is_apart {
        writer.write_image_data(&vec![77; CANVAS.area() as usize * 4]).unwrap();
    }
    for index in 0..FRAMES {
        let part = if index == 0 { Rect::whole(CANVAS) } else { rect(&mut number, 1) };
        writer.reset_frame_position().unwrap();
        writer.set_frame_dimension(part.size.width, part.size.height).unwrap();
        writer.set_frame_position(part.x, part.y).unwrap();
        writer.set_frame_delay(number(20) as u16, 50).unwrap();
        writer.set_blend_op([png::BlendOp::Source, png::BlendOp::Over][number(2) as usize]).unwrap();
        // The `image` crate goes back to before what was cleared, so no file has both.
        let other = if seed.is_multiple_of(2) { png::DisposeOp::Background } else { png::DisposeOp::Previous };
        writer.set_dispose_op([png::DisposeOp::None, other][number(2) as usize]).unwrap();
        writer.write_image_data(&rgba(&mut number, part.size)).unwrap();
    }
    writer.finish().unwrap();
    out
}
