//! What is answered: formats, qualities, media types, metadata, descriptions.

use tintype::{Accepts, Request};
use tintype_pixels::Size;
use tintype_testkit::{engine, files};

use super::{assert_near, decoded, map, pixels, rendered, request};

const ASTRONAUT: &[u8] = include_bytes!("../pictures/astronaut.jpg");
const HORSE: &[u8] = include_bytes!("../pictures/horse.png");

fn magic(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => "image/avif",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'{', ..] => "application/json",
        _ => "unknown",
    }
}

#[test]
fn formats_are_what_they_say() {
    let Some(engine) = engine() else { return };
    let none = Accepts::default();
    let webp = Accepts { webp: true, avif: false };
    let table = [
        (ASTRONAUT, "", none, "image/jpeg"),
        (HORSE, "", none, "image/png"),
        (HORSE, "background=white", none, "image/jpeg"),
        (ASTRONAUT, "format=png", none, "image/png"),
        (ASTRONAUT, "format=webp", none, "image/webp"),
        (HORSE, "format=webp,quality=100", none, "image/webp"),
        (ASTRONAUT, "format=avif", none, "image/avif"),
        (HORSE, "format=avif", none, "image/avif"),
        (HORSE, "format=jpeg", none, "image/jpeg"),
        (HORSE, "format=baseline-jpeg", none, "image/jpeg"),
        (ASTRONAUT, "format=auto", none, "image/jpeg"),
        (ASTRONAUT, "format=auto", webp, "image/webp"),
        (ASTRONAUT, "format=auto", Accepts::ALL, "image/avif"),
        (ASTRONAUT, "format=gif", none, "image/gif"),
        (HORSE, "format=gif", Accepts::ALL, "image/gif"),
        (ASTRONAUT, "format=json", none, "application/json"),
        (ASTRONAUT, "compression=fast,format=avif", none, "image/jpeg"),
    ];
    for (source, options, accepts, expected) in table {
        let all = format!("w=64{}{options}", if options.is_empty() { "" } else { "," });
        let out = engine.transform(source, &Request { accepts, ..request(&all) }).unwrap();
        assert_eq!((out.content_type, magic(&out.bytes)), (expected, expected), "{all} {accepts:?}");
        assert_eq!(out.size.width, 64, "{all}");
    }
}

#[test]
fn every_format_shows_the_same_picture() {
    let Some(engine) = engine() else { return };
    let source = map(Size::new(256, 128));
    let expected = pixels(engine, &source, "w=128");
    for (options, codes) in [
        ("w=128,format=webp,quality=100", 0),
        ("w=128,format=webp,quality=90", 8),
        ("w=128,format=jpeg,quality=95", 8),
        ("w=128,format=jpeg", 10),
    ] {
        let out = rendered(engine, &source, options);
        assert_near(&decoded(&out.bytes).into_rgba8(), &expected, codes, options);
    }
}

#[test]
fn transparency_survives_where_the_format_has_it() {
    let Some(engine) = engine() else { return };
    let source = files::png(Size::new(64, 64), |x, y| [220, 20, 60, (x * 4).min(255 - y * 2) as u8]);
    let expected = pixels(engine, &source, "");
    for options in ["format=webp,quality=100", "format=webp,quality=90", "format=png-force"] {
        let image = decoded(&rendered(engine, &source, options).bytes).into_rgba8();
        for (x, y, pixel) in image.enumerate_pixels() {
            let wanted = expected.get_pixel(x, y).0;
            assert!(pixel.0[3].abs_diff(wanted[3]) <= 4, "{options} at {x},{y}: {:?} for {wanted:?}", pixel.0);
        }
    }
}

#[test]
fn quality_decides_size() {
    let Some(engine) = engine() else { return };
    for format in ["jpeg", "webp", "avif"] {
        let bytes = |quality: &str| {
            rendered(engine, ASTRONAUT, &format!("w=200,format={format},quality={quality}")).bytes.len()
        };
        let sizes = [bytes("20"), bytes("low"), bytes("60"), bytes("85"), bytes("95")];
        assert!(sizes.is_sorted_by(|a, b| a < b), "{format}: {sizes:?}");
        assert!(sizes[0] * 2 < sizes[3], "{format}: {sizes:?}");
    }
    let same = |a: &str, b: &str| rendered(engine, ASTRONAUT, a).bytes == rendered(engine, ASTRONAUT, b).bytes;
    assert!(same("w=100", "w=100,quality=85"), "85 is the default");
    assert!(same("w=100,quality=high", "w=100,quality=90"));
}

#[test]
fn copyright_is_what_remains() {
    let Some(engine) = engine() else { return };
    // One directory: orientation 6, copyright, and a camera's name that is nobody's business.
    let mut block = b"MM\0\x2a\0\0\0\x08\0\x03".to_vec();
    block.extend(b"\x01\x10\0\x02\0\0\0\x07\0\0\0\x32");
    block.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
    block.extend(b"\x82\x98\0\x02\0\0\0\x0e\0\0\0\x39");
    block.extend(b"\0\0\0\0Camera\0(c) 2026 Anna\0");
    let source = files::jpeg_with_exif(ASTRONAUT, &block);
    let has = |options: &str, text: &str| {
        let out = rendered(engine, &source, options);
        out.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let table = [
        ("w=64", true, false),
        ("w=64,metadata=copyright", true, false),
        ("w=64,metadata=keep", true, true),
        ("w=64,metadata=none", false, false),
        // Cloudflare's keep none in any case; here they do where it is asked for.
        ("w=64,format=png-force", false, false),
        ("w=64,format=webp", false, false),
        ("w=64,metadata=copyright,format=png-force", true, false),
        ("w=64,metadata=keep,format=png-force", true, true),
        ("w=64,metadata=keep,format=webp", true, true),
        ("w=64,metadata=keep,format=webp,quality=100", true, true),
        ("w=64,metadata=keep,format=gif", false, false),
    ];
    for (options, copyright, camera) in table {
        assert_eq!((has(options, "2026 Anna"), has(options, "Camera")), (copyright, camera), "{options}");
    }
}

#[test]
fn odd_requests_are_warned_about() {
    let Some(engine) = engine() else { return };
    let texts = |options: &str| -> Vec<String> {
        rendered(engine, ASTRONAUT, options).warnings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(texts("w=100,fit=cover"), ["cover fit mode needs both width and height"]);
    assert_eq!(texts("w=1700,fit=contain,format=avif"), ["image too large for AVIF"]);
    assert!(texts("w=100").is_empty());
}
