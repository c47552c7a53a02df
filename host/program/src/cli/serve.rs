//! `sparkler serve`: the host.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use sparkler::internals::limits::CONCURRENT_INVOCATIONS_MAX;
use sparkler::internals::{Parts as _, Prepared, is_account};
use sparkler::{Account, Host, HostConfig, Storage};
use tokio::net::TcpListener;

use super::auth_args::AuthArgs;
use super::event_args::EventArgs;
use super::functions::Function;
use super::grant_args::GrantArgs;
use super::host::{self, Deployed};
use super::jail_args::JailArgs;
use super::listen::ListenAddress;
use super::logging::LogArgs;
use super::master_key_args::MasterKeyArgs;
use super::reach_args::ReachArgs;
use super::runtimes::RuntimesArgs;
use super::signals::Shutdown;
use super::spinner::Spinner;
use super::tls_args::TlsArgs;
use super::{CommandResult, learned_http, output, paths, signals, sizes};

/// How long the program waits for threads that still compile when everything else has ended.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  sparkler serve                              Keep functions in the default data directory
  sparkler serve --ephemeral hello.wasm       Serve one component as `hello`, keep nothing
  sparkler serve functions/                   Deploy what functions/sparkler.toml names
  sparkler serve --listen 127.0.0.1:0         Take any free port, and print it
  sparkler serve --destinations out/          Write what comes of events to files
  sparkler serve --keys keys.toml             Ask callers for requests that are signed
  sparkler serve --tls-cert fullchain.pem --tls-key privkey.pem
                                              Speak HTTPS
  sparkler serve --learn-http fetch.wasm      Print which HTTP requests functions have to be allowed

