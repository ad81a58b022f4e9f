//! Accepting connections, and letting go of them without losing an answer.
//!
//! Done by hand rather than by axum's own loop for what it has not: time limits for clients that send a request's head or body, or
//! take its answer, too slowly or never; a bound on connections; and a shutdown that ends even when a client does not.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::{Router, middleware};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::clients::Peer;
use crate::config::ServerConfig;
use crate::stall::{Timed, WithoutStalls};

/// Bytes of a request's head; twice what URLs may have, and room for headers.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Connections open at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 8192;

/// Pause after the system could not accept, as when it has no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// How long is waited for clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the head of a request, and for another request.
    pub(crate) head: Duration,
    /// For the whole body of a request.
    pub(crate) body: Duration,
    /// For a client to take something of its answer.
    pub(crate) stall: Duration,
    /// After the end, for what was begun.
    pub(crate) grace: Duration,
}

impl Patience {
    /// What `server` says.
    pub(crate) fn of(server: &ServerConfig) -> Self {
        let ServerConfig { head_timeout, timeout, stall_timeout, shutdown, .. } = server;
        Self { head: head_timeout.0, body: timeout.0, stall: stall_timeout.0, grace: shutdown.0 }
    }
}

/// Answers on `listener` until `stop`; after that, what was begun may go on for as long as `patience` says.
///
/// Returns the number of connections that were cut off.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    patience: Patience,
) -> usize {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(MAX_HEAD_BYTES);
    let timed = move |request: Request| async move {
        match request.body().is_end_stream() {
            true => request,
            false => request.map(|body| Body::new(Timed::new(body, patience.body))),
        }
    };
    let router = router.layer(middleware::map_request(timed));
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            () = &mut stop => break,
        };
        let (stream, peer, slot) = match accepted {
            Ok(accepted) => accepted,
            // The client has gone already.
            Err(error) if is_of_client(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // An answer's last packet must not wait for an acknowledgement. Fails only for connections that are gone.
        drop(stream.set_nodelay(true));
        let answers = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            answers.call(request)
        });
        let stream = TokioIo::new(WithoutStalls::new(stream, patience.stall));
        let connection = graceful.watch(http.serve_connection(stream, service));
        tokio::spawn(async move {
            // A client that goes away or talks nonsense is no matter of ours.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    let open = graceful.count();
    match tokio::time::timeout(patience.grace, graceful.shutdown()).await {
        Ok(()) => 0,
        Err(_elapsed) => open,
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, impl Send + use<>)> {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused)
}
