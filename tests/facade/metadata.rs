//! What results carry besides pixels, read by exiftool.

use std::{fs, process::Command};

use serde_json::{Map, Value};
use tintype_pixels::{Layout, Size};
use tintype_testkit::{engine, files, icc, pictures};

use super::{decoded, rendered};

/// What exiftool reads of a file, by group and name, numbers as numbers.
pub(super) fn read(file: &[u8]) -> Map<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture");
    fs::write(&path, file).unwrap();
    let mut command = Command::new("exiftool");
    let output = command.args(["-j", "-n", "-G1", "-a", "-u"]).arg(&path).output();
    let output = output.unwrap_or_else(|error| panic!("exiftool: {error}; install libimage-exiftool-perl"));
    let mut all: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
    all.remove(0)
}

fn has(tags: &Map<String, Value>, name: &str) -> bool {
    tags.keys().any(|key| key.ends_with(&format!(":{name}")))
}

const XMP: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:Container="http://ns.google.com/photos/1.0/container/"
 xmlns:Item="http://ns.google.com/photos/1.0/container/item/"
 tiff:Orientation="6" hdrgm:Version="1.0"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Harbor</rdf:li></rdf:Alt></dc:title>
<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Length="99"/>
</rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>"#;

/// An EXIF block with an orientation, a maker, an artist, a copyright, a size, a position and a thumbnail.
fn exif() -> Vec<u8> {
    // Entries of the first directory, EXIF's own, GPS's, and the thumbnail's: tag, type, count, value or text.
    type Entry = (u16, u16, u32, Vec<u8>);
    let short = |tag, v: u16| -> Entry { (tag, 3, 1, [&v.to_be_bytes()[..], &[0, 0]].concat()) };
    let long = |tag, v: u32| -> Entry { (tag, 4, 1, v.to_be_bytes().to_vec()) };
    let text = |tag, v: &str| -> Entry { (tag, 2, v.len() as u32 + 1, [v.as_bytes(), b"\0"].concat()) };
    let latitude: Vec<u8> = [54u32, 1, 18, 1, 0, 1].iter().flat_map(|v| v.to_be_bytes()).collect();
    let thumbnail = [b"\xff\xd8".as_slice(), b"thumb", b"\xff\xd9"].concat();
    let directories = |own: u32, gps: u32, data: u32| -> [Vec<Entry>; 4] {
        [
            vec![
                short(0x0100, 4000),
                text(0x010f, "Cameras Inc"),
                short(0x0112, 6),
                text(0x013b, "Anna Person"),
                text(0x8298, "(c) 2026 Anna"),
                long(0x8769, own),
                long(0x8825, gps),
            ],
            vec![short(0xa001, 1), long(0xa002, 4000), long(0xa003, 3000), text(0xa434, "A 50 mm lens")],
            vec![(1, 2, 2, b"N\0\0\0".to_vec()), (2, 5, 3, latitude.clone())],
            vec![short(0x0103, 6), long(0x0201, data), long(0x0202, thumbnail.len() as u32)],
        ]
    };
    let length = |entries: &[Entry]| -> usize {
        let beside: usize = entries.iter().filter(|e| e.3.len() > 4).map(|e| e.3.len().next_multiple_of(2)).sum();
        6 + 12 * entries.len() + beside
    };
    let lengths = directories(0, 0, 0).map(|entries| length(&entries));
    let start = |index: usize| (8 + lengths[..index].iter().sum::<usize>()) as u32;
    let mut out = b"MM\0\x2a\0\0\0\x08".to_vec();
    for (index, entries) in directories(start(1), start(2), start(4)).into_iter().enumerate() {
        let mut beside = start(index) + 6 + 12 * entries.len() as u32;
        let mut texts = Vec::new();
        out.extend((entries.len() as u16).to_be_bytes());
        for (tag, kind, count, value) in entries {
            out.extend(tag.to_be_bytes());
            out.extend(kind.to_be_bytes());
            out.extend(count.to_be_bytes());
            if value.len() > 4 {
                out.extend(beside.to_be_bytes());
                let before = texts.len();
                texts.extend(value);
                texts.resize(texts.len().next_multiple_of(2), 0);
                beside += (texts.len() - before) as u32;
            } else {
                out.extend(value);
            }
        }
        out.extend(if index == 0 { start(3) } else { 0 }.to_be_bytes());
        out.extend(texts);
    }
    out.extend(thumbnail);
    out
}

