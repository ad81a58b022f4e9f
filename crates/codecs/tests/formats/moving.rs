//! Animations as frames: how they are read, and what is refused. Putting frames together is tested with the engine.

use std::time::Duration;

use tintype_codecs::{
    AnimationReader, AnimationWriter, Blend, Bound, CodecError, Disposal, Encode, Frame, Limits, Metadata, Plays, probe,
};
use tintype_pixels::{Layout, Planes, Rect, Size};

use crate::{
    animations::animated_webp,
    pictures::{gif, gif_frame, picture, riff_chunk, webp_of},
};

fn frames_within(bytes: &[u8], limits: &Limits) -> Result<(Plays, Vec<Frame>), CodecError> {
    let info = probe(bytes, limits)?;
    let mut reader = AnimationReader::new(bytes, &info, limits)?;
    let frames = std::iter::from_fn(|| reader.next_frame().transpose()).collect::<Result<_, _>>()?;
    Ok((reader.plays(), frames))
}

fn frames(bytes: &[u8]) -> Result<(Plays, Vec<Frame>), CodecError> {
    frames_within(bytes, &Limits::default())
}

#[test]
fn a_webp_gives_its_parts() {
    let (plays, frames) = frames(&animated_webp()).unwrap();
    assert_eq!((plays, frames.len()), (Plays::Forever, 2));
    assert_eq!(frames[0].rect, Rect::new(2, 2, Size::new(4, 4)));
    assert_eq!(frames[0].samples, picture(4, 4, Layout::RGBA8).bytes());
    assert_eq!(
        (frames[0].delay, frames[0].blend, frames[0].disposal),
        (Duration::from_millis(100), Blend::Source, Disposal::Keep)
    );
}

#[test]
fn a_still_picture_is_one_frame() {
    for encode in [Encode::WebpLossless, Encode::png(), Encode::Gif] {
        let planes = picture(5, 3, Layout::RGB8);
        let file = tintype_codecs::encode(&planes, &encode, &Metadata::default()).unwrap();
        let (plays, frames) = frames(&file).unwrap();
        assert_eq!((plays, frames.len()), (Plays::Times(1), 1), "{encode}");
        assert_eq!(frames[0].rect, Rect::whole(Size::new(5, 3)), "{encode}");
        let opaque: Vec<u8> =
            planes.bytes().as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
        assert_eq!(frames[0].samples, opaque, "{encode}");
    }
    let jpeg = tintype_codecs::encode(&picture(5, 3, Layout::RGB8), &Encode::jpeg(80), &Metadata::default()).unwrap();
    let error = frames(&jpeg).unwrap_err();
    assert!(error.to_string().starts_with("jpeg animation is not read"), "{error}");
}

/// A part of an interlaced APNG is deinterlaced by itself.
#[test]
fn an_interlaced_apng_of_parts() {
    let parts = [Rect::whole(Size::new(9, 7)), Rect::new(2, 3, Size::new(5, 3))];
    let pixels = |rect: Rect| (0..rect.size.area() as usize * 4).map(|i| (i * 7) as u8).collect::<Vec<u8>>();
    let file = interlaced_apng(&parts.map(|rect| (rect, pixels(rect))));
    let (_, frames) = frames(&file).unwrap();
    for (frame, rect) in frames.iter().zip(parts) {
        assert_eq!(frame.rect, rect);
        assert!(frame.samples == pixels(rect), "{rect:?}");
    }
    assert_eq!(frames.len(), 2);
}

/// Written chunk by chunk, since the encoder interlaces nothing: RGBA8, filter 0, stored deflate blocks.
fn interlaced_apng(frames: &[(Rect, Vec<u8>)]) -> Vec<u8> {
    const PASSES: [(usize, usize, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        file.extend((data.len() as u32).to_be_bytes());
        let body = [kind.as_slice(), data].concat();
        file.extend(&body);
        file.extend(crc32(&body).to_be_bytes());
    };
    let Size { width, height } = frames[0].0.size;
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 1]].concat());
    chunk(b"acTL", &[(frames.len() as u32).to_be_bytes(), [0; 4]].concat());
    let mut sequence = 0u32;
    for (index, (rect, pixels)) in frames.iter().enumerate() {
        let numbers = [sequence, rect.size.width, rect.size.height, rect.x, rect.y].map(u32::to_be_bytes);
        chunk(b"fcTL", &[numbers.as_flattened(), &[0, 1, 0, 10, 0, 0]].concat());
        sequence += 1;
        let (width, height) = (rect.size.width as usize, rect.size.height as usize);
        let mut rows = Vec::new();
        for (left, top, across, down) in PASSES {
            for y in (top..height).step_by(down).filter(|_| left < width) {
                rows.push(0);
                rows.extend((left..width).step_by(across).flat_map(|x| &pixels[(y * width + x) * 4..][..4]));
            }
        }
        let length = rows.len() as u16;
        let mut data = vec![0x78, 0x01, 1];
        data.extend(length.to_le_bytes());
        data.extend((!length).to_le_bytes());
        data.extend(&rows);
        data.extend(adler32(&rows).to_be_bytes());
        if index == 0 {
            chunk(b"IDAT", &data);
        } else {
            chunk(b"fdAT", &[sequence.to_be_bytes().as_slice(), &data].concat());
            sequence += 1;
        }
    }
    chunk(b"IEND", &[]);
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

