//! `cargo xtask serve`: set up, build, and become the server.
//!
//! On Unix this process turns into the server (exec), so that Ctrl-C, signals and the exit status are the server's own. The
//! URLs are printed once it answers, by a second copy of xtask that waits beside it and ends with it. Elsewhere the server is
//! a child that is waited for.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{cargo, command::ANNOUNCE, driver, models};

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// How long between two looks at a server that starts.
const PAUSE: Duration = Duration::from_millis(100);

/// After how long a word about the wait is due. Drivers compile all pipelines at the first start; on a CPU that takes a while.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sets up, builds, and serves the sample pictures; `arguments` go to `tintype serve` and win over the defaults.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let request = Request::read(arguments);
    let address = request.address()?;
    // Before the build: a minute's wait for "address in use" would be a poor joke.
    free(address)?;
    driver::ensure(driver::Need::Run)?;
    cargo::finish(&mut cargo::cargo(&["build", "--release", "-p", "tintype-cli"]))?;

    let folder = cargo::target_dir().unwrap_or_else(|| cargo::root().join("target"));
    let program = folder.join("release").join(format!("tintype{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        bail!("{} is not there after the build; unset CARGO_BUILD_TARGET if it is set", program.display());
    }
    models::pull_by(&program);
    // Where the user is, not at the root: paths among the arguments are relative to that.
    let mut server = Command::new(program);
    cargo::give_runtime_dir(&mut server);
    server.args(request.server_arguments(&cargo::root(), arguments));
    become_server(server, address, request.samples)
}

/// What of the arguments concerns us.
#[derive(Debug, PartialEq)]
struct Request {
    /// `--listen`'s value, or ours.
    listen: String,
    listen_given: bool,
    /// Whether the sample pictures are the origin: the user names no other.
    samples: bool,
}

impl Request {
    fn read(arguments: &[String]) -> Request {
        let value = |flag: &str| {
            arguments.iter().enumerate().rev().find_map(|(i, argument)| match argument.strip_prefix(flag)? {
                "" => Some(arguments.get(i + 1).cloned().unwrap_or_default()),
                rest => rest.strip_prefix('=').map(str::to_owned),
            })
        };
        let listen = value("--listen");
        Request {
            listen_given: listen.is_some(),
            listen: listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()),
            samples: value("--root").is_none() && value("--origin").is_none() && value("--config").is_none(),
        }
    }

    fn address(&self) -> Result<SocketAddr> {
        let found = self.listen.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.with_context(|| format!("--listen: {:?} is not an address and port, as {DEFAULT_LISTEN} is", self.listen))
    }

    fn server_arguments(&self, root: &Path, given: &[String]) -> Vec<String> {
        let mut all = vec!["serve".to_owned()];
        if self.samples {
            all.extend(["--root".to_owned(), root.join("tests/pictures").to_string_lossy().into_owned()]);
        }
        if !self.listen_given {
            all.extend(["--listen".to_owned(), self.listen.clone()]);
        }
        all.extend_from_slice(given);
        all
    }
}

/// An error in one line when nobody can listen there.
fn free(address: SocketAddr) -> Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program; stop it, or choose another port: cargo xtask serve -- --listen {}",
            SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8080))
        ),
        Err(error) => bail!("cannot listen on {address}: {error}"),
    }
}

#[cfg(unix)]
fn become_server(mut server: Command, address: SocketAddr, samples: bool) -> Result<()> {
    use std::os::unix::process::CommandExt;

    // Port 0 is known to the server alone, and it prints it.
    if address.port() != 0 {
        let this = std::env::current_exe().context("cannot find the program that is running")?;
        let mut announcer = Command::new(this);
        let origin = if samples { "samples" } else { "bare" };
        announcer.args([ANNOUNCE, &address.to_string(), origin, &std::process::id().to_string()]);
        announcer.spawn().context("cannot start the process that prints the URLs")?;
    }
    let error = server.exec();
    Err(error).with_context(|| format!("cannot start {}", server.get_program().display()))
}

#[cfg(not(unix))]
fn become_server(mut server: Command, address: SocketAddr, samples: bool) -> Result<()> {
    let mut child = server.spawn().with_context(|| format!("cannot start {}", server.get_program().display()))?;
    if address.port() != 0 && wait_until_ready(reachable(address), || matches!(child.try_wait(), Ok(None))) {
        print!("{}", banner(address, samples));
    }
    let status = child.wait().context("cannot wait for the server")?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}

/// Prints the URLs once the server at `address` is ready, or nothing when the process `server`, our parent, ends before.
pub(crate) fn announce(address: SocketAddr, with_samples: bool, server: u32) {
    // The server keeps its process id over exec; when it ends, we are given another parent.
    #[cfg(unix)]
    let lives = || std::os::unix::process::parent_id() == server;
    #[cfg(not(unix))]
    let lives = || server != 0;

    if wait_until_ready(reachable(address), lives) {
        print!("{}", banner(address, with_samples));
    }
}

