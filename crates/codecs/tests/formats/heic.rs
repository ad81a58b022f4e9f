//! HEIC as libheif's tools write and read it: made by `heif-enc`, read by `heif-convert`, both under other licences and
//! linked into nothing.

use std::{path::Path, process::Command};

use tintype_codecs::{CodecError, Encode, Limits, decode, probe};
use tintype_pixels::{Fault, ImageFormat, Layout, Size};

use crate::{
    avif::{Weight, difference},
    pictures::{file, picture},
};

/// Runs one of libheif's tools.
fn run(tool: &str, arguments: &[&str], paths: &[&Path]) {
    let output = Command::new(tool).args(arguments).args(paths).output().unwrap_or_else(|error| {
        panic!("{tool} cannot be run ({error}); install it: apt-get install libheif-examples");
    });
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn headers_are_read_and_pixels_are_read_or_refused() {
    let folder = std::env::temp_dir().join(format!("tintype-heic-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (layout, arguments) in [
        (Layout::RGB8, ["-q", "80"].as_slice()),
        (Layout::RGB8, &["-q", "80", "-p", "chroma=444"]),
        (Layout::RGBA8, &["-q", "80"]),
        (Layout::RGBA16, &["-q", "80", "-b", "10"]),
    ] {
        let planes = picture(90, 62, layout);
        let (source, heic, result) = (folder.join("source.png"), folder.join("a.heic"), folder.join("result.png"));
        std::fs::write(&source, file(&planes, Encode::png())).unwrap();
        run("heif-enc", &[arguments, &["-o", heic.to_str().unwrap()]].concat(), &[&source]);
        let bytes = std::fs::read(&heic).unwrap();
        let info = probe(&bytes, &Limits::default()).unwrap();
        assert_eq!((info.format, info.size, info.layout), (ImageFormat::Heic, Size::new(90, 62), layout));
        let ours = decode(&bytes, &info, &Limits::default());
        if !cfg!(feature = "heic") {
            let error = ours.unwrap_err();
            assert!(matches!(error, CodecError::Unsupported { .. }), "{error}");
            assert_eq!(error.fault(), Fault::Unsupported);
            continue;
        }
        run("heif-convert", &[], &[&heic, &result]);
        let theirs = crate::pictures::read(&std::fs::read(&result).unwrap()).unwrap().1;
        let (largest, mean) = difference(&ours.unwrap(), &theirs, Weight::One);
        println!("heic {arguments:?}: at most {largest}, on average {mean:.1} of 65535 from heif-convert");
        // libheif repeats samples of color instead of interpolating them.
        let allowed = if arguments.contains(&"chroma=444") { 257.0 } else { 257.0 * 6.0 };
        assert!(mean < allowed, "{arguments:?}: {mean}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
