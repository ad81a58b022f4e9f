//! Gain maps of JPEGs (`hdr=keep`): what exiftool finds of them in results, and whether they still fit their picture.
//!
//! Files are put together by code of the tests, taken apart by exiftool, decoded by djpeg, and what becomes of a map is what the
//! `image` crate makes of it.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};

use image::{DynamicImage, GrayImage, RgbImage, imageops::FilterType};
use tintype_pixels::Size;
use tintype_testkit::{FakeVision, engine, files};

use super::{metadata::read, rendered};

/// Values that are no defaults: of two stops and a half, with exponent and offsets.
const HDRGM: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 dc:source="private" hdrgm:Version="1.0" hdrgm:GainMapMin="-0.5" hdrgm:GainMapMax="2.5" hdrgm:Gamma="1.25"
 hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.03125" hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2.5"
 hdrgm:BaseRenditionIsHDR="False"/></rdf:RDF></x:xmpmeta>"#;

const APPLE: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:apdi="http://ns.apple.com/pixeldatainfo/1.0/" xmlns:HDRGainMap="http://ns.apple.com/HDRGainMap/1.0/"
 apdi:AuxiliaryImageType="urn:com:apple:photo:2020:aux:hdrgainmap" HDRGainMap:HDRGainMapVersion="131072"
 HDRGainMap:HDRGainMapHeadroom="3.5"/></rdf:RDF></x:xmpmeta>"#;

/// Stands for ISO 21496-1's numbers of one channel, which nobody on the way looks into.
const ISO: [u8; 61] = [0x5a; 61];

fn jpeg(image: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 98);
    image.write_with_encoder(encoder).unwrap();
    file
}

/// Smooth, and different in each direction.
fn base(size: Size) -> DynamicImage {
    RgbImage::from_fn(size.width, size.height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(size.width), f64::from(y) / f64::from(size.height));
        image::Rgb([60.0 + 150.0 * u, 80.0 + 120.0 * v, 90.0 + 60.0 * (u * 5.0).sin().abs()].map(|v| v as u8))
    })
    .into()
}

/// The same, of gains.
fn gains(size: Size) -> GrayImage {
    GrayImage::from_fn(size.width, size.height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(size.width), f64::from(y) / f64::from(size.height));
        image::Luma([(30.0 + 120.0 * u + 60.0 * v + 30.0 * (u * 9.0 + v * 4.0).sin()).clamp(0.0, 255.0) as u8])
    })
}

/// A picture with a map, in the two spellings that cameras write beside each other.
pub(crate) fn photo(size: Size, map: Size) -> Vec<u8> {
    files::with_gain_map(&jpeg(&base(size)), &jpeg(&gains(map).into()), Some(HDRGM), Some(&ISO))
}

