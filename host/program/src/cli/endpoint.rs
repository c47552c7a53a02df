//! Which server a command talks to.

use std::env;

use clap::Args;

use super::client::Client;
use super::listen::DEFAULT_PORT;

/// Where else the address of a server is looked up, first match first: what the AWS tools read too.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL"];

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
}

impl EndpointArgs {
    /// A client of that server.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        Ok(Client::new(&self.url(|name| env::var(name).ok()))?)
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
}