fn segment(marker: u8, parts: &[&[u8]]) -> Vec<u8> {
    let data = parts.concat();
    [&[0xff, marker][..], &(data.len() as u16 + 2).to_be_bytes(), &data].concat()
}

/// A photograph with everything: EXIF, XMP, MPF, gain map metadata, content credentials, and a second picture behind it.
fn laden() -> Vec<u8> {
    let planes = pictures::samples(Size::new(48, 32), Layout::RGB8);
    let jpeg = tintype_codecs::encode(&planes, &tintype_codecs::Encode::jpeg(80), &Default::default()).unwrap();
    let segments = [
        segment(0xe1, &[b"Exif\0\0", &exif()]),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP.as_bytes()]),
        segment(0xe2, &[b"urn:iso:std:iso:ts:21496:-1\0", &[0; 4]]),
        segment(0xe2, &[b"MPF\0", b"MM\0\x2a\0\0\0\x08\0\x01\xb0\x00\0\x07\0\0\0\x040100\0\0\0\0"]),
        segment(0xeb, &[b"JP\0\x01\0\0\0\x01\0\0\0\x20jumb\0\0\0\x18jumdc2pa"]),
    ];
    [&jpeg[..2], &segments.concat(), &jpeg[2..], &jpeg].concat()
}

#[test]
fn an_independent_reader_finds_what_was_asked_for_and_nothing_else() {
    let Some(engine) = engine() else { return };
    let source = laden();
    let tags = read(&source);
    for name in ["Make", "Artist", "Copyright", "GPSLatitude", "ThumbnailImage", "Title", "LensModel", "MPFVersion"] {
        assert!(has(&tags, name), "the source has {name}: {tags:?}");
    }
    let formats = ["jpeg", "png-force", "webp", "webp,quality=100", "avif"];
    for format in formats {
        // (what is asked for, notices, everything else that holds).
        for (metadata, notices, rest) in [("keep", true, true), ("copyright", true, false), ("none", false, false)] {
            let options = format!("width=24,format={format},metadata={metadata}");
            let out = rendered(engine, &source, &options).bytes;
            let tags = read(&out);
            for (name, expected) in [
                ("Copyright", notices),
                ("Artist", notices),
                ("Make", rest),
                ("LensModel", rest),
                ("GPSLatitude", rest),
                ("Title", rest),
                ("ThumbnailImage", false),
                ("ThumbnailOffset", false),
                ("ColorSpace", false),
                ("ExifImageWidth", false),
                ("ExifImageHeight", false),
                ("MPFVersion", false),
                ("Version", false),
                ("DirectoryItemSemantic", false),
                ("JUMDType", false),
                ("ProfileDescription", false),
            ] {
                assert_eq!(has(&tags, name), expected, "{options}: {name} in {tags:?}");
            }
            let turned = tags.iter().filter(|(key, _)| key.ends_with(":Orientation") && !key.starts_with("XMP"));
            assert!(turned.clone().all(|(_, value)| *value == 1), "{options}: {tags:?}");
            assert!(!tags.contains_key("XMP-tiff:Orientation"), "{options}");
            assert!(!has(&tags, "Warning") && !has(&tags, "Error"), "{options}: {tags:?}");
        }
    }
    // What holds where nothing is said: a notice in a JPEG, nothing in others.
    assert!(has(&read(&rendered(engine, &source, "width=24").bytes), "Copyright"));
    assert!(!has(&read(&rendered(engine, &source, "width=24,format=webp").bytes), "Copyright"));
}

