//! Which server a command talks to.

use std::env;
use std::path::PathBuf;

use clap::Args;

use super::client::{Client, Trust};
use super::listen::DEFAULT_PORT;

/// Where else the address of a server is looked up, first match first: what the AWS tools read too.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"];

/// Where else the authorities are looked up whom to trust, for the same reason.
const CA_VARIABLE: &str = "AWS_CA_BUNDLE";

/// Which server to talk to.
#[derive(Debug, Args)]
pub(super) struct EndpointArgs {
    /// Address of the server [default: $AWS_ENDPOINT_URL_LAMBDA, $AWS_ENDPOINT_URL, or
    /// http://127.0.0.1:9001]
    #[arg(
        long,
        value_name = "URL",
        env = "SPARKLER_ENDPOINT",
        hide_env_values = true
    )]
    endpoint: Option<String>,

    /// Certificates of authorities to trust where the address begins with https://, in the place of the system's
    /// [default: $AWS_CA_BUNDLE]
    #[arg(
        long,
        value_name = "FILE",
        env = "SPARKLER_CA_FILE",
        hide_env_values = true
    )]
    ca_file: Option<PathBuf>,
}

impl EndpointArgs {
    /// A client of that server.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        let url = self.url(|name| env::var(name).ok());
        let trust = Trust(self.ca_file(|name| env::var_os(name).map(PathBuf::from)));
        Ok(Client::new(&url, &trust)?)
    }

    fn ca_file(&self, variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
        let given = |path: &PathBuf| !path.as_os_str().is_empty();
        let own = self.ca_file.clone().filter(given);
        own.or_else(|| variable(CA_VARIABLE).filter(given))
    }

    fn url(&self, variable: impl Fn(&str) -> Option<String>) -> String {
        let given = |text: &String| !text.is_empty();
        let from_variables = || {
            ENDPOINT_VARIABLES
                .iter()
                .filter_map(|name| variable(name))
                .find(given)
        };
        self.endpoint
            .clone()
            .filter(given)
            .or_else(from_variables)
            .unwrap_or_else(|| format!("http://127.0.0.1:{DEFAULT_PORT}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_address_wins() {
        let flag = |endpoint: Option<&str>| EndpointArgs {
            endpoint: endpoint.map(Into::into),
            ca_file: None,
        };
        let general = |name: &str| (name == "AWS_ENDPOINT_URL").then(|| "http://b".to_owned());
        assert_eq!(flag(Some("http://a")).url(general), "http://a");
        assert_eq!(flag(None).url(general), "http://b");
        assert_eq!(flag(None).url(|_| None), "http://127.0.0.1:9001");
        assert_eq!(
            flag(None).url(|_| Some(String::new())),
            "http://127.0.0.1:9001"
        );
    }

    #[test]
    fn authorities_are_looked_up_where_the_aws_tools_look_too() {
        let args = |ca_file: Option<&str>| EndpointArgs {
            endpoint: None,
            ca_file: ca_file.map(Into::into),
        };
        let aws = |name: &str| (name == "AWS_CA_BUNDLE").then(|| PathBuf::from("b"));
        assert_eq!(args(Some("a")).ca_file(aws), Some("a".into()));
        assert_eq!(args(None).ca_file(aws), Some("b".into()));
        assert_eq!(args(None).ca_file(|_| Some(PathBuf::new())), None);
        assert_eq!(args(None).ca_file(|_| None), None);
    }
}
