//! The headers that `origin-auth=share-publicly` passes on to a source's own server. No others ever are.

use http::HeaderMap;

/// Their names, as Cloudflare documents them.
const PASSED: [&str; 9] = [
    "authorization",
    "cookie",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-ms-date",
    "x-ms-version",
    "x-sa-date",
    "cf-access-client-id",
    "cf-access-client-secret",
];

/// A client's credentials, and to whom they may go.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// The request asks for it: to the source's own server, whatever that is.
    Asked(HeaderMap),
    /// The operator wants it: to hosts with `origin_auth = "share-publicly"`.
    Configured(HeaderMap),
}

impl Credentials {
    /// Those of a request that asks for it.
    pub(crate) fn asked(headers: &HeaderMap) -> Self {
        Self::Asked(passed(headers))
    }

    /// Those of a request, if it has any, for hosts that they are passed on to.
    pub(crate) fn configured(headers: &HeaderMap) -> Option<Self> {
        Some(passed(headers)).filter(|headers| !headers.is_empty()).map(Self::Configured)
    }

    /// All of them.
    pub(crate) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Asked(headers) | Self::Configured(headers) => headers,
        }
    }
}

fn passed(headers: &HeaderMap) -> HeaderMap {
    let mut credentials = HeaderMap::new();
    for name in PASSED {
        for value in headers.get_all(name) {
            credentials.append(name, value.clone());
        }
    }
    credentials
}
