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

#[cfg(unix)]
#[test]
fn the_server_answers_and_ends_well() {
    use std::{
        io::{BufRead as _, BufReader, Read as _},
        net::TcpStream,
        thread,
        time::Duration,
    };
    if !has_gpu() {
        return;
    }
    let folder = folder();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--root", "in"]).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ended before it told the address");
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split('/').next().unwrap().to_owned();
        }
    };
    let rest = thread::spawn(move || log.read_to_string(&mut String::new()));
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    };
    let ready = |_| {
        thread::sleep(Duration::from_millis(20));
        get("/readyz").starts_with(b"HTTP/1.1 200 ")
    };
    assert!((0..1000).any(ready), "never ready");
    let answer = get("/cdn-cgi/image/width=64/rocket.jpg");
    assert!(answer.starts_with(b"HTTP/1.1 200 ") && answer.ends_with(b"\xff\xd9"), "{}", answer.escape_ascii());
    super::signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(rest.join());
}
