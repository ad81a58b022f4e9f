//! Who asks, and how much of the server one client may have at once.
//!
//! Off by default. With `limits.per_client`, so many requests of one client are in progress, whatever they wait for; the next is
//! refused with 429, so that nobody fills the queues alone. Clients are told apart by the addresses of their connections or, behind a
//! proxy, by the header in which that one names them. Of an IPv6 address the first 64 bits count: the rest is the client's own to
//! choose.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Extensions, HeaderMap, HeaderName};

use crate::config::Config;

/// The other end of a connection, among a request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Requests in progress, by client.
#[derive(Debug)]
pub(crate) struct Clients {
    most: usize,
    /// Where a proxy names the client.
    header: Option<HeaderName>,
    asking: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A request of a client; dropped when it is answered.
#[derive(Debug)]
pub(crate) struct Asking {
    client: IpAddr,
    asking: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The client has as many requests in progress as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Clients {
    /// As `config` says.
    pub(crate) fn new(config: &Config) -> Self {
        let header = HeaderName::try_from(config.server.client_header.as_str()).ok();
        Self { most: config.limits.per_client, header, asking: Arc::default() }
    }

    /// Counts a request until it is dropped; nothing where nothing is bounded, or nobody knows who asks.
    pub(crate) fn begin(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<Option<Asking>, TooMany> {
        if self.most == 0 {
            return Ok(None);
        }
        let Some(client) = self.client(headers, extensions) else { return Ok(None) };
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let n = asking.entry(client).or_default();
        if *n >= self.most {
            return Err(TooMany);
        }
        *n += 1;
        Ok(Some(Asking { client, asking: Arc::clone(&self.asking) }))
    }

    fn client(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        // What comes before the last entry was written by whoever asked the proxy.
        let named = self.header.as_ref().and_then(|name| headers.get_all(name).iter().next_back()?.to_str().ok());
        let named = named.and_then(|value| address(value.rsplit(',').next().unwrap_or_default().trim()));
        let peer = || extensions.get::<Peer>().map(|peer| peer.0.ip());
        named.or_else(peer).map(|address| match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// An address, with or without a port or brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n) = asking.get_mut(&self.client) {
            *n -= 1;
            if *n == 0 {
                // Clients come and go; who is not here takes no memory.
                asking.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(per_client: usize, header: &str) -> Clients {
        let mut config = Config::default();
        config.limits.per_client = per_client;
        header.clone_into(&mut config.server.client_header);
        Clients::new(&config)
    }

    fn from(peer: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        extensions
    }

    #[test]
    fn each_client_has_so_many_and_gives_them_back() {
        let clients = clients(2, "");
        let ask = |peer| clients.begin(&HeaderMap::new(), &from(peer));
        let (one, two) = (ask("192.0.2.1:1").unwrap(), ask("192.0.2.1:2").unwrap());
        assert_eq!(ask("192.0.2.1:3").unwrap_err(), TooMany);
        let other = ask("192.0.2.2:1").unwrap();
        drop(one);
        let three = ask("192.0.2.1:3").unwrap();
        assert!(three.is_some() && ask("192.0.2.1:4").is_err());
        drop((two, three, other));
        assert!(clients.asking.lock().unwrap().is_empty());
    }

    #[test]
    fn what_a_proxy_says_counts_where_it_is_configured() {
        let headers = |values: &[&str]| {
            values
                .iter()
                .map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        let who = |header: &str, values: &[&str], peer: &str| {
            clients(1, header).client(&headers(values), &from(peer)).unwrap().to_string()
        };
        let table: [(&str, &[&str], &str, &str); 9] = [
            ("", &["198.51.100.7"], "192.0.2.1:9", "192.0.2.1"),
            ("X-Forwarded-For", &["198.51.100.7"], "192.0.2.1:9", "198.51.100.7"),
            ("X-Forwarded-For", &["1.2.3.4, 198.51.100.7"], "192.0.2.1:9", "198.51.100.7"),
            ("X-Forwarded-For", &["1.2.3.4", "198.51.100.7:77"], "192.0.2.1:9", "198.51.100.7"),
            ("X-Forwarded-For", &["nobody"], "192.0.2.1:9", "192.0.2.1"),
            ("X-Forwarded-For", &[], "192.0.2.1:9", "192.0.2.1"),
            ("X-Forwarded-For", &["[2001:db8:1:2:3:4:5:6]:443"], "192.0.2.1:9", "2001:db8:1:2::"),
            ("", &[], "[2001:db8:1:2:ffff::1]:9", "2001:db8:1:2::"),
            ("", &[], "[::ffff:192.0.2.1]:9", "192.0.2.1"),
        ];
        for (header, values, peer, expected) in table {
            assert_eq!(who(header, values, peer), expected, "{header} {values:?} {peer}");
        }
    }

    #[test]
    fn nothing_is_bounded_unless_it_is_configured() {
        let clients = clients(0, "");
        let asking: Vec<_> = (0..100).map(|_| clients.begin(&HeaderMap::new(), &from("192.0.2.1:1"))).collect();
        assert!(asking.iter().all(|asking| matches!(asking, Ok(None))));
    }
}
