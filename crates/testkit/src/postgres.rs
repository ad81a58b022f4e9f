//! A PostgreSQL of one test's own: a new cluster in a temporary folder, on a free port of loopback, gone when dropped.
//!
//! The server's programs come from Debian's `postgresql` (or any in `PATH`). Without them a
//! test fails and says what to install.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A running server with an empty database; [`Postgres::url`] connects to it.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it, which takes a second or two.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("tintype-postgres-").tempdir().expect("a temporary folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let server = Self { programs: programs(), folder, port };
        // It holds nothing that must survive the machine, so it need not wait for the disk.
        run(server
            .program("initdb")
            .args(["-U", "tintype", "-A", "trust", "-E", "UTF8", "--no-sync", "-D"])
            .arg(server.data()));
        server.resume();
        server
    }

    /// `postgres://…`, with every right.
    pub fn url(&self) -> String {
        format!("postgres://tintype@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server again after [`Postgres::pause`], on the same port, with what it held.
    pub fn resume(&self) {
        let settings = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200",
            self.port
        );
        let log = self.folder.path().join("log");
        run(self
            .program("pg_ctl")
            .arg("start")
            .arg("-w")
            .arg("-D")
            .arg(self.data())
            .arg("-l")
            .arg(log)
            .args(["-o", &settings]));
    }

    /// Stops the server at once, as a crash would: connections break, and what was committed stays.
    pub fn pause(&self) {
        run(self.program("pg_ctl").args(["stop", "-m", "immediate", "-w", "-D"]).arg(self.data()));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs. They refuse to run as root, so for root it is the user that Debian's package makes.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server that was paused is stopped already, and a test that fails says something better than this would.
        let _ = self.program("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.data()).output();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// The folder of `initdb`: in `PATH`, or, as Debian has it, in a folder for each version, of which the newest is taken.
fn programs() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    let mut folders = env::split_paths(&path).chain(versions.into_iter().rev());
    folders
        .find(|folder| folder.join("initdb").is_file())
        .expect("PostgreSQL's server is needed: `apt-get install postgresql`")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
}