const SIZE: Size = Size::new(400, 304);
const MAP: Size = Size::new(100, 76);

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let output = thread::scope(|scope| {
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}

/// What djpeg decodes, which it writes as a PGM or PPM of 8 bits.
fn djpeg(file: &[u8]) -> DynamicImage {
    let pnm = run("djpeg", &["-pnm"], file);
    let mut words = pnm.splitn(5, |byte| byte.is_ascii_whitespace());
    let mut word = || String::from_utf8(words.next().unwrap().to_vec()).unwrap();
    let (kind, width, height, most) = (word(), word(), word(), word());
    assert_eq!(most, "255");
    let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
    let samples = words.next().unwrap().to_vec();
    match kind.as_str() {
        "P5" => GrayImage::from_raw(width, height, samples).unwrap().into(),
        _ => RgbImage::from_raw(width, height, samples).unwrap().into(),
    }
}

/// The second picture of a file, as exiftool takes it out.
fn second(file: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    fs::write(&path, file).unwrap();
    run("exiftool", &["-b", "-MPImage2", path.to_str().unwrap()], &[])
}

fn says(file: &[u8], text: &[u8]) -> bool {
    file.windows(text.len()).any(|window| window == text)
}

/// The map of a file, after everything was found to be where the file says that it is.
fn map_of(file: &[u8], about: &str) -> Vec<u8> {
    let tags = read(file);
    let number = |name: &str| {
        tags.get(name).and_then(|value| value.as_u64()).unwrap_or_else(|| panic!("{about}: {name} in {tags:?}"))
    };
    assert_eq!(number("MPF0:NumberOfImages"), 2, "{about}");
    let (start, length) = (number("MPImage2:MPImageStart") as usize, number("MPImage2:MPImageLength") as usize);
    assert_eq!((number("MPImage1:MPImageStart"), number("MPImage1:MPImageLength")), (0, start as u64), "{about}");
    assert_eq!(start + length, file.len(), "{about}: nothing between the pictures, nothing behind them");
    assert!(file[..start].ends_with(&[0xff, 0xd9]) && file[start..].starts_with(&[0xff, 0xd8, 0xff]), "{about}");
    let map = second(file);
    assert_eq!(map, &file[start..], "{about}");
    // It does not know ISO 21496-1.
    let is_known = |(key, value): (&String, &serde_json::Value)| {
        !key.ends_with(":Error") && (!key.ends_with(":Warning") || value == "[minor] Unknown APP2 segment")
    };
    assert!(tags.iter().all(is_known), "{about}: {tags:?}");
    map
}

/// What a picture's XMP says in a namespace, by exiftool.
fn told(file: &[u8], group: &str) -> Vec<(String, String)> {
    let tags = read(file).into_iter().filter(|(key, _)| key.starts_with(group));
    tags.map(|(key, value)| (key, value.to_string())).collect()
}

fn assert_alike(ours: &DynamicImage, expected: &DynamicImage, about: &str) {
    assert_eq!((ours.width(), ours.height()), (expected.width(), expected.height()), "{about}");
    assert_eq!(ours.color(), expected.color(), "{about}");
    let each = ours.as_bytes().iter().zip(expected.as_bytes()).map(|(a, b)| f64::from(a.abs_diff(*b)));
    let (sum, worst) = each.fold((0.0, 0.0_f64), |(sum, worst), off| (sum + off, worst.max(off)));
    let mean = sum / ours.as_bytes().len() as f64;
    println!("{about}: {}x{}, {mean:.2} codes in the mean, {worst} at most", ours.width(), ours.height());
    assert!(mean <= 1.0 && worst <= 8.0, "{about}: {mean:.2} codes in the mean, {worst} at most");
}

#[test]
fn a_map_goes_where_its_picture_goes() {
    let Some(engine) = engine() else { return };
    let stored = gains(MAP);
    let resized = |map: &DynamicImage, width, height| map.resize_exact(width, height, FilterType::Lanczos3);
    type Way = fn(&DynamicImage) -> DynamicImage;
    // What is cropped lies on whole pixels of the map, which is what the image crate can crop; sizes are a quarter of the picture's.
    let table: [(&str, Way, (u32, u32)); 12] = [
        ("quality=95", |map| map.clone(), (100, 76)),
        ("width=200,quality=95", |map| map.clone(), (50, 38)),
        ("width=100,sharpen=1,quality=95", |map| map.clone(), (25, 19)),
        ("width=800,fit=contain,quality=95", |map| map.clone(), (200, 152)),
        ("rotate=90,quality=95", DynamicImage::rotate90, (76, 100)),
        ("flip=h,width=200,quality=95", DynamicImage::fliph, (50, 38)),
        ("flip=v,rotate=270,quality=95", |map| map.flipv().rotate270(), (76, 100)),
        ("trim=40;80;24;20,quality=95", |map| map.crop_imm(5, 10, 75, 60), (75, 60)),
        ("trim=40;80;24;20,width=150,quality=95", |map| map.crop_imm(5, 10, 75, 60), (38, 30)),
        ("width=152,height=152,fit=cover,gravity=left,quality=95", |map| map.crop_imm(0, 0, 76, 76), (38, 38)),
        ("width=152,height=152,fit=cover,gravity=right,quality=95", |map| map.crop_imm(24, 0, 76, 76), (38, 38)),
        ("width=300,height=100,fit=squeeze,quality=95", |map| map.clone(), (75, 25)),
    ];
    let source = photo(SIZE, MAP);
    // What is decoded, not what was encoded: the loss is not ours.
    let decoded = djpeg(&second(&source));
    assert_eq!((decoded.width(), stored.height()), (100, 76));
    for (options, way, (width, height)) in table {
        let out = rendered(engine, &source, &format!("format=jpeg,hdr=keep,{options}"));
        assert_eq!(out.warnings, [], "{options}");
        assert!(out.plan.contains("gain map"), "{options}: {}", out.plan);
        let map = map_of(&out.bytes, options);
        assert_alike(&djpeg(&map), &resized(&way(&decoded), width, height), options);
        // Values as they were, and a length that holds.
        assert_eq!(told(&map, "XMP-hdrgm:"), told(&second(&source), "XMP-hdrgm:"), "{options}");
        assert!(told(&map, "XMP-hdrgm:").len() >= 9 && says(&map, &ISO), "{options}");
        assert!(!says(&out.bytes, b"private") && !says(&out.bytes, b"Harbor"), "{options}: metadata was not asked for");
        let directory = told(&out.bytes, "XMP-Container:DirectoryItemLength");
        assert_eq!(directory, [("XMP-Container:DirectoryItemLength".to_owned(), map.len().to_string())], "{options}");
        assert!(says(&out.bytes[..out.bytes.len() - map.len()], b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"), "{options}");
        // Other programs see the picture that they would see without the map.
        let plain = rendered(engine, &source, &format!("format=jpeg,{options}")).bytes;
        assert_eq!(djpeg(&out.bytes), djpeg(&plain), "{options}");
    }
}

#[test]
fn a_map_lies_as_its_picture_does() {
    let Some(engine) = engine() else { return };
    let (picture, map) = (jpeg(&base(SIZE)), jpeg(&gains(MAP).into()));
    let decoded = djpeg(&map);
    for orientation in 1..=8 {
        let source = files::with_gain_map(&picture, &map, Some(HDRGM), None);
        let source = files::jpeg_with_exif(&source, &files::exif(orientation));
        let out = rendered(engine, &source, "width=152,height=200,fit=squeeze,quality=95,hdr=keep,format=jpeg");
        let upright = match orientation {
            2 => decoded.fliph(),
            3 => decoded.rotate180(),
            4 => decoded.flipv(),
            5 => decoded.rotate90().fliph(),
            6 => decoded.rotate90(),
            7 => decoded.rotate270().fliph(),
            8 => decoded.rotate270(),
            _ => decoded.clone(),
        };
        let about = format!("orientation {orientation}");
        assert_alike(&djpeg(&map_of(&out.bytes, &about)), &upright.resize_exact(38, 50, FilterType::Lanczos3), &about);
    }
}

/// What a pixel is on a screen that shows everything, in linear light, 1 for SDR's white, with the offset that gains are defined
/// with (ISO 21496-1, by the numbers of [`HDRGM`]).
fn hdr(sdr: f64, gain: f64) -> f64 {
    let linear = if sdr <= 0.040_45 { sdr / 12.92 } else { ((sdr + 0.055) / 1.055).powf(2.4) };
    let stops = -0.5 + 3.0 * gain.powf(1.0 / 1.25);
    (linear + 0.015_625) * stops.exp2()
}

/// Between four pixels of a map.
fn sampled(map: &GrayImage, x: f64, y: f64) -> f64 {
    let clamp = |v: f64, side: u32| v.clamp(0.0, f64::from(side - 1));
    let (x, y) = (clamp(x - 0.5, map.width()), clamp(y - 0.5, map.height()));
    let at = |dx: u32, dy: u32| {
        let (x, y) = ((x as u32 + dx).min(map.width() - 1), (y as u32 + dy).min(map.height() - 1));
        f64::from(map.get_pixel(x, y).0[0]) / 255.0
    };
    let (u, v) = (x.fract(), y.fract());
    (at(0, 0) * (1.0 - u) + at(1, 0) * u) * (1.0 - v) + (at(0, 1) * (1.0 - u) + at(1, 1) * u) * v
}

/// Light of a whole file, pixel by pixel.
fn light(file: &[u8]) -> (u32, u32, Vec<[f64; 3]>) {
    let (picture, map) = (djpeg(file).into_rgb8(), djpeg(&second(file)).into_luma8());
    let (width, height) = picture.dimensions();
    let scale = |at: u32, side: u32, of: u32| (f64::from(at) + 0.5) * f64::from(of) / f64::from(side);
    let pixels = picture.enumerate_pixels().map(|(x, y, pixel)| {
        let gain = sampled(&map, scale(x, width, map.width()), scale(y, height, map.height()));
        pixel.0.map(|code| hdr(f64::from(code) / 255.0, gain))
    });
    (width, height, pixels.collect())
}

#[test]
fn hdr_looks_as_it_did() {
    let Some(engine) = engine() else { return };
    let source = photo(SIZE, MAP);
    let (width, _, before) = light(&source);
    for (options, divisor) in [("width=400", 1), ("width=200", 2), ("width=100", 4)] {
        let out = rendered(engine, &source, &format!("{options},format=jpeg,quality=100,hdr=keep")).bytes;
        let (out_width, out_height, after) = light(&out);
        let (mut worst, mut sum, mut n_seen) = (0.0_f64, 0.0, 0);
        // At the edges the filter has nothing on one side.
        for (x, y) in (4..out_height - 4).flat_map(|y| (4..out_width - 4).map(move |x| (x, y))) {
            for channel in 0..3 {
                let block = (0..divisor * divisor).map(|at| {
                    let (x, y) = (x * divisor + at % divisor, y * divisor + at / divisor);
                    before[(y * width + x) as usize][channel]
                });
                let expected = block.sum::<f64>() / f64::from(divisor * divisor);
                let stops = (after[(y * out_width + x) as usize][channel] / expected).log2().abs();
                worst = worst.max(stops);
                sum += stops;
                n_seen += 1;
            }
        }
        let figures =
            format!("{options}: {n_seen} values, {:.4} stops in the mean, {worst:.3} at most", sum / f64::from(n_seen));
        println!("{figures}");
        assert!(worst <= 0.15 && sum / f64::from(n_seen) <= 0.02, "{figures}");
        // Without the map the same picture is darker by far more than that.
        assert!(after.iter().flatten().copied().fold(0.0, f64::max) > 1.5, "{options}");
    }
}

#[test]
fn what_a_map_cannot_follow_drops_it() {
    let Some(engine) = engine() else { return };
    let source = photo(SIZE, MAP);
    for (options, why) in [
        ("hdr=keep,format=webp", "the result is no JPEG"),
        ("hdr=keep,format=png-force", "the result is no JPEG"),
        ("hdr=keep,format=auto", "the result is no JPEG"),
        ("hdr=keep,format=jpeg,blur=2", "blur"),
        ("hdr=keep,format=jpeg,brightness=1.1", "brightness"),
        ("hdr=keep,format=jpeg,contrast=0.9", "contrast"),
        ("hdr=keep,format=jpeg,saturation=0", "saturation"),
        ("hdr=keep,format=jpeg,gamma=1.2", "gamma"),
        ("hdr=keep,format=jpeg,border=red;3", "border"),
        ("hdr=keep,format=jpeg,width=100,height=100,fit=pad", "fit=pad"),
    ] {
        let out = rendered(engine, &source, options);
        let warnings: Vec<String> = out.warnings.iter().map(ToString::to_string).collect();
        let is_told =
            matches!(warnings.as_slice(), [only] if only.starts_with("gain map dropped, ") && only.contains(why));
        assert!(is_told, "{options}: {warnings:?}");
        assert!(!says(&out.bytes, b"MPF\0") && !says(&out.bytes, b"hdrgm"), "{options}");
    }
    // Nothing to say where nothing was asked for, or nothing is there to be kept.
    for options in ["format=jpeg", "format=jpeg,hdr=drop", "format=webp", "format=jpeg,blur=2", "format=json,hdr=keep"]
    {
        let out = rendered(engine, &source, options);
        assert_eq!(out.warnings, [], "{options}");
        assert!(!says(&out.bytes, b"MPF\0") && !says(&out.bytes, b"hdrgm"), "{options}");
    }
    for options in ["format=jpeg,blur=0,brightness=1,hdr=keep", "format=jpeg,width=800,height=608,fit=pad,hdr=keep"] {
        assert_eq!(rendered(engine, &source, options).warnings, [], "{options}: changes nothing, adds nothing");
    }
    let plain = rendered(engine, &jpeg(&base(SIZE)), "format=jpeg,blur=2,hdr=keep");
    assert_eq!(plain.warnings, []);
    let drawn = engine.input(source).draw(engine.input(jpeg(&base(MAP))), tintype::Placement::default());
    let drawn = drawn.transform("hdr=keep".parse().unwrap()).output(tintype::Output::jpeg()).run().unwrap();
    assert!(!says(&drawn.bytes, b"MPF\0") && drawn.warnings.len() == 1, "{:?}", drawn.warnings);
}

#[test]
fn a_foreground_alone_drops_the_map() {
    if engine().is_none() {
        return;
    }
    let fake = FakeVision { foreground: Some([0.0, 0.0, 0.5, 1.0]), matte_view: (64, 64), ..FakeVision::default() };
    let engine = tintype::Tintype::builder().vision(Arc::new(fake)).build().unwrap();
    let out = rendered(&engine, &photo(SIZE, MAP), "segment=foreground,background=white,format=jpeg,hdr=keep");
    let warnings: Vec<String> = out.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["gain map dropped, segment leaves a part of the picture"]);
    assert!(!says(&out.bytes, b"MPF\0"));
}

/// Gains are logarithms of light: their average is the gain of both together.
#[test]
fn gains_are_averaged_as_they_are_stored() {
    let Some(engine) = engine() else { return };
    let columns = GrayImage::from_fn(MAP.width, MAP.height, |x, _| image::Luma([if x % 2 == 0 { 20 } else { 220 }]));
    let source = files::with_gain_map(&jpeg(&base(SIZE)), &jpeg(&columns.into()), Some(HDRGM), None);
    let out = rendered(engine, &source, "width=200,format=jpeg,quality=95,hdr=keep").bytes;
    let made = djpeg(&map_of(&out, "columns")).into_luma8();
    let (width, height) = made.dimensions();
    // Averaged as light it would be 161.
    let middle = made.get_pixel(width / 2, height / 2).0[0];
    assert!(middle.abs_diff(120) <= 3, "{middle}");
}

#[test]
fn a_map_that_is_damaged_costs_the_map_alone() {
    let Some(engine) = engine() else { return };
    let mut source = photo(SIZE, MAP);
    let start = source.len() - second(&source).len();
    let middle = start + (source.len() - start) / 2;
    source.truncate(middle);
    let out = rendered(engine, &source, "width=200,format=jpeg,hdr=keep");
    let warnings: Vec<String> = out.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["gain map dropped, it cannot be read"]);
    assert!(!says(&out.bytes, b"MPF\0") && djpeg(&out.bytes).width() == 200);
}

#[test]
fn each_spelling_is_kept_by_itself() {
    let Some(engine) = engine() else { return };
    let picture = jpeg(&base(SIZE));
    let color =
        RgbImage::from_fn(MAP.width, MAP.height, |x, y| image::Rgb([x as u8 * 2, y as u8 * 3, 255 - x as u8 * 2]));
    for (name, map, xmp, iso) in [
        ("Ultra HDR", gains(MAP).into(), Some(HDRGM), None),
        ("ISO 21496-1", gains(MAP).into(), None, Some(ISO.as_slice())),
        ("Apple", gains(MAP).into(), Some(APPLE), None),
        ("three channels", DynamicImage::from(color), Some(HDRGM), Some(&ISO)),
    ] {
        let file = jpeg(&map);
        let source = files::with_gain_map(&picture, &file, xmp, iso);
        let out = rendered(engine, &source, "width=200,format=jpeg,quality=95,hdr=keep,metadata=keep").bytes;
        let made = map_of(&out, name);
        assert_alike(&djpeg(&made), &djpeg(&file).resize_exact(50, 38, FilterType::Lanczos3), name);
        for group in ["XMP-hdrgm:", "XMP-apdi:", "XMP-HDRGainMap:"] {
            assert_eq!(told(&made, group), told(&second(&source), group), "{name}: {group}");
        }
        assert_eq!((says(&made, b"urn:iso"), says(&out, b"Harbor")), (iso.is_some(), xmp == Some(HDRGM)), "{name}");
        assert_eq!(says(&out, b"Container:Directory"), xmp == Some(HDRGM), "{name}");
    }
    // Without an index, the directory tells where Ultra HDR's map is; there is one of each in what is written.
    let mut source = photo(SIZE, MAP);
    let index = source.windows(4).position(|bytes| bytes == b"MPF\0").unwrap();
    source[index] = b'N';
    let out = rendered(engine, &source, "width=200,format=jpeg,quality=95,hdr=keep").bytes;
    let made = map_of(&out, "no index");
    assert_alike(&djpeg(&made), &DynamicImage::from(gains(MAP)).resize_exact(50, 38, FilterType::Lanczos3), "no index");
    assert!(says(&out, b"Container:Directory"));
    // Without the headroom, which old files have in the maker's notes, Apple's map tells nothing.
    let old = APPLE.replace("HDRGainMap:HDRGainMapHeadroom=\"3.5\"", "");
    let source = files::with_gain_map(&picture, &jpeg(&gains(MAP).into()), Some(&old), None);
    assert!(!says(&rendered(engine, &source, "format=jpeg,hdr=keep").bytes, b"MPF\0"));
}

#[test]
fn a_map_comes_with_the_colors_it_is_for() {
    let Some(engine) = engine() else { return };
    let profile = tintype_testkit::icc::display_p3();
    let length = u16::try_from(profile.len() + 16).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe2], length.as_slice(), b"ICC_PROFILE\0\x01\x01", &profile];
    let picture = jpeg(&base(SIZE));
    let picture = [&picture[..2], &segment.concat(), &picture[2..]].concat();
    let source = files::with_gain_map(&picture, &jpeg(&gains(MAP).into()), Some(HDRGM), None);
    let name = |options: &str| {
        let out = rendered(engine, &source, options);
        let name = read(&out.bytes).get("ICC_Profile:ProfileDescription").map(ToString::to_string).unwrap_or_default();
        (name, says(&out.bytes, b"MPF\0"), out.warnings.len())
    };
    let p3 = "\"Display P3\"".to_owned();
    assert_eq!(name("format=jpeg,hdr=keep"), (p3.clone(), true, 0));
    assert_eq!(name("format=jpeg,hdr=keep,color=keep"), (p3, true, 0));
    assert_eq!(name("format=jpeg,hdr=keep,color=srgb"), (String::new(), false, 1));
    assert_eq!(name("format=jpeg,hdr=keep,blur=2"), (String::new(), false, 1));
    assert_eq!(name("format=png-force,hdr=keep"), (String::new(), false, 1));
    assert_eq!(name("format=jpeg"), (String::new(), false, 0));
}
