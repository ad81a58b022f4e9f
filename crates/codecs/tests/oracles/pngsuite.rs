//! PngSuite, all of it: what is sound decodes to what ImageMagick (libpng) says, what is broken is refused.

use std::{collections::BTreeMap, fs, path::Path};

use tintype_codecs::{Encode, Metadata};
use tintype_pixels::Depth;

use crate::tool;

/// Every picture of the suite by its name.
fn suite() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/pngsuite");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let pictures = files.filter(|path| path.extension().is_some_and(|end| end == "png"));
    pictures.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
fn every_picture_is_what_libpng_says_and_broken_ones_are_refused() {
    let (mut sound, mut refused) = (Vec::new(), 0);
    for (name, file) in suite() {
        if name.starts_with('x') {
            let result = tool::ours(&file);
            assert!(result.is_err(), "{name} is broken, and was read as {:?}", result.unwrap().0);
            refused += 1;
            continue;
        }
        let (info, planes) = tool::ours(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        // The last two characters of a name are the depth; a palette of 16-bit pictures there is none.
        let depth = if name.ends_with("16") { Depth::U16 } else { Depth::U8 };
        assert_eq!(info.layout.depth, depth, "{name}");
        sound.push((name, file, tool::rgba16(&planes)));
    }
    let wrong: Vec<_> =
        tool::imagemagick_all("png", &sound).into_iter().filter(|(_, difference)| *difference > 0).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let sound = sound.len();
    println!(
        "PngSuite: {sound} of 161 pictures are exactly what ImageMagick decodes, {refused} of 14 broken ones are refused"
    );
    assert_eq!((sound, refused), (161, 14));
}

#[test]
fn what_is_read_and_written_again_is_the_same() {
    for (name, file) in suite().into_iter().filter(|(name, _)| !name.starts_with('x')) {
        let (info, planes) = tool::ours(&file).unwrap();
        let again = tintype_codecs::encode(&planes, &Encode::png(), &Metadata::default()).unwrap();
        let (info_again, planes_again) = tool::ours(&again).unwrap();
        assert_eq!((info_again.layout, &planes_again), (info.layout, &planes), "{name}");
    }
}

#[test]
fn gamma_and_chromaticities_are_told() {
    let suite = suite();
    for (name, expected) in [
        ("g03n2c08", "gamma 2.86"),
        ("g04n2c08", "sRGB"), // 0.45
        ("g05n0g16", "gamma 1.82"),
        ("g10n3p04", "gamma 1.00"),
        ("g25n2c08", "gamma 0.40"),
        ("basn2c08", "gamma 1.00"),
        ("ccwn2c08", "gamma 1.00"), // and chromaticities that are nearly sRGB's
        ("z00n2c08", "sRGB"),
    ] {
        let (info, _) = tool::ours(&suite[name]).unwrap();
        assert_eq!(&*info.color.name, expected, "{name}");
    }
}
