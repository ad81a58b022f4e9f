//! Sources made to hurt, over HTTP: each is answered in time, none takes the server or its memory with it.
//!
//! The whole set runs in a process of its own, so that what other tests need is not counted; see
//! [`hostile_sources_hurt_nobody`].

use std::{
    env,
    io::Cursor,
    process::Command,
    time::{Duration, Instant},
};

use image::{DynamicImage, ImageFormat, RgbImage};
use tintype_pixels::Size;
use tintype_testkit::{files, pictures::hash};

use crate::{
    facade::{decoded, map},
    http::{Answer, Server},
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much the process may grow, in kB.
const GROWTH_KB: u64 = 400_000;

/// Set in the process that does the work.
const INSIDE: &str = "TINTYPE_TEST_HOSTILE";

#[test]
fn hostile_sources_hurt_nobody() {
    if env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(all());
        return;
    }
    let this = env::current_exe().unwrap();
    let arguments = ["--exact", "hostile::hostile_sources_hurt_nobody", "--nocapture"];
    let output = Command::new(this).args(arguments).env(INSIDE, "1").output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    println!("{text}");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "the test ran:\n{text}");
}

/// Depth and color type of a PNG's header.
const GRAY8: [u8; 2] = [8, 0];
const RGB8: [u8; 2] = [8, 2];
const RGBA16: [u8; 2] = [16, 6];

/// What may come of a source.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// This status and the API's number.
    Refused(u16, u16),
    /// A picture.
    Shown,
    /// A picture, or a refusal that is the source's fault.
    Either,
}

async fn all() {
    let mut sources = made();
    sources.extend(damaged());
    sources.push(("good.png".to_owned(), map(Size::new(90, 60)), Fate::Shown));
    let files: Vec<(&str, Vec<u8>)> = sources.iter().map(|(name, bytes, _)| (name.as_str(), bytes.clone())).collect();
    let Some(server) = Server::with(&files, |_config| {}) else { return };
    drop(files);

    // Warm, so that what the engine keeps is not counted as growth.
    assert_eq!(server.image("width=30/good.png").await.status, 200);
    let before_kb = peak_kb();
    let mut slowest = (Duration::ZERO, String::new());
    for (name, _, fate) in &sources {
        let started = Instant::now();
        let answer = server.image(&format!("width=30,format=png-force/{name}")).await;
        let took = started.elapsed();
        assert!(took < PATIENCE, "{name} took {took:?}");
        assert_fate(name, &answer, *fate);
        if took > slowest.0 {
            slowest = (took, name.clone());
        }
        if !name.starts_with("damaged") || name.ends_with("0") {
            let good = server.image("width=30,format=png-force/good.png").await;
            assert_eq!((good.status.as_u16(), decoded(&good.body).height()), (200, 20), "after {name}");
        }
    }
    if let (Some(before), Some(after)) = (before_kb, peak_kb()) {
        println!("{} sources, slowest {slowest:?}; peak memory {before} kB before, {after} kB after", sources.len());
        assert!(after - before < GROWTH_KB, "grew from {before} kB to {after} kB");
    }
}

fn assert_fate(name: &str, answer: &Answer, fate: Fate) {
    let status = answer.status.as_u16();
    let what = if status == 200 { String::new() } else { answer.text() };
    match fate {
        Fate::Shown => assert_eq!(status, 200, "{name}: {what}"),
        Fate::Refused(expected, code) => {
            assert_eq!(status, expected, "{name}: {what}");
            assert!(what.starts_with(&format!("ERROR {code}: ")), "{name}: {what}");
        }
        Fate::Either => assert!(status == 200 || (400..500).contains(&status), "{name}: {status} {what}"),
    }
    if status == 200 {
        assert!(decoded(&answer.body).width() <= 30, "{name}");
    }
}

/// The most memory this process had so far, where the system says.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok())
}

type Source = (String, Vec<u8>, Fate);

