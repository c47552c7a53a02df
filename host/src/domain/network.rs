//! Networks: addresses that begin alike.

use core::net::{IpAddr, Ipv6Addr};

/// A network, or a single address. One of IPv4 that is written in IPv6 (`::ffff:10.0.0.0/104`) is the one of IPv4: a
/// socket for both tells of callers in that form, and nobody means another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u32,
}

/// What stands before an address of IPv4 that is written in IPv6, in bits.
const MAPPED_PREFIX_BITS: u32 = 96;

impl Network {
    /// One address.
    pub(crate) fn single(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let prefix = bits(address);
        Self { address, prefix }
    }

    /// The network, or the address, that a text such as `10.0.0.0/8` is.
    ///
    /// # Errors
    /// With what is wrong, which follows on the text.
    pub(crate) fn of(text: &str) -> Result<Self, String> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| "has no address in it")?;
        match prefix {
            Some(prefix) => Self::parse(address, prefix),
            None => Ok(Self::single(address)),
        }
    }

    /// The network of `prefix` bits that begins at `address`.
    ///
    /// # Errors
    /// With what is wrong, which follows on "which".
    pub(crate) fn parse(address: IpAddr, prefix: &str) -> Result<Self, String> {
        let prefix = prefix.parse().ok().filter(|bits_| *bits_ <= bits(address));
        let prefix =
            prefix.ok_or_else(|| format!("has a network of more than {} bits", bits(address)))?;
        let network = Self { address, prefix };
        let first = network.first();
        if first != address {
            return Err(format!(
                "has a network that does not begin at its address: {first}/{prefix} does"
            ));
        }
        Ok(network.canonical())
    }

    /// The same, of IPv4 where all of it is.
    fn canonical(self) -> Self {
        let address = self.address.to_canonical();
        match self.prefix.checked_sub(MAPPED_PREFIX_BITS) {
            Some(prefix) if address != self.address => Self { address, prefix },
            _ => self,
        }
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && (value(address) ^ value(self.address)) & self.mask() == 0
    }

    pub(crate) fn is_single(&self) -> bool {
        self.prefix == bits(self.address)
    }

    fn mask(&self) -> u128 {
        let free = bits(self.address) - self.prefix;
        u128::MAX.checked_shl(free).unwrap_or(0)
    }

    fn first(&self) -> IpAddr {
        let first = value(self.address) & self.mask();
        match (self.address, u32::try_from(first)) {
            (IpAddr::V4(_), Ok(bits)) => IpAddr::V4(bits.into()),
            (IpAddr::V4(_) | IpAddr::V6(_), _) => IpAddr::V6(Ipv6Addr::from_bits(first)),
        }
    }
}

fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv4_is_the_same_however_it_and_its_addresses_are_written() {
        for (network, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("::ffff:10.0.0.1/128", "10.0.0.1", "10.0.0.2"),
            ("::ffff:a00:0/104", "10.255.0.1", "11.0.0.1"),
            ("::ffff:0:0/96", "192.0.2.1", "2001:db8::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("0.0.0.0/0", "::ffff:192.0.2.1", "::1"),
            ("fd00::/8", "fd00::1", "::ffff:10.0.0.1"),
            ("::/0", "::fffe:a00:1", "10.0.0.1"),
        ] {
            let found = Network::of(network).expect(network);
            let contains = |address: &str| found.contains(address.parse().expect("an address"));
            assert!(contains(inside), "{network} {inside}");
            assert!(!contains(outside), "{network} {outside}");
        }
        let written = |text| Network::of(text).expect(text);
        assert_eq!(written("::ffff:10.0.0.0/104"), written("10.0.0.0/8"));
        assert!(written("::ffff:10.0.0.1").is_single());
    }

    #[test]
    fn a_network_begins_at_its_address_however_it_is_written() {
        let refused = Network::of("::ffff:10.0.0.1/104").expect_err("it begins elsewhere");
        assert!(refused.contains("::ffff:10.0.0.0/104 does"), "{refused}");
        assert!(Network::of("::ffff:0:0/95").is_err());
    }
}
