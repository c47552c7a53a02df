//! How callers reach a server besides at its address: the options for names and what stands in front of it.

use std::net::IpAddr;

use clap::Args;
use sparkler::HostConfig;

use super::listen::ListenAddress;

/// Options of how a server is reached.
#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    /// A name of this host under which its API may be asked, besides addresses, localhost and the name
    /// that it listens on. What asks under another name is refused, since it may be a web page
    #[arg(
        long = "host-name",
        value_name = "NAME",
        env = "SPARKLER_HOST_NAME",
        value_delimiter = ','
    )]
    host_names: Vec<String>,

    /// A proxy in front of this host, or a network of them, that is believed when it tells who a caller is
    /// and by which scheme it came: in X-Forwarded-For and X-Forwarded-Proto, or in Forwarded
    #[arg(
        long = "trusted-proxy",
        value_name = "CIDR",
        env = "SPARKLER_TRUSTED_PROXY",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<String>,
}

impl ReachArgs {
    /// Has `config` know how the server is reached that listens there.
    pub(super) fn apply(&self, config: &mut HostConfig, listen: &ListenAddress) {
        config.host_names = self.host_names(listen);
        config.trusted_proxies = self.trusted_proxies.clone();
    }

    /// The names of the server: those that were listed, and the one that it listens on.
    fn host_names(&self, listen: &ListenAddress) -> Vec<String> {
        let listened = Some(listen.host()).filter(|host| host.parse::<IpAddr>().is_err());
        let listed = self.host_names.iter().cloned();
        listed.chain(listened.map(str::to_owned)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_is_listened_on_is_a_name_of_the_server() {
        let args = ReachArgs {
            host_names: vec!["a.example".into()],
            trusted_proxies: Vec::new(),
        };
        let names = |listen: &str| args.host_names(&listen.parse().expect("an address"));
        assert_eq!(names("box.example:80"), ["a.example", "box.example"]);
        for address in ["9001", "127.0.0.1:0", "[::1]:80"] {
            assert_eq!(names(address), ["a.example"]);
        }
    }
}