fn made() -> Vec<Source> {
    let unsupported = Fate::Refused(415, 9412);
    let not_read = Fate::Refused(415, 9520);
    let too_large = Fate::Refused(403, 9413);
    let broken = Fate::Refused(422, 9516);
    let picture = map(Size::new(300, 200));
    let jpeg = encoded(ImageFormat::Jpeg);
    let mut sources: Vec<(&str, Vec<u8>, Fate)> = vec![
        (
            "huge-header.png",
            chunks(20_000, 20_000, RGB8, &[(b"IDAT", b"\x78\x01\x03\0\0\0\0\x01".to_vec())]),
            too_large,
        ),
        ("huge-side.png", chunks(70_000, 1, RGB8, &[(b"IDAT", b"\x78\x01\x03\0\0\0\0\x01".to_vec())]), too_large),
        // 10 MB that inflate to 1.6 GB: in a picture of 64x64 the rest is never looked at, in one that claims it all, the claim is.
        ("bomb-small.png", chunks(64, 64, RGB8, &[(b"IDAT", bomb(10_000_000))]), Fate::Either),
        ("bomb-claimed.png", chunks(40_000, 40_000, GRAY8, &[(b"IDAT", bomb(10_000_000))]), too_large),
        ("bomb-deep.png", chunks(10_000, 10_000, RGBA16, &[(b"IDAT", bomb(10_000_000))]), too_large),
        (
            "bomb-profile.png",
            with_chunk(&picture, b"iCCP", &[b"x\0\0".as_slice(), &bomb(10_000_000)].concat()),
            Fate::Either,
        ),
        (
            "bomb-text.png",
            with_chunk(&picture, b"zTXt", &[b"x\0\0".as_slice(), &bomb(10_000_000)].concat()),
            Fate::Shown,
        ),
        ("missing-pixels.png", chunks(9_000, 9_000, RGB8, &[(b"IDAT", b"\x78\x01\x03\0\0\0\0\x01".to_vec())]), broken),
        ("cut.png", picture[..picture.len() / 2].to_vec(), broken),
        ("cut.jpg", jpeg[..jpeg.len() / 2].to_vec(), broken),
        ("signature.png", picture[..8].to_vec(), broken),
        ("signature.jpg", jpeg[..3].to_vec(), broken),
        ("named-wrongly.jpg", picture.clone(), Fate::Shown),
        (
            "texts.png",
            with_chunk(&picture, b"iTXt", &[b"x\0\x01\0\0\0".as_slice(), &bomb(10_000_000)].concat()),
            Fate::Shown,
        ),
        ("bitmap.bmp", encoded(ImageFormat::Bmp), not_read),
        ("bitmap.tiff", encoded(ImageFormat::Tiff), not_read),
        ("uses.svg", svg_uses(), too_large),
        ("deep.svg", svg(&("<g>".repeat(100_000) + &"</g>".repeat(100_000))), Fate::Either),
        (
            "entities.svg",
            [br#"<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>"#, svg("&b;").as_slice()].concat(),
            broken,
        ),
        ("canvas.svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'/>".to_vec(), too_large),
        (
            "clouds.svg",
            svg("<filter id='f'><feTurbulence baseFrequency='.1' numOctaves='99999999'/></filter>\
            <rect width='300' height='200' filter='url(#f)'/>"),
            Fate::Either,
        ),
        ("file.svg", svg("<image width='9' height='9' href='/etc/passwd'/>"), Fate::Shown),
        ("cut.svg", svg("<rect/>")[..60].to_vec(), broken),
        ("text.jpg", b"404 page not found\n".to_vec(), unsupported),
        ("script.png", b"<script>alert(1)</script>".to_vec(), unsupported),
        ("program.webp", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), unsupported),
        ("empty.png", Vec::new(), unsupported),
        ("zeros.jpg", vec![0; 100_000], unsupported),
        ("one.png", files::png(Size::new(1, 1), |_, _| [9, 9, 9, 255]), Fate::Shown),
        ("nothing.png", chunks(0, 0, RGB8, &[(b"IDAT", b"\x78\x01\x03\0\0\0\0\x01".to_vec())]), broken),
    ];
    for (name, format) in [("huge-header.jpg", ImageFormat::Jpeg), ("huge-header.gif", ImageFormat::Gif)] {
        let mut file = encoded(format);
        let (at, side) = match format {
            ImageFormat::Jpeg => (file.windows(2).position(|w| w == [0xff, 0xc0]).unwrap() + 5, [0x4e, 0x20]),
            _ => (6, [0x20, 0x4e]),
        };
        file[at..at + 4].copy_from_slice(&[side, side].concat());
        sources.push((name, file, too_large));
    }
    sources.into_iter().map(|(name, bytes, fate)| (name.to_owned(), bytes, fate)).collect()
}

fn svg(content: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' width='300' height='200'>{content}</svg>").into_bytes()
}

