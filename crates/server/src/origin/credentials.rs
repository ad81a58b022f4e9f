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

/// Those of a request's headers, with all their values.
pub(crate) fn of(headers: &HeaderMap) -> HeaderMap {
    let mut credentials = HeaderMap::new();
    for name in PASSED {
        for value in headers.get_all(name) {
            credentials.append(name, value.clone());
        }
    }
    credentials
}
