//! `tintype serve`: its configuration, and its life.

use std::{fs, io::Write as _, process::Stdio};

use super::{folder, has_gpu, program, ran, run};

#[test]
fn the_configuration_is_printed_from_all_its_layers() {
    let folder = folder();
    fs::write(folder.path().join("tintype.toml"), "[server]\nqueue = 7\n[limits]\nresult_side = 4000\n").unwrap();
    let mut command = program(folder.path());
    command.env("TINTYPE_SERVER__QUEUE", "8").args(["serve", "--config", "tintype.toml", "--root", "in"]);
    command.args(["--origin", "https://me:secret@a.com/x", "--print-config", "--adapter", "some gpu"]);
    let printed = ran(command.output().unwrap()).ok();
    for line in ["queue = 8", "result_side = 4000", "root = \"in\"", "adapter = \"some gpu\"", "me:***@a.com"] {
        assert!(printed.text().contains(line), "{line} in {}", printed.text());
    }
    fs::write(folder.path().join("tintype.toml"), "[server]\nqueu = 7\n").unwrap();
    run(folder.path(), "serve --config tintype.toml --print-config").fails(2, &["tintype.toml:2", "queu"]);
}

/// A server of the sample pictures, and its log.
#[cfg(unix)]
pub(super) struct Serving {
    child: std::process::Child,
    address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

#[cfg(unix)]
impl Serving {
    /// Starts `command`, which serves on a free port, and waits until it is ready.
    pub(super) fn start(mut command: std::process::Command) -> Self {
        use std::io::{BufRead as _, BufReader, Read as _};
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended before it told the address");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split('/').next().unwrap().to_owned();
            }
        };
        let rest = std::thread::spawn(move || {
            let mut text = String::new();
            // What is not text ends the log early, and is not looked for.
            drop(log.read_to_string(&mut text));
            text
        });
        let serving = Self { child, address, log: Some(rest) };
        let ready = |_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            serving.get("/readyz").starts_with(b"HTTP/1.1 200 ")
        };
        assert!((0..1000).any(ready), "never ready");
        serving
    }

    /// The whole answer, headers and all.
    pub(super) fn get(&self, path: &str) -> Vec<u8> {
        self.get_with(path, "")
    }

    /// The same, asked for with more lines in the head.
    pub(super) fn get_with(&self, path: &str, lines: &str) -> Vec<u8> {
        self.send(
            format!(
                "GET {path} HTTP/1.1
Host: test
{lines}Connection: close

"
            )
            .as_bytes(),
        )
    }

    /// The whole answer to a request after which the connection ends.
    pub(super) fn send(&self, request: &[u8]) -> Vec<u8> {
        use std::io::Read as _;
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    /// Stops it, which must end well, and gives back what it logged.
    pub(super) fn stop(mut self) -> String {
        super::signal(&self.child, "TERM");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.log.take().unwrap().join().unwrap()
    }
}

#[cfg(unix)]
impl Drop for Serving {
    /// After a test that failed.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(unix)]
#[test]
fn the_server_answers_and_ends_well() {
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--root", "in"]).env("TINTYPE_MODELS", folder.path());
    let server = Serving::start(command);
    let answer = server.get("/cdn-cgi/image/width=64/rocket.jpg");
    assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\xff\xd9"), "{}", answer.escape_ascii());
    let answer = server.get("/cdn-cgi/image/width=64,segment=foreground/rocket.jpg");
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", answer.escape_ascii());
    assert!(answer.ends_with(b"tintype models pull u2netp\n"), "{}", answer.escape_ascii());
    server.stop();
}
