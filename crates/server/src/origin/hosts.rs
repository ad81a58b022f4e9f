//! What the operator says about single hosts: headers and credentials of requests, limits, clients of their own.

use std::time::Duration;

use http::HeaderMap;
use url::Url;

use super::AllowRule;
use super::remote::{Clients, Lookup};
use crate::config::{Config, OriginAuthConfig};

/// What is said about the hosts of one rule.
#[derive(Debug)]
pub(super) struct Host {
    rule: AllowRule,
    headers: HeaderMap,
    auth: OriginAuthConfig,
    /// Where it has a time limit for connecting that is not everybody's.
    pub(super) clients: Option<Clients>,
    pub(super) timeout: Duration,
    pub(super) limit_bytes: u64,
}

/// Of every host that something is said about, the most special first.
#[derive(Debug)]
pub(super) struct Hosts(Vec<Host>);

impl Hosts {
    /// Those of `config`. Headers that are not legal are left out: the configuration has none.
    pub(super) fn new(config: &Config, lookup: &Lookup) -> Result<Self, reqwest::Error> {
        let hosts = config.origins.hosts.rules.iter().map(|(rule, host)| {
            let clients = host.connect_timeout.map(|timeout| Clients::new(lookup, timeout.0)).transpose()?;
            let limit_bytes = config.limits.source_bytes.0;
            Ok(Host {
                rule: rule.clone(),
                headers: host.request_headers().unwrap_or_default(),
                auth: host.origin_auth,
                clients,
                timeout: host.timeout.unwrap_or(config.origins.timeout).0,
                limit_bytes: host.source_bytes.map_or(limit_bytes, |own| own.0.min(limit_bytes)),
            })
        });
        hosts.collect::<Result<_, _>>().map(Self)
    }

    /// What is said about `url`'s.
    pub(super) fn of(&self, url: &Url) -> Option<&Host> {
        self.0.iter().find(|host| host.rule.matches(url))
    }
}

impl Host {
    /// The headers of a request for `url`, which is one of this host's; none where they would be read on the way.
    pub(super) fn headers_for(&self, url: &Url) -> Option<&HeaderMap> {
        self.rule.may_tell(url).then_some(&self.headers)
    }

    /// Whether credentials of clients go to `url`, which is one of this host's.
    pub(super) fn shares(&self, url: &Url) -> bool {
        self.auth == OriginAuthConfig::SharePublicly && self.rule.may_tell(url)
    }
}
