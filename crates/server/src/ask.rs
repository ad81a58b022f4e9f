//! Asking another server to forget results: the client's half of `routes/purge.rs`.

use reqwest::{Client, StatusCode};
use serde_json::Value;
use url::Url;

use crate::config::Secret;
use crate::origin::install_tls;

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// All results.
    Everything,
    /// What was made of these sources: URLs, or paths of relative ones.
    Files(Vec<String>),
    /// What was made of sources whose URLs begin so, without the scheme: `img.example/cats/`.
    Prefixes(Vec<String>),
    /// What was made of sources on these hosts.
    Hosts(Vec<String>),
}

/// Why nothing was forgotten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The server cannot be reached.
    #[error("{server} cannot be asked: {source}")]
    Unreachable {
        /// Its URL.
        server: Url,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The server has no `cache.purge_token`, or is none of tintype's.
    #[error("{server} lets nobody purge: cache.purge_token is not set there")]
    Closed {
        /// Its URL.
        server: Url,
    },
    /// The server says no.
    #[error("{server} says {status}: {message}")]
    Refused {
        /// Its URL.
        server: Url,
        /// The HTTP status.
        status: StatusCode,
        /// Why.
        message: String,
    },
}

/// Has `server` forget results; the answer is how many.
pub async fn forget(server: &Url, token: &Secret, what: &Forget) -> Result<u64, AskError> {
    install_tls();
    let body = match what {
        Forget::Everything => serde_json::json!({ "purge_everything": true }),
        Forget::Files(files) => serde_json::json!({ "files": files }),
        Forget::Prefixes(prefixes) => serde_json::json!({ "prefixes": prefixes }),
        Forget::Hosts(hosts) => serde_json::json!({ "hosts": hosts }),
    };
    let mut url = server.clone();
    url.set_path("/client/v4/zones/tintype/purge_cache");
    let unreachable =
        |source: reqwest::Error| AskError::Unreachable { server: server.clone(), source: source.without_url() };
    let client = Client::builder().build().map_err(unreachable)?;
    let request = client.post(url).bearer_auth(token.reveal()).body(body.to_string());
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let answer: Value = serde_json::from_slice(&response.bytes().await.map_err(unreachable)?).unwrap_or_default();
    match status {
        StatusCode::OK => Ok(answer["result"]["purged"].as_u64().unwrap_or_default()),
        StatusCode::NOT_FOUND => Err(AskError::Closed { server: server.clone() }),
        status => {
            let message = answer["errors"][0]["message"].as_str().unwrap_or("no reason given").to_owned();
            Err(AskError::Refused { server: server.clone(), status, message })
        }
    }
}
