//! Which addresses a source may be fetched from.
//!
//! Works on addresses alone, after the name was resolved; it knows neither names nor allow-lists. An address counts as
//! public only when it is globally reachable unicast by the IANA special-purpose registries (RFC 6890 and its updates);
//! IPv6 addresses that carry an IPv4 address are judged by what they carry.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a host may be trusted with its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Only globally reachable unicast.
    Public,
    /// Also loopback, private, shared (CGNAT) and unique-local: the operator named this host. Never link-local, where
    /// clouds answer with credentials, and nothing that is not one host.
    Named,
    /// Whatever it is: the operator wrote this very address.
    Literal,
}

impl Reach {
    /// Whether a connection to `address` is allowed.
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Named => is_public(address) || is_local(address),
            Self::Literal => true,
        }
    }
}

/// Whether `address` is globally reachable unicast.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Whether `address` is one host of a local network: loopback, private, shared or unique-local.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || in_v4(v4, [100, 64, 0, 0], 10),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_local(v4.into()),
            None => v6.is_loopback() || in_v6(v6, 0xfc00 << 112, 7),
        },
    }
}

/// Blocks that are not globally reachable unicast, as (first address, prefix length).
const V4_REFUSED: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),       // this network, unspecified
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // shared by carriers
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([198, 18, 0, 0], 15),   // benchmarking
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 4),     // multicast
    ([240, 0, 0, 0], 4),     // reserved, broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4_REFUSED.iter().any(|&(block, bits)| in_v4(address, block, bits))
}

/// Blocks inside 2000::/3, the only global unicast there is, that are refused.
const V6_REFUSED: &[(u128, u32)] = &[
    (0x2001 << 112, 23),                    // protocol assignments: Teredo, benchmarking, ORCHID
    ((0x2001 << 112) | (0x0db8 << 96), 32), // documentation
    (0x2002 << 112, 16),                    // 6to4
    (0x3fff << 112, 20),                    // documentation
];

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let low_v4 = Ipv4Addr::from_bits(address.to_bits() as u32);
    // The well-known NAT64 prefix is how a host without IPv4 reaches a public IPv4 address (RFC 6052).
    if in_v6(address, 0x0064_ff9b << 96, 96) {
        return is_public_v4(low_v4);
    }
    // ISATAP writes an IPv4 address behind 0000:5efe or 0200:5efe (RFC 5214).
    let isatap = matches!((address.to_bits() >> 32) as u32, 0x0000_5efe | 0x0200_5efe);
    in_v6(address, 0x2000 << 112, 3)
        && !V6_REFUSED.iter().any(|&(block, bits)| in_v6(address, block, bits))
        && (!isatap || is_public_v4(low_v4))
}

fn in_v4(address: Ipv4Addr, block: [u8; 4], bits: u32) -> bool {
    (address.to_bits() ^ u32::from_be_bytes(block)) >> (32 - bits) == 0
}

fn in_v6(address: Ipv6Addr, block: u128, bits: u32) -> bool {
    (address.to_bits() ^ block) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_global_unicast_is_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2606:4700::5efe:808:808",
        ];
        let refused = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::8.8.8.8",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:8.8.8.8",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2606:4700::5efe:a00:1",
            "2606:4700::200:5efe:7f00:1",
            "4000::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text} must be public");
        }
        for text in refused {
            assert!(!is_public(text.parse().unwrap()), "{text} must be refused");
        }
    }

    #[test]
    fn a_named_host_may_be_local_but_never_link_local() {
        let allowed = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1", "8.8.8.8"];
        let refused = ["169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1"];
        for text in allowed {
            assert!(Reach::Named.allows(text.parse().unwrap()), "{text}");
        }
        for text in refused {
            assert!(!Reach::Named.allows(text.parse().unwrap()), "{text}");
            assert!(Reach::Literal.allows(text.parse().unwrap()), "{text}");
        }
    }
}