fn wait_until_ready(address: SocketAddr, mut lives: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    let mut said = false;
    loop {
        if !lives() {
            return false;
        }
        if ready(address) {
            return true;
        }
        if !said && start.elapsed() > PATIENCE {
            said = true;
            println!("waiting for {address} to be ready: the first start compiles every GPU pipeline");
        }
        thread::sleep(PAUSE);
    }
}

/// Whether `GET /readyz` is answered with 200.
fn ready(address: SocketAddr) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| status.split(' ').nth(1) == Some("200"))
}

/// The address under which this machine reaches a server that listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn banner(address: SocketAddr, with_samples: bool) -> String {
    let base = format!("http://{}", reachable(address));
    let mut text = format!("\ntintype is ready; open\n  playground   {base}/\n");
    if with_samples {
        let image = format!("{base}/cdn-cgi/image");
        text += &format!("  transformed  {image}/width=400,height=300,fit=cover/astronaut.jpg\n");
        text += &format!("  face crop    {image}/width=200,height=200,fit=cover,gravity=face,zoom=0.5/astronaut.jpg\n");
    }
    text + "Ctrl-C stops it\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn defaults_give_way_to_arguments() {
        for (given, expected) in [
            ("", "serve --root /r/tests/pictures --listen 127.0.0.1:8080"),
            ("--listen [::1]:9000", "serve --root /r/tests/pictures --listen [::1]:9000"),
            ("--listen=0.0.0.0:9000 -v", "serve --root /r/tests/pictures --listen=0.0.0.0:9000 -v"),
            ("--root mine", "serve --listen 127.0.0.1:8080 --root mine"),
            ("--origin=http://a/ --data d", "serve --listen 127.0.0.1:8080 --origin=http://a/ --data d"),
            ("--rooted", "serve --root /r/tests/pictures --listen 127.0.0.1:8080 --rooted"),
        ] {
            let given = words(given);
            let all = Request::read(&given).server_arguments(Path::new("/r"), &given);
            assert_eq!(all, words(expected), "{given:?}");
        }
    }

    #[test]
    fn the_address_is_read_from_the_arguments() {
        let address = |line: &str| Request::read(&words(line)).address();
        assert_eq!(address("").unwrap(), "127.0.0.1:8080".parse().unwrap());
        assert_eq!(address("--listen=0.0.0.0:9000").unwrap(), "0.0.0.0:9000".parse().unwrap());
        assert_eq!(address("--listen [::]:81").unwrap(), "[::]:81".parse().unwrap());
        let error = address("--listen 8080").unwrap_err().to_string();
        assert!(error.contains("\"8080\"") && error.contains(DEFAULT_LISTEN), "{error}");
        assert!(address("--listen").is_err());
    }

    #[test]
    fn the_banner_shows_addresses_that_can_be_opened() {
        let text = banner("0.0.0.0:9000".parse().unwrap(), true);
        assert!(text.contains("  http://127.0.0.1:9000/\n"), "{text}");
        assert!(text.contains("http://127.0.0.1:9000/cdn-cgi/image/width=400,height=300,fit=cover/astronaut.jpg\n"));
        assert!(text.contains("gravity=face,zoom=0.5/astronaut.jpg\n"));
        assert_eq!(text.matches("http://").count(), 3);
        let bare = banner("[::]:81".parse().unwrap(), false);
        assert_eq!(bare.matches("http://").count(), 1, "a foreign origin need not have our samples");
        assert!(bare.contains("http://[::1]:81/\n"));
    }

    #[test]
    fn a_taken_port_is_said_in_one_line() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap();
        let error = free(address).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{address} is taken")) && error.contains("--listen 127.0.0.1:"), "{error}");
        assert_eq!(error.lines().count(), 1);
        drop(holder);
        assert!(free(address).is_ok());
    }

    /// A server that answers one request after another, each with the next status.
    fn answering(statuses: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for status in statuses {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = String::new();
                BufReader::new(&stream).read_line(&mut request).unwrap();
                assert_eq!(request, "GET /readyz HTTP/1.1\r\n");
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
        });
        address
    }

    #[test]
    fn readiness_is_waited_for() {
        let address = answering(&["503 Service Unavailable", "503 Service Unavailable", "200 OK"]);
        assert!(wait_until_ready(address, || true));
    }

    #[test]
    fn a_server_that_ended_is_not_waited_for() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let looks = std::cell::Cell::new(0);
        assert!(!wait_until_ready(closed, || looks.replace(looks.get() + 1) < 2));
        assert_eq!(looks.get(), 3);
    }
}
