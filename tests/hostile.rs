//! Sources made to hurt, over HTTP: each is answered in time, none takes the server or its memory with it.
//!
//! Each is held against a well-formed file of its format that has as many bytes: the server may take a quarter of a second longer for
//! it, and 64 MiB more. That file is small as a picture, and filled up with what every reader passes over, or, in a drawing, with shapes; where what hurts comes
//! after the pixels, it is the sound file that it was made from.
//!
//! The whole set runs in a process of its own, so that what other tests need is not counted; see
//! [`hostile_sources_hurt_nobody`]. Files are made by the modules: one for each family of formats.

mod extra;
mod gif;
mod heif;
mod jpeg;
mod png;
mod svg;
mod webp;

use std::{
    collections::HashMap,
    env,
    io::Cursor,
    process::Command,
    time::{Duration, Instant},
};

use image::{DynamicImage, ImageFormat, RgbImage};
use tintype_pixels::Size;
use tintype_testkit::pictures::hash;

use crate::{
    facade::{decoded, map},
    http::{Answer, Server},
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much longer than for a sound file.
const LONGER: Duration = Duration::from_millis(250);

/// How much more memory than for a sound file, in kB.
const MORE_KB: u64 = 64 << 10;

/// How much the process may grow, in kB.
const GROWTH_KB: u64 = 400_000;

/// How often a file is tried until it is within the bounds: other programs want the processor too.
const TRIES: usize = 6;

/// Set in the process that does the work.
const INSIDE: &str = "TINTYPE_TEST_HOSTILE";

/// So that what is freed is given back to the system at once, and memory that a request takes is seen (glibc's mallopt(3)).
const ALLOCATOR: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "65536"), ("MALLOC_TRIM_THRESHOLD_", "65536")];

#[test]
fn hostile_sources_hurt_nobody() {
    if env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(all());
        return;
    }
    let this = env::current_exe().unwrap();
    let arguments = ["--exact", "hostile::hostile_sources_hurt_nobody", "--nocapture"];
    let output = Command::new(this).args(arguments).envs(ALLOCATOR).env(INSIDE, "1").output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    println!("{text}");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "the test ran:\n{text}");
}

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

const TOO_LARGE: Fate = Fate::Refused(403, 9413);

/// A file and what is done with it.
struct Source {
    name: String,
    bytes: Vec<u8>,
    fate: Fate,
    /// What is asked for besides a width.
    options: &'static str,
    /// The sound file that it is held against; where there is none, one of its format and as many bytes.
    peer: Option<Vec<u8>>,
}

impl Source {
    /// Of which one picture is asked for.
    fn still(name: &str, bytes: Vec<u8>, fate: Fate) -> Self {
        Self { name: name.to_owned(), bytes, fate, options: "format=png-force", peer: None }
    }

    /// Of which all frames are asked for.
    fn moving(name: &str, bytes: Vec<u8>, fate: Fate) -> Self {
        Self { options: "format=webp", ..Self::still(name, bytes, fate) }
    }
}

/// What an answer took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    time: Duration,
    memory_kb: u64,
}

impl Cost {
    fn least(self, other: Self) -> Self {
        Self { time: self.time.min(other.time), memory_kb: self.memory_kb.min(other.memory_kb) }
    }
}

/// A line of the table.
struct Row {
    name: String,
    bytes: usize,
    status: u16,
    hostile: Cost,
    sound: Cost,
}

impl Row {
    fn longer(&self) -> Duration {
        self.hostile.time.saturating_sub(self.sound.time)
    }

    fn more_kb(&self) -> u64 {
        self.hostile.memory_kb.saturating_sub(self.sound.memory_kb)
    }

    fn is_within(&self) -> bool {
        self.hostile.time < PATIENCE && self.longer() <= LONGER && self.more_kb() <= MORE_KB
    }

    fn line(&self) -> String {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mb = |kb: u64| kb as f64 / 1024.0;
        format!(
            "{:<26} {:>9} B  {}  {:7.1} ms ({:7.1})  {:6.1} MiB ({:6.1})",
            self.name,
            self.bytes,
            self.status,
            ms(self.hostile.time),
            ms(self.sound.time),
            mb(self.hostile.memory_kb),
            mb(self.sound.memory_kb)
        )
    }
}

