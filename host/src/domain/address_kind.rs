//! What an IP address is good for: the public net, or something that is nobody's business but the host's.
//!
//! Public is only what the registries hand out for it. Whatever is for special use has a name here, also
//! where it hides in another address: IPv4 in IPv6 is judged by what it leads to, or, where a relay in
//! between decides that, counts as special itself.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// Credentials and secrets of a machine in a cloud are told there to whoever asks.
    Metadata,
    /// This machine.
    Loopback,
    /// This machine, or none at all.
    Unspecified,
    /// A network of one's own.
    Private,
    /// Between a provider and its customers.
    Shared,
    /// The same cable.
    LinkLocal,
    /// Several machines.
    Multicast,
    /// All machines of a network.
    Broadcast,
    /// Examples in documents.
    Documentation,
    /// Measurements of devices.
    Benchmark,
    /// An address of IPv4 behind a relay for IPv6.
    Tunnelled,
    /// Nothing yet, or nothing any more.
    Reserved,
}

impl AddressKind {
    /// The kind of an address; `None` for a public one.
    pub fn of(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// The kind in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Self::Metadata => "the address of a cloud's metadata service",
            Self::Loopback => "a loopback address",
            Self::Unspecified => "an unspecified address",
            Self::Private => "a private address",
            Self::Shared => "an address shared behind a provider's translation",
            Self::LinkLocal => "a link-local address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Documentation => "an address for documentation",
            Self::Benchmark => "an address for benchmarks",
            Self::Tunnelled => "an IPv4 address behind a relay",
            Self::Reserved => "a reserved address",
        }
    }
}

/// Metadata services of AWS, Azure, Google and others, AWS's credentials of tasks, Azure's agent, and
/// those of Alibaba and Oracle.
const METADATA_V4: [[u8; 4]; 5] = [
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [168, 63, 129, 16],
    [100, 100, 100, 200],
    [192, 0, 0, 192],
];

/// Metadata services of AWS and of Google.
const METADATA_V6: [[u16; 8]; 2] = [
    [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254],
    [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254],
];

fn of_v4(address: Ipv4Addr) -> Option<AddressKind> {
    let octets = address.octets();
    if METADATA_V4.contains(&octets) {
        return Some(AddressKind::Metadata);
    }
    Some(match octets {
        [0, 0, 0, 0] => AddressKind::Unspecified,
        [0, ..] => AddressKind::Reserved,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressKind::Private,
        [100, 64..=127, ..] => AddressKind::Shared,
        [127, ..] => AddressKind::Loopback,
        [169, 254, ..] => AddressKind::LinkLocal,
        // Of protocols; a relay for IPv6, out of use.
        [192, 0, 0, _] | [192, 88, 99, _] => AddressKind::Reserved,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressKind::Documentation,
        [198, 18..=19, ..] => AddressKind::Benchmark,
        [224..=239, ..] => AddressKind::Multicast,
        [255, 255, 255, 255] => AddressKind::Broadcast,
        [240..=255, ..] => AddressKind::Reserved,
        _ => return None,
    })
}

fn of_v6(address: Ipv6Addr) -> Option<AddressKind> {
    let segments = address.segments();
    if METADATA_V6.contains(&segments) {
        return Some(AddressKind::Metadata);
    }
    Some(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressKind::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressKind::Loopback,
        // What a translator between the two makes of an address: it leads to the one inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => return of_v4(joined(high, low)),
        // A translator of one's own; IPv4 in the oldest form; Teredo; 6to4.
        [0x64, 0xff9b, 1, ..] | [0, 0, 0, 0, 0, 0, ..] | [0x2001, 0, ..] | [0x2002, ..] => {
            AddressKind::Tunnelled
        }
        [0x2001, 2, 0, ..] => AddressKind::Benchmark,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => AddressKind::Documentation,
        [0x2001, 1..=0x1ff, ..] => AddressKind::Reserved,
        [0x2000..=0x3fff, ..] => return None,
        // Unique local, and what was called site-local before it.
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressKind::Private,
        [0xfe80..=0xfebf, ..] => AddressKind::LinkLocal,
        [0xff00..=0xffff, ..] => AddressKind::Multicast,
        _ => AddressKind::Reserved,
    })
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<AddressKind> {
        AddressKind::of(text.parse().expect("an address"))
    }

    #[test]
    fn whatever_is_not_handed_out_for_the_public_net_has_a_kind() {
        use AddressKind::*;
        for (expected, addresses) in [
            (
                Metadata,
                &[
                    "169.254.169.254",
                    "169.254.170.2",
                    "168.63.129.16",
                    "100.100.100.200",
                    "192.0.0.192",
                    "fd00:ec2::254",
                    "fd20:ce::254",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a9fe:a9fe",
                ][..],
            ),
            (Unspecified, &["0.0.0.0", "::", "::ffff:0.0.0.0"]),
            (
                Loopback,
                &[
                    "127.0.0.1",
                    "127.255.255.255",
                    "::1",
                    "::ffff:127.0.0.1",
                    "64:ff9b::127.0.0.1",
                ],
            ),
            (
                Private,
                &[
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.168.0.1",
                    "::ffff:10.1.2.3",
                    "64:ff9b::192.168.1.1",
                    "fc00::1",
                    "fdff::1",
                    "fec0::1",
                ],
            ),
            (Shared, &["100.64.0.0", "100.127.255.255"]),
            (LinkLocal, &["169.254.0.1", "fe80::1", "febf::1"]),
            (Multicast, &["224.0.0.1", "239.255.255.255", "ff02::1"]),
            (Broadcast, &["255.255.255.255"]),
            (
                Documentation,
                &[
                    "192.0.2.1",
                    "198.51.100.1",
                    "203.0.113.1",
                    "2001:db8::1",
                    "3fff::1",
                    "3fff:fff::1",
                ],
            ),
            (Benchmark, &["198.18.0.1", "198.19.255.255", "2001:2::1"]),
            (
                Tunnelled,
                &[
                    "::127.0.0.1",
                    "::8.8.8.8",
                    "2002:7f00:1::",
                    "2001::1",
                    "64:ff9b:1::1",
                ],
            ),
            (
                Reserved,
                &[
                    "0.0.0.1",
                    "0.255.255.255",
                    "192.0.0.1",
                    "192.88.99.1",
                    "240.0.0.1",
                    "255.255.255.254",
                    "2001:10::1",
                    "2001:1ff::1",
                    "100::1",
                    "4000::1",
                    "1000::1",
                    "::1:0:0:0",
                ],
            ),
        ] {
            for address in addresses {
                assert_eq!(kind(address), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn neighbours_of_special_networks_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2600::1",
            "3fff:1000::1",
        ] {
            assert_eq!(kind(address), None, "{address}");
        }
    }
}
