//! The server between the two sides it cannot trust, both over real sockets: origins that stall, lie and point elsewhere, and clients
//! that are slow, or send anything at all.

mod addresses;
mod clients;
mod faults;
mod fuzz;
mod stores;

use std::{net::SocketAddr, time::Duration};

use tempfile::TempDir;
use tintype_server::{Config, serve_on};
use tintype_testkit::engine;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::http::{folder, state};

/// A server on a port of its own, with the connections that `tintype serve` has. Gone with the test's runtime.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    /// Where relative sources are.
    pub(crate) folder: TempDir,
}

/// What came back over a connection.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Front {
    /// `None` without an adapter, where that is allowed.
    pub(crate) async fn start(files: &[(&str, Vec<u8>)], change: impl FnOnce(&mut Config)) -> Option<Self> {
        let engine = engine()?;
        let folder = folder(files);
        let state = state(engine, folder.path(), change);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve_on(listener, state, std::future::pending()));
        Some(Self { address, folder })
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: front.test\r\nconnection: close\r\n\r\n").as_bytes()).await
    }

    /// Sends a request and reads until the connection ends.
    pub(crate) async fn send(&self, request: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // A server that has heard enough may close its end while we still write.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        Reply::read(&answer)
    }

    /// What `/metrics` says of `name`, its labels included.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = String::from_utf8(self.get("/metrics").await.body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in\n{text}")).parse().unwrap()
    }

    /// Nobody is inside of a gate or waits at one.
    pub(crate) async fn assert_idle(&self) {
        for gate in ["fetch", "upload", "transform"] {
            for kind in ["running", "waiting"] {
                let name = format!("tintype_queue_{kind}{{gate=\"{gate}\"}}");
                assert_eq!(self.metric(&name).await, 0.0, "{name}");
            }
        }
    }
}

impl Reply {
    /// Status 0 is no answer at all.
    pub(crate) fn read(answer: &[u8]) -> Self {
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head, body: answer[end..].to_vec() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The API's number, 0 where there is none.
    pub(crate) fn code(&self) -> u16 {
        let resized = self.header("cf-resized").or(self.header("cf-images-binding"));
        resized.and_then(|value| value.strip_prefix("err=")?.parse().ok()).unwrap_or(0)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Ends after `limit`, which is a failure.
pub(crate) async fn within<T>(limit: Duration, what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| panic!("{what} takes longer than {limit:?}"))
}