#[test]
fn what_frames_cost_is_counted_as_they_come() {
    let bytes = gif(&vec![gif_frame(4, 4); 10], 4, 4);
    assert_eq!(frames(&bytes).unwrap().1.len(), 10);
    let limits = Limits { animation_area_px: 159, ..Limits::default() };
    let error = frames_within(&bytes, &limits).unwrap_err();
    assert_eq!(error, CodecError::TooLarge { what: Bound::AnimationAreaPx, value: 160, limit: 159 });
    // A frame costs as much as the canvas at least, and as itself where that is more.
    let small = gif(&vec![gif_frame(1, 1); 10], 4, 4);
    assert_eq!(frames_within(&small, &limits).unwrap_err(), error);
    let large = gif(&vec![gif_frame(4, 4); 10], 1, 1);
    assert_eq!(frames_within(&large, &limits).unwrap_err(), error);
}

#[test]
fn frames_of_another_size_than_they_say_are_refused() {
    let vp8l = |width, height| {
        let still = picture(width, height, Layout::RGBA8);
        tintype_codecs::encode(&still, &Encode::WebpLossless, &Metadata::default()).unwrap()[12..].to_vec()
    };
    let file = |place: [u8; 6], side: [u8; 2], picture: Vec<u8>| {
        let [x, y] = [place[0], place[3]].map(|at| [at, 0, 0]);
        let [width, height] = side.map(|side| [side - 1, 0, 0]);
        let about = [x, y, width, height, [100, 0, 0]].concat();
        let frame = riff_chunk(b"ANMF", &[about, vec![2], picture].concat());
        let canvas = riff_chunk(b"VP8X", &[0x12, 0, 0, 0, 7, 0, 0, 7, 0, 0]);
        webp_of(&[canvas, riff_chunk(b"ANIM", &[0; 6]), frame.clone(), frame])
    };
    assert_eq!(frames(&file([0; 6], [4, 4], vp8l(4, 4))).unwrap().1.len(), 2);
    for (file, expected) in [
        (file([0; 6], [4, 4], vp8l(5, 4)), "damaged webp: a picture of 5x4 in a frame of 4x4"),
        (file([3, 0, 0, 0, 0, 0], [4, 4], vp8l(4, 4)), "damaged webp: a frame of 4x4 at 6,0 on a canvas of 8x8"),
        (file([0; 6], [4, 4], riff_chunk(b"ICCP", &[1, 2])), "damaged webp: a frame without a picture"),
    ] {
        match frames(&file) {
            Err(error) => assert_eq!(error.to_string(), expected),
            Ok(_) => panic!("{expected}"),
        }
    }
}

#[test]
fn writers_take_what_they_say() {
    let size = Size::new(4, 4);
    let meta = Metadata::default();
    assert!(AnimationWriter::new(size, &Encode::jpeg(80), Plays::Forever, &meta).is_err());
    assert!(AnimationWriter::new(Size::new(0, 4), &Encode::Gif, Plays::Forever, &meta).is_err());
    assert!(AnimationWriter::new(Size::new(70_000, 4), &Encode::Gif, Plays::Forever, &meta).is_err());
    for encode in [Encode::Gif, Encode::WebpLossless] {
        let writer = || AnimationWriter::new(size, &encode, Plays::Forever, &meta).unwrap();
        assert!(writer().finish().is_err(), "{encode}");
        assert!(writer().frame(&picture(4, 4, Layout::RGB8), Duration::ZERO).is_err(), "{encode}");
        assert!(writer().frame(&picture(5, 4, Layout::RGBA8), Duration::ZERO).is_err(), "{encode}");
    }
}

/// What vanishes makes the frame before it be disposed of, and only what changes is written.
#[test]
fn a_gif_holds_what_changes() {
    let size = Size::new(6, 4);
    let (red, blue, none) = ([255, 0, 0, 255], [0, 0, 255, 255], [0; 4]);
    let picture = |pixel: &dyn Fn(usize, usize) -> [u8; 4]| {
        let pixels = (0..4).flat_map(|y| (0..6).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        Planes::new(size, Layout::RGBA8, pixels).unwrap()
    };
    let mut writer = AnimationWriter::new(size, &Encode::Gif, Plays::Times(1), &Metadata::default()).unwrap();
    let pictures = [
        picture(&|_, _| red),
        picture(&|x, y| if (x, y) == (4, 2) { blue } else { red }),
        picture(&|x, _| if x == 0 { none } else { red }),
        picture(&|x, _| if x == 0 { none } else { red }),
    ];
    for picture in &pictures {
        writer.frame(picture, Duration::from_millis(50)).unwrap();
    }
    let (_, frames) = frames(&writer.finish().unwrap()).unwrap();
    let seen: Vec<_> = frames.iter().map(|frame| (frame.rect, frame.disposal)).collect();
    assert_eq!(seen[0], (Rect::whole(size), Disposal::Keep));
    // Grown from a pixel to what has to vanish after it.
    assert_eq!(seen[1], (Rect::new(0, 0, Size::new(5, 4)), Disposal::Clear));
    assert_eq!(seen[2], (Rect::new(1, 0, Size::new(4, 4)), Disposal::Keep));
    assert_eq!(seen[3], (Rect::new(0, 0, Size::new(1, 1)), Disposal::Keep));
}
