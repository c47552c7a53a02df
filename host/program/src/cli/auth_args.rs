//! Whether a server asks those who call who they are: the options for that.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};

/// What a server asks of those who call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Auth {
    /// Nobody is asked: whoever reaches the address may do everything
    None,
    /// Requests are signed with a key, as AWS's clients sign them
    Sigv4,
}

/// Options of who may call a server.
#[derive(Debug, Args)]
pub(super) struct AuthArgs {
    /// Whether callers have to say who they are [default: sigv4 with --keys, else none]
    #[arg(
        long,
        value_name = "HOW",
        env = "SPARKLER_AUTH",
        help_heading = "Who may call"
    )]
    auth: Option<Auth>,

    /// The file of keys, which `sparkler keys new` writes: who is known, and what each may do
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_KEYS",
        help_heading = "Who may call"
    )]
    keys: Option<PathBuf>,

    /// Serve on an address that other machines reach although nobody is asked who they are
    #[arg(long, help_heading = "Who may call")]
    insecure_no_auth: bool,
}

impl AuthArgs {
    /// The file of keys, where callers are asked.
    pub(super) fn keys(&self) -> anyhow::Result<Option<PathBuf>> {
        match (self.auth, &self.keys) {
            (Some(Auth::Sigv4), None) => bail!(
                "--auth sigv4 needs to know who may call. Make a key with `sparkler keys new --keys keys.toml --user \
                 NAME`, and name the file with --keys."
            ),
            (Some(Auth::None), Some(_)) => {
                bail!("--auth none asks for no keys, and --keys names some. Leave out one of them.")
            }
            (_, keys) => Ok(keys.clone()),
        }
    }

    /// Refuses an address that strangers may reach, where nobody is asked who they are.
    pub(super) fn check(&self, address: SocketAddr) -> anyhow::Result<()> {
        if address.ip().is_loopback() || self.keys.is_some() || self.insecure_no_auth {
            return Ok(());
        }
        bail!(
            "{address} can be reached from other machines, and this server would ask nobody who they are: whoever \
             reaches it could run, replace and delete every function. Name a file of keys with --keys (`sparkler keys \
             new` makes one), listen on 127.0.0.1, or say --insecure-no-auth if the network is yours alone."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(auth: Option<Auth>, keys: Option<&str>) -> AuthArgs {
        AuthArgs {
            auth,
            keys: keys.map(PathBuf::from),
            insecure_no_auth: false,
        }
    }

    #[test]
    fn keys_are_asked_for_where_there_are_some() {
        let keys = |auth, keys| args(auth, keys).keys().map_err(|error| error.to_string());
        assert_eq!(keys(None, None), Ok(None));
        assert_eq!(keys(Some(Auth::None), None), Ok(None));
        assert_eq!(keys(None, Some("k")), Ok(Some("k".into())));
        assert_eq!(keys(Some(Auth::Sigv4), Some("k")), Ok(Some("k".into())));
        for (auth, file) in [(Auth::Sigv4, None), (Auth::None, Some("k"))] {
            let text = keys(Some(auth), file).unwrap_err();
            assert!(text.contains("--keys"), "{text}");
        }
    }

    #[test]
    fn an_address_that_strangers_reach_needs_keys_or_a_word() {
        let check = |args: &AuthArgs, address: &str| args.check(address.parse().unwrap());
        let none = args(None, None);
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
            assert!(check(&none, address).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:1", "192.0.2.1:1", "[::]:1", "[2001:db8::1]:1"] {
            let text = check(&none, address).unwrap_err().to_string();
            assert!(text.contains("--insecure-no-auth"), "{text}");
            assert!(check(&args(None, Some("k")), address).is_ok());
        }
        let insecure = AuthArgs {
            insecure_no_auth: true,
            ..none
        };
        assert!(check(&insecure, "0.0.0.0:1").is_ok());
    }
}
