//! Networks: addresses that begin alike.

use core::net::{IpAddr, Ipv6Addr};

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// One address.
    pub(crate) fn single(address: IpAddr) -> Self {
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
        Ok(network)
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
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