/// Items, references and places of an AVIF are put in by hand: another program takes every combination apart.
#[test]
fn xmp_in_avif_is_found_beside_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.avif");
    let size = Size::new(40, 24);
    let p3 = tintype_codecs::Profile { icc: icc::display_p3(), coded: None };
    for layout in [Layout::RGB8, Layout::RGBA8] {
        let planes = pictures::samples(size, layout);
        for (has_exif, color) in [(false, None), (true, None), (false, Some(&p3)), (true, Some(&p3))] {
            let meta = tintype_codecs::Metadata {
                exif: has_exif.then(exif),
                xmp: Some(XMP.as_bytes().to_vec()),
                color: color.cloned(),
            };
            let about = format!("{layout}, exif {has_exif}, profile {}", color.is_some());
            let with = tintype_codecs::encode(&planes, &tintype_codecs::Encode::avif(70), &meta).unwrap();
            let tags = read(&with);
            assert!(has(&tags, "Title") && has(&tags, "Make") == has_exif, "{about}: {tags:?}");
            assert_eq!(has(&tags, "ProfileDescription"), color.is_some(), "{about}: {tags:?}");
            assert!(!has(&tags, "Warning") && !has(&tags, "Error"), "{about}: {tags:?}");
            fs::write(&path, &with).unwrap();
            let output = Command::new("avifdec").arg("--info").arg(&path).output().expect("libavif-bin is installed");
            let info = String::from_utf8_lossy(&output.stdout);
            let said = info.lines().find(|line| line.contains("XMP Metadata")).unwrap_or_default();
            assert!(output.status.success() && said.contains(&XMP.len().to_string()), "{about}: {info}");
            // The picture is the one that it is without.
            let without = tintype_codecs::Metadata { xmp: None, ..meta };
            let without = tintype_codecs::encode(&planes, &tintype_codecs::Encode::avif(70), &without).unwrap();
            let pixels = |file: &[u8]| {
                let info = tintype_codecs::probe(file, &Default::default()).unwrap();
                tintype_codecs::decode(file, &info, &Default::default()).unwrap()
            };
            assert_eq!(pixels(&with), pixels(&without), "{about}");
        }
    }
}

#[test]
fn a_gain_map_goes_without_a_trace() {
    let Some(engine) = engine() else { return };
    let source = laden();
    for options in ["", "width=24", "width=24,metadata=keep", "metadata=keep,quality=95", "color=keep,metadata=keep"] {
        let all = format!("format=jpeg{}{options}", if options.is_empty() { "" } else { "," });
        let out = rendered(engine, &source, &all).bytes;
        let find = |text: &[u8]| out.windows(text.len()).any(|window| window == text);
        for trace in ["MPF\0", "hdrgm", "hdr-gain-map", "GainMap", "urn:iso:std:iso:ts:21496", "Container:", "jumb"] {
            assert!(!find(trace.as_bytes()), "{all}: {trace}");
        }
        // One picture, and nothing behind it.
        let starts = out.windows(3).filter(|window| *window == [0xff, 0xd8, 0xff]).count();
        assert_eq!((starts, &out[out.len() - 2..]), (1, &[0xff, 0xd9][..]), "{all}");
        assert!(decoded(&out).width() > 0);
    }
}

#[test]
fn a_profile_is_told_to_others() {
    let Some(engine) = engine() else { return };
    let p3 = icc::display_p3();
    let adobe = icc::adobe_rgb();
    let planes = pictures::samples(Size::new(48, 32), Layout::RGB8);
    for format in ["jpeg", "png-force", "webp", "webp,quality=100"] {
        for (profile, expected) in [(&p3, "Display P3"), (&adobe, "Adobe RGB")] {
            let source = files::png_of(&planes, Some(profile), Some(&exif()));
            let out = rendered(engine, &source, &format!("width=24,format={format},color=keep,metadata=keep")).bytes;
            let tags = read(&out);
            let name = tags.get("ICC_Profile:ProfileDescription").and_then(Value::as_str).unwrap_or_default();
            assert!(name.contains(expected), "{format}: {name:?} in {tags:?}");
            assert!(has(&tags, "Make") && !has(&tags, "Warning"), "{format}: {tags:?}");
        }
    }
    let source = files::png_of(&planes, Some(&p3), None);
    let tags = read(&rendered(engine, &source, "width=24,format=avif,color=keep").bytes);
    assert_eq!(
        tags.get("QuickTime:ColorPrimaries").or(tags.get("Meta:ColorPrimaries")),
        Some(&Value::from(12)),
        "{tags:?}"
    );
}
