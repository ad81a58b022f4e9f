//! BMP and TIFF of the kinds that ImageMagick writes, as it reads them again.

use tintype_codecs::{CodecError, Encode, Limits, Metadata};
use tintype_pixels::{Layout, Planes, Size};

use crate::tool::{self, Alpha};

fn written(alpha: Alpha, arguments: &[&str], format: &str) -> Vec<u8> {
    let size = Size::new(61, 44);
    let planes = Planes::new(size, Layout::RGBA8, tool::picture(size, alpha)).unwrap();
    let png = tintype_codecs::encode(&planes, &Encode::png(), &Metadata::default()).unwrap();
    tool::piped("convert", &[&["png:-"], arguments, &[format]].concat(), &png)
}

#[test]
fn bitmaps_are_read_as_imagemagick_reads_them() {
    let kinds: [(&[&str], &str); 9] = [
        (&["-type", "TrueColor"], "bmp3:-"),
        (&["-type", "TrueColor"], "bmp2:-"),
        (&["-colors", "2", "-type", "Palette"], "bmp3:-"),
        (&["-colors", "16", "-type", "Palette"], "bmp3:-"),
        (&["-colors", "200", "-type", "Palette"], "bmp3:-"),
        (&["-colors", "200", "-type", "Palette", "-compress", "RLE"], "bmp3:-"),
        (&["-type", "Grayscale"], "bmp3:-"),
        (&["-define", "bmp:subtype=RGB565"], "bmp:-"),
        (&["-define", "bmp:subtype=RGB555"], "bmp:-"),
    ];
    for (arguments, format) in kinds {
        compared("bmp", &written(Alpha::None, arguments, format), 0, &format!("{arguments:?}"));
    }
    compared("bmp", &written(Alpha::Soft, &[], "bmp:-"), 0, "alpha");
    println!("{0} of {0} kinds of BMP as ImageMagick reads them", kinds.len() + 1);
}

#[test]
fn tiffs_are_read_as_imagemagick_reads_them() {
    let mut count = 0;
    for compression in ["None", "LZW", "Zip", "RLE"] {
        for kind in ["TrueColor", "Grayscale", "TrueColorAlpha"] {
            for (depth, order) in [("8", "LSB"), ("16", "MSB")] {
                let arguments = ["-type", kind, "-depth", depth, "-endian", order, "-compress", compression];
                let alpha = if kind.ends_with("Alpha") { Alpha::Soft } else { Alpha::None };
                compared("tiff", &written(alpha, &arguments, "tiff:-"), 0, &format!("{arguments:?}"));
                count += 1;
            }
        }
    }
    let others: [(&[&str], u16); 5] = [
        (&["-type", "TrueColor", "-compress", "JPEG", "-quality", "95"], 3),
        (&["-type", "Bilevel", "-compress", "Group4"], 0),
        (&["-type", "TrueColor", "-define", "tiff:tile-geometry=16x16"], 0),
        (&["-type", "TrueColor", "-define", "tiff:rows-per-strip=5"], 0),
        (&["-type", "TrueColor", "-interlace", "plane"], 0),
    ];
    for (arguments, tolerance) in others {
        compared("tiff", &written(Alpha::None, arguments, "tiff:-"), tolerance, &format!("{arguments:?}"));
        count += 1;
    }
    println!("{count} of {count} kinds of TIFF as ImageMagick reads them");
}

fn compared(format: &str, file: &[u8], tolerance: u16, what: &str) {
    let (_, planes) = tool::ours(file).unwrap_or_else(|error| panic!("{format} {what}: {error}"));
    let difference = tool::largest_difference(&tool::rgba16(&planes), &tool::imagemagick(format, file)) / 257;
    assert!(difference <= tolerance, "{format} {what}: {difference} of 255");
}

#[test]
fn without_leave_they_are_not_read() {
    for format in ["bmp", "tiff"] {
        let file = written(Alpha::None, &[], &format!("{format}:-"));
        let error = tintype_codecs::probe(&file, &Limits::default()).unwrap_err();
        assert_eq!(error, CodecError::Unsupported { format, what: "input" });
    }
}