A PATH is a component, a zip that holds one, the folder of a function that was built with
`sparkler build`, or a folder with a sparkler.toml:
  [functions.hello]
  file = \"hello.wasm\"        # or: source = \"hello\"
  memory = 256                # MB
  timeout = 10                # seconds
  environment = { GREETING = \"Hello\" }
  log-format = \"JSON\"         # \"Text\" by default
  allow-http = [\"https://api.example.com\"]  # requests that it may send; none by default
  folders = { data = \"/mnt/data\" }       # what [folders] or --folder names
  secrets = { API_KEY = \"api-key\" }      # what [secrets] or --secret names
  [folders]
  data = \"./data\"            # or: { path = \"./data\", access = \"read-write\" }
  [secrets]
  api-key = { file = \"key.txt\" }         # or: { env = \"API_KEY\" }

Without --keys nobody is asked who they are: whoever reaches the address can do everything.
SIGTERM or ctrl-c lets running invocations end first; a second one does not.";

/// Serve functions behind AWS Lambda's HTTP contract
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// Functions to deploy at the start
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", env = "SPARKLER_LISTEN", default_value_t)]
    listen: ListenAddress,

    /// Where functions, events and logs are kept [default: $SPARKLER_DATA_DIR, $XDG_DATA_HOME/sparkler or
    /// ~/.local/share/sparkler]
    #[arg(long, value_name = "DIR", conflicts_with = "ephemeral")]
    data_dir: Option<PathBuf>,

    /// What that may take on disk, such as 20GB: functions, events and logs have shares of it, compiled code what
    /// is left. By default 80 % of the file system's size
    #[arg(long, value_name = "SIZE", env = "SPARKLER_DATA_MAX", value_parser = sizes::parse)]
    data_max: Option<u64>,

    /// Keep functions, events and logs only until the end
    #[arg(long)]
    ephemeral: bool,

    /// The region to play
    #[arg(long, help_heading = "The account", env = "SPARKLER_REGION", default_value_t = Account::default().region, value_parser = region)]
    region: String,

    /// The account to play, twelve digits
    #[arg(long, help_heading = "The account", env = "SPARKLER_ACCOUNT_ID", default_value_t = Account::default().id, value_parser = account_id)]
    account_id: String,

    /// How many invocations may run at once; more are answered with TooManyRequestsException
    #[arg(long, value_name = "N", env = "SPARKLER_CONCURRENCY", default_value_t = CONCURRENT_INVOCATIONS_MAX,
        value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,

    /// Let functions send HTTP requests to every address, private ones included, and print at the end what
    /// each would have to be allowed. For functions that you trust
    #[arg(long)]
    learn_http: bool,

    /// Let everybody call function URLs whose AuthType is NONE, without a permission in the policy
    #[arg(long)]
    open_function_urls: bool,

    /// Take compiled code of `sparkler compile` in the place of a component. Such code can do whatever the
    /// host may: only where everybody who reaches the address may do that
    #[arg(long)]
    trust_artifacts: bool,

    #[command(flatten)]
    auth: AuthArgs,

    #[command(flatten)]
    master: MasterKeyArgs,

    #[command(flatten)]
    tls: TlsArgs,

    #[command(flatten)]
    reach: ReachArgs,

    #[command(flatten)]
    jail: JailArgs,

    #[command(flatten)]
    grants: GrantArgs,

    #[command(flatten)]
    runtimes: RuntimesArgs,

    #[command(flatten)]
    log: LogArgs,

    // Last, since its heading goes on to whatever follows.
    #[command(flatten)]
    events: EventArgs,
}

impl Serve {
    pub(super) fn run(self) -> CommandResult {
        self.log.start()?;
        self.events.make_folder()?;
        // Read before anything is started: a mistake in them is found at once.
        let functions = paths::of_paths(&self.paths)?;
        let languages = self.runtimes.with(&functions);
        let functions = functions
            .into_iter()
            .map(|function| {
                let package = function.code.read_package()?;
                Ok((function, package))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let listener = self.listen.bind_alone()?;
        self.auth.check(listener.local_addr()?)?;
        self.runtimes.place.prepare(languages)?;
        let prepared = Prepared::of(self.config()?)?;
        // From here on this process has what its host needs. There is no other thread yet: one would stay outside.
        let _jail = self.jail.enter(&prepared)?;
        let runtime = host::runtime()?;
        let result = runtime.block_on(self.serve(listener, prepared, functions));
        runtime.shutdown_timeout(LEAVE_WAIT_MAX);
        result
    }

    async fn serve(
        &self,
        listener: std::net::TcpListener,
        prepared: Prepared,
        functions: Vec<(Function, Bytes)>,
    ) -> CommandResult {
        let shutdown = Shutdown::watch().context("signals cannot be received")?;
        let listener = TcpListener::from_std(listener)?;
        if self.learn_http {
            learned_http::warn();
        }
        let host = prepared.start().await?;
        let result = self.serve_by(&host, listener, &functions, shutdown).await;
        // Also where it was left before it served anybody.
        host.close().await;
        result
    }

    async fn serve_by(
        &self,
        host: &Host,
        listener: TcpListener,
        functions: &[(Function, Bytes)],
        shutdown: Shutdown,
    ) -> CommandResult {
        let address = listener.local_addr()?;
        for language in &self.runtimes.runtimes {
            let title = language.title();
            let _spinner = Spinner::start(format!("Compiling the interpreter of {title}"));
            host.guests().ready_interpreter(*language).await?;
        }
        if self.auth.keys()?.is_some() || self.tls.config().is_some() {
            let host = host.clone();
            let reload = move || {
                host.reload_keys();
                host.reload_tls();
            };
            signals::at_each_hangup(reload).context("signals cannot be received")?;
        }
        if !deploy(host, &self.account(), functions, &shutdown).await? {
            return Ok(ExitCode::SUCCESS);
        }
        self.tls.warn(address);
        let url = format!("{}://{address}", self.tls.scheme());
        output::data(&format!("Listening on {url}"));
        let names: Vec<_> = functions
            .iter()
            .map(|(function, _)| function.name.as_str())
            .collect();
        output::note(&introduction(&url, &names));
        host.serve(listener, shutdown.requested()).await?;
        learned_http::print(&host.learned_http());
        Ok(ExitCode::SUCCESS)
    }

    fn config(&self) -> anyhow::Result<HostConfig> {
        let grants = self.grants.with_projects(&self.paths)?;
        let mut config = host::config(self.account(), self.storage()?);
        config.keys = self.auth.keys()?;
        config.master_key = self.master.key()?;
        config.tls = self.tls.config();
        config.data_bytes_max = self.data_max;
        config.compile = self.jail.compiler();
        config.folders = grants.folders;
        config.secrets = grants.secrets;
        config.concurrency_max = self.concurrency;
        config.open_function_urls = self.open_function_urls;
        self.reach.apply(&mut config, &self.listen);
        config.runtimes = self.runtimes.place.folder();
        config.learn_http = self.learn_http;
        config.trust_artifacts = self.trust_artifacts;
        config.events = self.events.config(|name| std::env::var(name).ok());
        Ok(config)
    }

    fn account(&self) -> Account {
        Account {
            id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }

    fn storage(&self) -> anyhow::Result<Storage> {
        if self.ephemeral {
            return Ok(Storage::Ephemeral);
        }
        let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
        match self.data_dir.clone().or_else(|| default_data_dir(variable)) {
            Some(folder) => Ok(Storage::DataDir(folder)),
            None => bail!(
                "There is no place for the data: neither HOME nor XDG_DATA_HOME is set. Name one with \
                 --data-dir, or keep nothing with --ephemeral."
            ),
        }
    }
}

async fn deploy(
    host: &Host,
    account: &Account,
    functions: &[(Function, Bytes)],
    shutdown: &Shutdown,
) -> anyhow::Result<bool> {
    if functions.is_empty() {
        return Ok(true);
    }
    let spinner = Spinner::start(format!(
        "Deploying {}",
        output::count(functions.len(), "function")
    ));
    host::deploy_all(host, account, functions, shutdown, |function, deployed| {
        let what = match deployed {
            Deployed::Created => "deployed",
            Deployed::Updated => "updated",
            Deployed::Unchanged => "is there already, unchanged",
        };
        spinner.pause(|| output::done(&format!("{} {what}", function.name)));
    })
    .await
}

/// What a user wants to know next.
fn introduction(url: &str, names: &[&str]) -> String {
    let endpoint = match url {
        "http://127.0.0.1:9001" => String::new(),
        _ => format!(" --endpoint {url}"),
    };
    match names.first() {
        None => format!("Deploy a function: sparkler deploy{endpoint} NAME FILE"),
        Some(name) => format!(
            "Functions: {}\nCall one: sparkler invoke{endpoint} {name} '{{}}'\n     or: curl -d '{{}}' \
             {url}/2015-03-31/functions/{name}/invocations",
            names.join(", ")
        ),
    }
}

/// The user's own choice, or the place that the XDG base directories give a program's data.
fn default_data_dir(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let given = |name: &str| variable(name).filter(|path| !path.as_os_str().is_empty());
    given("SPARKLER_DATA_DIR").or_else(|| {
        // The specification asks to ignore relative paths.
        let data_home = given("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let below_home = || Some(given("HOME")?.join(".local/share"));
        Some(data_home.or_else(below_home)?.join("sparkler"))
    })
}

fn account_id(text: &str) -> Result<String, String> {
    match is_account(text) {
        true => Ok(text.to_owned()),
        false => Err("an account has twelve digits, such as 123456789012".into()),
    }
}

fn region(text: &str) -> Result<String, String> {
    let mut parts = text.split('-').rev();
    let ends_in_number = parts
        .next()
        .is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<_> = parts.collect();
    let are_words = words
        .iter()
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    match ends_in_number && are_words && words.len() >= 2 {
        true => Ok(text.to_owned()),
        false => Err("a region looks like us-east-1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lies_where_the_user_or_the_xdg_rules_say() {
        let place = |variables: &[(&str, &str)]| {
            default_data_dir(|name| {
                let found = variables.iter().find(|(found, _)| *found == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/h");
        assert_eq!(place(&[home]), Some("/h/.local/share/sparkler".into()));
        assert_eq!(
            place(&[home, ("XDG_DATA_HOME", "/x")]),
            Some("/x/sparkler".into())
        );
        assert_eq!(
            place(&[home, ("XDG_DATA_HOME", "x")]),
            Some("/h/.local/share/sparkler".into())
        );
        assert_eq!(
            place(&[home, ("SPARKLER_DATA_DIR", "/s")]),
            Some("/s".into())
        );
        assert_eq!(place(&[]), None);
    }

    #[test]
    fn accounts_and_regions_are_checked() {
        assert!(account_id("123456789012").is_ok());
        assert!(account_id("12345678901").is_err());
        assert!(region("us-east-1").is_ok());
        assert!(region("us-gov-west-1").is_ok());
        for text in ["", "us", "us-east", "US-EAST-1", "us--1", "-east-1"] {
            assert!(region(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_introduction_names_the_functions_and_a_call_that_works() {
        let text = introduction("http://127.0.0.1:4000", &["a", "b"]);
        assert!(text.contains("Functions: a, b"), "{text}");
        assert!(
            text.contains("sparkler invoke --endpoint http://127.0.0.1:4000 a"),
            "{text}"
        );
        assert!(introduction("http://127.0.0.1:9001", &[]).contains("sparkler deploy NAME FILE"));
    }
}