/// Some hundred bytes that stand for a thousand million shapes.
fn svg_uses() -> Vec<u8> {
    let level = |n: u32| format!("<g id='l{n}'>{}</g>", format!("<use href='#l{}'/>", n + 1).repeat(10));
    let levels: String = (0..9).map(level).collect();
    svg(&format!("<defs>{levels}<rect id='l9' width='9' height='9'/></defs><use href='#l0'/>"))
}

/// Every format with bytes overwritten, cut out, doubled and cut off, the same on every machine.
fn damaged() -> Vec<Source> {
    const EACH: u32 = 40;
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
    let mut sources = Vec::new();
    for (index, format) in formats.into_iter().enumerate() {
        let whole = encoded(format);
        for n in 0..EACH {
            let random = |salt: u32, below: usize| hash(n * 1_009 + salt, index as u32 + 1) as usize % below;
            let mut file = whole.clone();
            match n % 4 {
                // A few bytes; every other time near the start, where headers are.
                0 => {
                    let reach = if n % 8 == 0 { file.len().min(200) } else { file.len() };
                    for change in 0..1 + random(1, 8) as u32 {
                        file[random(10 + change, reach)] = random(40 + change, 256) as u8;
                    }
                }
                1 => file.truncate(random(2, whole.len())),
                2 => drop(file.drain(random(3, whole.len() / 2)..whole.len() / 2 + random(4, whole.len() / 2))),
                _ => {
                    let middle = random(5, whole.len());
                    file.splice(middle..middle, whole[..random(6, whole.len())].to_vec());
                }
            }
            sources.push((format!("damaged-{format:?}-{n}"), file, Fate::Either));
        }
    }
    sources
}

/// A picture of 200x150 with some noise, so that no byte is without meaning.
fn encoded(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(200, 150, |x, y| {
        let noise = hash(x, y) as u8 / 8;
        image::Rgb([x as u8 + noise / 2, y as u8 + noise, noise])
    });
    let picture = DynamicImage::from(picture);
    let picture = if format == ImageFormat::Gif { DynamicImage::from(picture.into_rgba8()) } else { picture };
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A zlib stream of `bytes` bytes that inflates to 158 times as much: zeros by the longest repetition there is (RFC 1951).
fn bomb(bytes: usize) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let (mut bits, mut n_bits) = (0u64, 0);
    let mut put = |value: u64, count: u32, stream: &mut Vec<u8>| {
        bits |= value << n_bits;
        n_bits += count;
        while n_bits >= 8 {
            stream.push(bits as u8);
            bits >>= 8;
            n_bits -= 8;
        }
    };
    // The last block, by the fixed code; a literal zero (00110000); then length 258 (11000101), distance 1 (00000).
    put(0b011, 3, &mut stream);
    put(0b0000_1100, 8, &mut stream);
    while stream.len() < bytes {
        put(0b1010_0011, 8, &mut stream);
        put(0, 5, &mut stream);
    }
    put(0, 7, &mut stream);
    put(0, 7, &mut stream);
    stream
}

/// A PNG with this header, whatever its chunks hold.
fn chunks(width: u32, height: u32, [depth, color_type]: [u8; 2], chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color_type, 0, 0, 0]].concat();
    chunk(&mut file, b"IHDR", &header);
    for (kind, data) in chunks {
        chunk(&mut file, kind, data);
    }
    chunk(&mut file, b"IEND", &[]);
    file
}

/// The PNG with one more chunk behind its header.
fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut file = png[..33].to_vec();
    chunk(&mut file, kind, data);
    file.extend(&png[33..]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc(&file[start..]);
    file.extend(sum.to_be_bytes());
}

/// CRC-32 as PNG has it (PNG 3rd edition, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let table: [u32; 256] =
        std::array::from_fn(|n| (0..8).fold(n as u32, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 }));
    !bytes.iter().fold(!0, |c, byte| table[((c ^ u32::from(*byte)) & 0xff) as usize] ^ (c >> 8))
}

#[test]
fn the_bomb_is_one() {
    // Otherwise the test above is of nothing: a small one, inflated as a picture, is all zeros.
    let rows = 512;
    let file = chunks(255, rows, GRAY8, &[(b"IDAT", bomb(1_000))]);
    let image = decoded(&file).into_luma8();
    assert!(image.pixels().all(|pixel| pixel.0 == [0]));
}