async fn all() {
    let base = Bases::new();
    let sources = sources();
    let Some(engine) = tintype_testkit::engine() else { return };
    let mut files: HashMap<String, Vec<u8>> = HashMap::from([("good.png".to_owned(), map(Size::new(90, 60)))]);
    let mut peers = HashMap::new();
    for source in &sources {
        let (name, peer) = match &source.peer {
            Some(peer) => (format!("sound-{}-{}", crc(peer), peer.len()), peer.clone()),
            None => base.filled(&source.bytes),
        };
        files.entry(name.clone()).or_insert(peer);
        peers.insert(&source.name, name);
        let before = files.insert(source.name.clone(), source.bytes.clone());
        assert!(before.is_none(), "{} is there twice", source.name);
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let server = Server::with_engine(engine, &files, |config| {
        config.limits.extra_inputs = true;
        // Each answer is made anew.
        config.cache.memory.0 = 0;
    });
    drop(files);

    // Warm, so that what the engine keeps is not counted as growth.
    for (options, name) in [("format=png-force", "good.png"), ("format=webp", &peers[&sources[0].name])] {
        assert_eq!(server.image(&format!("width=30,{options}/{name}")).await.status, 200, "{name}");
    }
    let before_kb = kb("VmHWM");
    let (mut rows, mut wrong_answers) = (Vec::new(), Vec::new());
    let mut sound_costs: HashMap<(&str, &str), Cost> = HashMap::new();
    for source in &sources {
        let peer = &peers[&source.name];
        let mut row: Option<Row> = None;
        for attempt in 0..TRIES {
            let options = format!("width=30,{}", source.options);
            let (hostile, answer) = cost(&server, &options, &source.name).await;
            wrong_answers.extend(wrong(&source.name, &answer, source.fate));
            let key = (source.options, peer.as_str());
            let known = sound_costs.get(&key).copied();
            let sound = match known.filter(|_| attempt == 0) {
                Some(sound) => sound,
                None => {
                    let (sound, answer) = cost(&server, &options, peer).await;
                    assert_eq!(answer.status, 200, "{peer}, beside {}: {}", source.name, answer.text());
                    known.map_or(sound, |known| known.least(sound))
                }
            };
            sound_costs.insert(key, sound);
            let hostile = row.as_ref().map_or(hostile, |row| row.hostile.least(hostile));
            let (name, bytes, status) = (source.name.clone(), source.bytes.len(), answer.status.as_u16());
            row = Some(Row { name, bytes, status, hostile, sound });
            if row.as_ref().is_some_and(Row::is_within) {
                break;
            }
        }
        rows.extend(row);
        let name = &source.name;
        if !name.starts_with("damaged") || name.ends_with('0') {
            let good = server.image("width=30,format=png-force/good.png").await;
            assert_eq!((good.status.as_u16(), decoded(&good.body).height()), (200, 20), "after {name}");
        }
    }
    wrong_answers.extend(report(rows));
    assert!(wrong_answers.is_empty(), "{}", wrong_answers.join("\n"));
    if let (Some(before), Some(after)) = (before_kb, kb("VmHWM")) {
        println!("peak memory {before} kB before, {after} kB after");
        assert!(after.saturating_sub(before) < GROWTH_KB, "grew from {before} kB to {after} kB");
    }
}

/// Prints the worst rows; those past a bound are returned.
fn report(mut rows: Vec<Row>) -> Vec<String> {
    let refused = rows.iter().filter(|row| row.status != 200).count();
    println!("{} hostile files: {refused} refused with 4xx, {} shown", rows.len(), rows.len() - refused);
    println!("the slowest beside sound files of their size (in parentheses):");
    rows.sort_by_key(|row| std::cmp::Reverse(row.longer()));
    rows.iter().take(12).for_each(|row| println!("{}", row.line()));
    println!("and those that took the most memory:");
    rows.sort_by_key(|row| std::cmp::Reverse(row.more_kb()));
    rows.iter().take(12).for_each(|row| println!("{}", row.line()));
    rows.iter().filter(|row| !row.is_within()).map(|row| format!("past a bound: {}", row.line())).collect()
}

/// What a request takes: its time, and by how much memory grows at most while it is answered.
async fn cost(server: &Server, options: &str, name: &str) -> (Cost, Answer) {
    // From here on the peak is counted anew (proc(5)).
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before_kb = kb("VmRSS").filter(|_| is_reset);
    let (started, worked) = (Instant::now(), processor_time());
    let answer = server.image(&format!("{options}/{name}")).await;
    // Whatever waits for the processor on a busy machine is not this file's doing.
    let worked = processor_time().zip(worked).map_or(Duration::MAX, |(after, before)| after - before);
    let time = started.elapsed().min(worked);
    let memory_kb = before_kb.zip(kb("VmHWM")).map_or(0, |(before, peak)| peak.saturating_sub(before));
    (Cost { time, memory_kb }, answer)
}

/// What all threads have worked so far, where the system says (proc(5); its clock has a hundred ticks a second).
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name, in parentheses, may have anything in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().ok());
    Some(Duration::from_millis(ticks.sum::<Option<u64>>()? * 10))
}

/// What is wrong with an answer, if something is.
fn wrong(name: &str, answer: &Answer, fate: Fate) -> Option<String> {
    let status = answer.status.as_u16();
    let what = if status == 200 { String::new() } else { answer.text() };
    let is_right = match fate {
        Fate::Shown => status == 200,
        Fate::Refused(expected, code) => status == expected && what.starts_with(&format!("ERROR {code}: ")),
        Fate::Either => status == 200 || (400..500).contains(&status),
    };
    let is_small = status != 200 || decoded(&answer.body).width() <= 30;
    (!is_right || !is_small).then(|| format!("{name}: {status}, not {fate:?}: {what}"))
}

