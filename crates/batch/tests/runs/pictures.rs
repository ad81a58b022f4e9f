//! Many small pictures, each told from all others by its color, and what their results must be.

use std::{
    collections::BTreeSet,
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use image::{ImageFormat, Rgb, RgbImage};

/// What is asked for; a picture keeps its format.
pub(crate) const OPTIONS: &str = "width=20";

fn name(n: usize) -> String {
    format!("set-{}/p{n:04}.{}", n % 7, if n.is_multiple_of(3) { "png" } else { "jpg" })
}

fn size(n: usize) -> (u32, u32) {
    (40 + n as u32 % 37, 30 + n as u32 % 23)
}

fn color(n: usize) -> [u8; 3] {
    [(n % 16 * 16) as u8, (n / 16 % 16 * 16) as u8, (n / 256 * 40) as u8]
}

/// Writes `count` pictures below `folder`.
pub(crate) fn write(folder: &Path, count: usize) {
    for n in 0..count {
        let (width, height) = size(n);
        let picture = RgbImage::from_pixel(width, height, Rgb(color(n)));
        let path = folder.join(name(n));
        let format = ImageFormat::from_path(&path).unwrap();
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes.into_inner()).unwrap();
    }
}

/// Every file below `folder`, relative, but for the temporary ones of the test's own S3 server.
pub(crate) fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().unwrap().to_string_lossy().starts_with('.') {
                found.insert(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

/// The results of `count` pictures are all there, once, whole, each made of its own picture, and there is nothing else.
#[track_caller]
pub(crate) fn check(folder: &Path, count: usize) {
    let expected: BTreeSet<PathBuf> = (0..count).map(|n| name(n).into()).collect();
    let found = files(folder);
    let missing: Vec<_> = expected.difference(&found).collect();
    let unasked: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && unasked.is_empty(), "missing {missing:?}, unasked {unasked:?}");
    for n in 0..count {
        let path = folder.join(name(n));
        let bytes = fs::read(&path).unwrap();
        let format = image::guess_format(&bytes).unwrap();
        assert_eq!(format, ImageFormat::from_path(&path).unwrap(), "{}", path.display());
        let result = image::load_from_memory(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display())).to_rgb8();
        let (width, height) = size(n);
        let high = (f64::from(height) * 20.0 / f64::from(width)).round() as u32;
        assert_eq!(result.dimensions(), (20, high), "{}", path.display());
        let seen = result.get_pixel(10, high / 2).0;
        let far = seen.iter().zip(color(n)).any(|(seen, made)| seen.abs_diff(made) > 4);
        assert!(!far, "{}: {seen:?} is not {:?}", path.display(), color(n));
    }
}
