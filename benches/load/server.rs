//! The program under test, with pictures of its own in a temporary folder; killed when dropped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tintype::codecs::{Encode, Metadata, encode};
use tintype_pixels::{Layout, Planes, Size};
use tintype_testkit::pictures;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Server {
    /// Starts `program` on a free port, without results in memory.
    pub(crate) fn start(program: &Path, rehearses: bool) -> Self {
        let folder = std::env::temp_dir().join(format!("tintype-load-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        fs::write(folder.join("photo.jpg"), picture(Size::new(1600, 1200), &Encode::jpeg(88))).expect("a file");
        fs::write(folder.join("small.jpg"), picture(Size::new(640, 480), &Encode::jpeg(85))).expect("a file");
        fs::write(folder.join("chart.png"), picture(Size::new(800, 600), &Encode::png())).expect("a file");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let process = Command::new(program)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--root"])
            .arg(&folder)
            .env("TINTYPE_CACHE__MEMORY", "0")
            .env("TINTYPE_LOG__FILTER", "error")
            // Warming networks up would take the processors for a while.
            .env("TINTYPE_MODELS", &folder)
            .env("TINTYPE_SERVER__REHEARSALS", if rehearses { "true" } else { "false" })
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        Self { process, port, folder }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What is left of a benchmark that ends is nobody's loss.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Smooth noise.
fn picture(size: Size, settings: &Encode) -> Vec<u8> {
    let smooth = |x: u32, y: u32, seed: u32| {
        let (cell, fine) = (pictures::noise(x / 24 + seed, y / 24), pictures::noise(x, y + seed));
        ((cell * 0.8 + fine * 0.1) * 255.0) as u8
    };
    let bytes = (0..size.height).flat_map(|y| (0..size.width).flat_map(move |x| [0, 7, 13].map(|s| smooth(x, y, s))));
    let planes = Planes::new(size, Layout::RGB8, bytes.collect()).expect("three bytes per pixel");
    encode(&planes, settings, &Metadata::default()).expect("a small picture")
}
