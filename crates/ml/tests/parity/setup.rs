//! Pictures and references, and what other binaries of the tests need as well.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tintype_pixels::{Layout, Planes, Size};

pub(crate) use crate::machine::{Gpu, gpu, image, view, weights};

/// A file that `models/reference.py` wrote.
pub(crate) fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}

/// The samples of an 8-bit PNG file without alpha, one or three a pixel.
pub(crate) fn png(path: &Path) -> Planes {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("the file is a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("the picture is small")];
    let info = reader.next_frame(&mut bytes).expect("the PNG is whole");
    let layout = match info.color_type {
        png::ColorType::Rgb => Layout::RGB8,
        png::ColorType::Grayscale => Layout::GRAY8,
        other => panic!("{}: {other:?}", path.display()),
    };
    Planes::new(Size::new(info.width, info.height), layout, bytes).expect("one or three bytes a pixel")
}

/// The portrait that the references were computed from.
pub(crate) fn photograph() -> Planes {
    png(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/astronaut-256.png"))
}

/// A picture of `size` whose pixels `color` gives, by column and row.
pub(crate) fn picture(size: Size, color: impl Fn(usize, usize) -> [u8; 3]) -> Planes {
    let pixels = (0..size.height as usize).flat_map(|y| (0..size.width as usize).map(move |x| (x, y)));
    let bytes = pixels.flat_map(|(x, y)| color(x, y)).collect();
    Planes::new(size, Layout::RGB8, bytes).expect("three bytes a pixel")
}

/// Smooth ramps, edges and texture from integers alone; `pattern` of the script.
pub(crate) fn pattern(size: Size) -> Planes {
    picture(size, |x, y| [0, 1, 2].map(|c| (((3 * x + 5 * y + 70 * c) ^ ((x * y) >> 4)) & 255) as u8))
}

/// The pixel of an RGB picture.
pub(crate) fn pixel(picture: &Planes, x: usize, y: usize) -> [u8; 3] {
    let at = y * picture.row_bytes() + 3 * x;
    [picture.bytes()[at], picture.bytes()[at + 1], picture.bytes()[at + 2]]
}
