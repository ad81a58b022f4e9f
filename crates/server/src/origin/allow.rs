//! The allow-list: which hosts absolute sources may come from.
//!
//! A rule is `host[:port][/prefix]`, for example `images.example.com`, `*.example.com`, `127.0.0.1:9000/bucket`. Rules
//! are compared with a parsed URL, never with its text, so `example.com@evil.test` cannot pass for `example.com`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use super::addresses::Reach;

/// One entry of the allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowRule {
    /// Whether only names below `host` match, as `*.host` asks.
    subdomains: bool,
    /// Normalised as [`Url`] normalises: lower case, punycode.
    host: Host<String>,
    /// `None` means the scheme's own port.
    port: Option<u16>,
    /// Starts with a slash and does not end with one, or is empty.
    prefix: String,
}

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a host to allow: write host[:port][/prefix], for example \"images.example.com\", \"*.example.com\" or \"127.0.0.1:9000/bucket\""
)]
pub struct AllowRuleError {
    text: String,
}

impl AllowRule {
    /// The rule that covers `base` and everything below it.
    pub(crate) fn covering(base: &Url) -> Option<Self> {
        Some(Self {
            subdomains: false,
            host: base.host()?.to_owned(),
            port: base.port(),
            prefix: base.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether `url` is a source this rule allows. The scheme must be http or https: the caller has checked it.
    pub(crate) fn matches(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        self.matches_host(&host) && url.port() == self.port_for(url.scheme()) && self.matches_path(url.path())
    }

    /// Whether `url` is of this rule's host, at its port or, where the rule has none, at any; its path does not matter.
    pub(super) fn covers_host(&self, url: &Url) -> bool {
        url.host().is_some_and(|host| self.matches_host(&host))
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }

    /// How far a host that matched may be trusted with its addresses.
    pub(crate) fn reach(&self) -> Reach {
        match (&self.host, self.subdomains) {
            (_, true) => Reach::Public,
            (Host::Domain(_), false) => Reach::Named,
            (Host::Ipv4(_) | Host::Ipv6(_), false) => Reach::Literal,
        }
    }

    /// How special it is: of several rules that match, the greatest says more about a URL than the others.
    pub(crate) fn specialty(&self) -> (usize, bool, usize, bool) {
        let host = self.host.to_string().len();
        (self.prefix.len(), !self.subdomains, host, self.port.is_some())
    }

    /// Whether what is secret may be sent to `url`, which matches: over https, and over http where the operator named a port that is
    /// not that of https.
    pub(super) fn may_tell(&self, url: &Url) -> bool {
        url.scheme() == "https" || self.port.is_some_and(|port| port != 443)
    }

    fn matches_host(&self, host: &Host<&str>) -> bool {
        match (&self.host, host) {
            (Host::Domain(rule), Host::Domain(host)) if self.subdomains => {
                host.strip_suffix(rule.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Host::Domain(rule), Host::Domain(host)) => rule == host,
            (rule, host) => address(rule).is_some_and(|rule| address(host) == Some(rule)),
        }
    }

    /// The rule's port as [`Url::port`] would give it: `None` for the scheme's own.
    fn port_for(&self, scheme: &str) -> Option<u16> {
        let default = if scheme == "https" { 443 } else { 80 };
        self.port.filter(|&port| port != default)
    }

    fn matches_path(&self, path: &str) -> bool {
        if self.prefix.is_empty() {
            return true;
        }
        // An origin may decode these into separators after we compared, and step out of the prefix.
        let lower = path.to_ascii_lowercase();
        if ["%2f", "%5c", "%2e"].iter().any(|hidden| lower.contains(hidden)) {
            return false;
        }
        path.strip_prefix(&self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn address<S>(host: &Host<S>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(v4) => Some((*v4).into()),
        Host::Ipv6(v6) => Some((*v6).into()),
    }
}

impl FromStr for AllowRule {
    type Err = AllowRuleError;

    fn from_str(text: &str) -> Result<Self, AllowRuleError> {
        let refused = || AllowRuleError { text: text.to_owned() };
        let (subdomains, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let unexpected =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '@' | '?' | '#' | '\\' | '%');
        if rest.is_empty() || rest.contains(unexpected) || rest.contains("://") {
            return Err(refused());
        }
        // A port that is the scheme's own is dropped by the parser; the other scheme keeps it.
        let url = Url::parse(&format!("http://{rest}")).map_err(|_parse| refused())?;
        let other = Url::parse(&format!("https://{rest}")).map_err(|_parse| refused())?;
        let host = url.host().ok_or_else(refused)?.to_owned();
        if subdomains && !matches!(host, Host::Domain(_)) {
            return Err(refused());
        }
        Ok(Self {
            subdomains,
            host,
            port: url.port().or(other.port()),
            prefix: url.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for AllowRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stars = if self.subdomains { "*." } else { "" };
        write!(f, "{stars}{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.prefix)
    }
}

impl Serialize for AllowRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AllowRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_match_what_they_name_and_nothing_else() {
        let table = [
            ("a.com", "https://a.com/x.jpg", true),
            ("a.com", "http://a.com/x.jpg", true),
            ("A.com", "https://a.COM/x.jpg", true),
            ("a.com", "https://a.com:8443/x.jpg", false),
            ("a.com", "https://b.a.com/x.jpg", false),
            ("a.com", "https://a.com.evil.test/x.jpg", false),
            ("a.com", "https://evil-a.com/x.jpg", false),
            ("a.com:443", "https://a.com/x.jpg", true),
            ("a.com:443", "http://a.com/x.jpg", false),
            ("a.com:80", "http://a.com/x.jpg", true),
            ("a.com:80", "https://a.com/x.jpg", false),
            ("a.com:9000", "http://a.com:9000/x.jpg", true),
            ("a.com:9000", "http://a.com/x.jpg", false),
            ("*.b.com", "https://a.b.com/x.jpg", true),
            ("*.b.com", "https://a.a.b.com/x.jpg", true),
            ("*.b.com", "https://b.com/x.jpg", false),
            ("*.b.com", "https://.b.com/x.jpg", false),
            ("*.b.com", "https://evilb.com/x.jpg", false),
            ("a.com/pub", "https://a.com/pub/x.jpg", true),
            ("a.com/pub/", "https://a.com/pub/x.jpg", true),
            ("a.com/pub", "https://a.com/pub", true),
            ("a.com/pub", "https://a.com/public/x.jpg", false),
            ("a.com/pub", "https://a.com/pub/../x.jpg", false),
            ("a.com/pub", "https://a.com/pub/%2e%2e/x.jpg", false),
            ("a.com/pub", "https://a.com/pub/..%2fx.jpg", false),
            ("a.com/pub", "https://a.com/pub/..%5Cx.jpg", false),
            ("127.0.0.1:9000", "http://127.0.0.1:9000/x", true),
            ("127.0.0.1:9000", "http://0x7f.1:9000/x", true),
            ("127.0.0.1:9000", "http://127.0.0.1:22/x", false),
            ("127.0.0.1:9000", "http://localhost:9000/x", false),
            ("[::1]:9000", "http://[::1]:9000/x", true),
            ("bücher.example", "https://xn--bcher-kva.example/x", true),
        ];
        for (rule, url, expected) in table {
            let rule: AllowRule = rule.parse().unwrap();
            assert_eq!(rule.matches(&Url::parse(url).unwrap()), expected, "{rule} {url}");
        }
    }

    #[test]
    fn what_is_not_a_host_is_refused() {
        for text in
            ["", "*", "*.", "https://a.com", "a b", "user@a.com", "a.com?x", "*.127.0.0.1", "a.com:99999", "a.*"]
        {
            assert!(text.parse::<AllowRule>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn display_reads_back() {
        for text in ["a.com", "*.a.com:8443", "127.0.0.1:9000/bucket", "[::1]:80"] {
            let rule: AllowRule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
            assert_eq!(rule.to_string().parse::<AllowRule>().unwrap(), rule);
        }
    }
}
