//! An S3 server of one test's own: `s3s` over a temporary folder, on a free port of loopback, gone when dropped.
//!
//! It speaks the protocol, with signatures, and is none of ours. Buckets are folders: [`S3::bucket`] makes one.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running server; [`S3::endpoint`], [`S3::ACCESS_KEY`] and [`S3::SECRET_KEY`] open it.
#[derive(Debug)]
pub struct S3 {
    folder: TempDir,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: Option<thread::JoinHandle<()>>,
}

impl S3 {
    /// The access key id that it accepts.
    pub const ACCESS_KEY: &str = "tintype";
    /// The secret key that goes with it.
    pub const SECRET_KEY: &str = "tintype-secret";

    /// Starts a server without buckets.
    ///
    /// # Panics
    ///
    /// When there is no temporary folder, port or thread for it.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("tintype-s3-").tempdir().expect("a temporary folder");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("s3s opens its folder"));
        builder.set_auth(SimpleAuth::from_single(Self::ACCESS_KEY, Self::SECRET_KEY));
        let service = builder.build();
        // Bound here, and without the runtime, because a test may be one already.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener need not block");
        let address = listener.local_addr().expect("a bound listener has an address");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (stop, mut stopped) = oneshot::channel();
        let server = thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("it does not block");
                loop {
                    let accepted = tokio::select! {
                        accepted = listener.accept() => accepted,
                        _ = &mut stopped => return,
                    };
                    let Ok((socket, _)) = accepted else { continue };
                    let http = auto::Builder::new(TokioExecutor::new());
                    let connection = http.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
                    tokio::spawn(async move {
                        // A client that goes away is no failure of the server.
                        let _ = connection.await;
                    });
                }
            });
        });
        Self { folder, address, stop: Some(stop), server: Some(server) }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a bucket and returns the folder that holds its objects, under their keys.
    pub fn bucket(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).expect("a folder for the bucket");
        folder
    }

    /// The environment variables that `object_store` and Amazon's own tools read.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT", self.endpoint()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", Self::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", Self::SECRET_KEY.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}