/// What the system says of this process, where it does.
fn kb(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn sources() -> Vec<Source> {
    let unsupported = Fate::Refused(415, 9412);
    let others = [
        ("text.jpg", b"404 page not found\n".to_vec(), unsupported),
        ("script.png", b"<script>alert(1)</script>".to_vec(), unsupported),
        ("program.webp", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), unsupported),
        ("empty.png", Vec::new(), unsupported),
        ("zeros.jpg", vec![0; 100_000], unsupported),
        ("jxl.png", b"\xff\x0a\xfa\x1f".repeat(10).to_vec(), Fate::Refused(415, 9520)),
    ];
    let mut sources: Vec<_> = others.map(|(name, bytes, fate)| Source::still(name, bytes, fate)).into();
    for made in [png::sources, jpeg::sources, gif::sources, webp::sources, heif::sources, svg::sources, extra::sources]
    {
        sources.extend(made());
    }
    sources.extend(damaged());
    sources
}

/// Small sound pictures that can be made as large as any file.
struct Bases {
    png: Vec<u8>,
    jpeg: Vec<u8>,
    gif: Vec<u8>,
    webp: Vec<u8>,
    avif: Vec<u8>,
    heic: Vec<u8>,
    svg: Vec<u8>,
    bmp: Vec<u8>,
    tiff: Vec<u8>,
}

impl Bases {
    fn new() -> Self {
        let [png, jpeg, gif, webp, bmp, tiff] = [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
        ]
        .map(encoded);
        let svg = svg::drawing("<rect width='300' height='200' fill='red'/>");
        Self { png, jpeg, gif, webp, avif: heif::avif(), heic: heif::heic(), svg, bmp, tiff }
    }

    /// A file of the format that `bytes` begin as, and as long, with its name.
    fn filled(&self, bytes: &[u8]) -> (String, Vec<u8>) {
        let length = bytes.len();
        let (name, base) = match bytes {
            [0xff, 0xd8, ..] => ("jpeg", &self.jpeg),
            [b'G', b'I', b'F', ..] => ("gif", &self.gif),
            [b'R', b'I', b'F', b'F', ..] => ("webp", &self.webp),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', ..] => ("avif", &self.avif),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("heic", &self.heic),
            [b'<', ..] => ("svg", &self.svg),
            [b'B', b'M', ..] => ("bmp", &self.bmp),
            [b'I', b'I', b'*', ..] => ("tiff", &self.tiff),
            _ => ("png", &self.png),
        };
        let fill = vec![b'x'; length.saturating_sub(base.len())];
        let in_front_of =
            |end: usize, part: Vec<u8>| [&base[..base.len() - end], &part, &base[base.len() - end..]].concat();
        let file = match (name, fill.len()) {
            (_, 0) => base.clone(),
            ("jpeg", _) => {
                let comments: Vec<u8> = fill.chunks(65_533).flat_map(|part| jpeg::segment(0xfe, part)).collect();
                in_front_of(base.len() - 2, comments)
            }
            ("gif", _) => {
                let blocks: Vec<u8> = fill.chunks(255).flat_map(|part| [&[part.len() as u8], part].concat()).collect();
                in_front_of(1, [&[0x21, 0xfe], blocks.as_slice(), &[0]].concat())
            }
            ("webp", _) => {
                let canvas = webp::chunk(b"VP8X", &[0, 0, 0, 0, 199, 0, 0, 149, 0, 0]);
                webp::file(&[canvas, base[12..].to_vec(), webp::chunk(b"JUNK", &fill)])
            }
            ("avif" | "heic", _) => in_front_of(0, heif::small_box(b"free", &fill)),
            ("svg", _) => in_front_of(6, svg::shapes(fill.len())),
            ("bmp" | "tiff", _) => in_front_of(0, fill),
            _ => in_front_of(12, png::chunk(b"zzZz", &fill)),
        };
        (format!("sound-{name}-{}", file.len()), file)
    }
}

/// A sum that tells files apart.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| hash(sum, u32::from(*byte)))
}

/// A TIFF stream whose directories point at themselves and at each other, with more entries than there are bytes.
fn exif_loop() -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    // EXIF's and GPS' directories are this one, the maker's note is everything, the text has no end.
    let entries: [(u16, u16, u32, u32); 6] = [
        (0x0112, 3, 1, 1),
        (0x8298, 2, 0xffff_ffff, 8),
        (0x8769, 4, 1, 8),
        (0x8825, 4, 1, 8),
        (0x927c, 7, 0xffff_fff0, 0),
        (0xa005, 4, 1, 8),
    ];
    block.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        block.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        block.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    // And the next directory is this one again.
    block.extend(8u32.to_le_bytes());
    block
}

/// Every format with bytes overwritten, cut out, doubled and cut off, the same on every machine.
fn damaged() -> Vec<Source> {
    const EACH: u32 = 40;
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];
    let files = formats.map(|format| (format!("{format:?}"), encoded(format)));
    let more = [("Avif", heif::avif()), ("Heic", heif::heic())].map(|(name, file)| (name.to_owned(), file));
    let mut sources = Vec::new();
    for (index, (format, whole)) in files.into_iter().chain(more).enumerate() {
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
            let name = format!("damaged-{format}-{n}");
            sources.push(Source { peer: Some(whole.clone()), ..Source::still(&name, file, Fate::Either) });
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
