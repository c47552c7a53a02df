//! `sparkler dev`: build, serve, and build again at each change.

mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use clap::Args;
use sparkler::internals::{Cause, Parts as _};
use sparkler::{Account, FunctionName, HostConfig, Refusal};
use tokio::task::spawn_blocking;

use super::auth_args::AuthArgs;
use super::functions::{CodeSource, Function};
use super::grant_args::GrantArgs;
use super::host::{self, Deployed, Serving};
use super::listen::ListenAddress;
use super::logging::LogArgs;
use super::reach_args::ReachArgs;
use super::runtimes::RuntimesPlace;
use super::signals::Shutdown;
use super::spinner::Spinner;
use super::{CommandResult, build, learned_http, output, paths};
use crate::toolchain::BuildOptions;
use watch::Changes;

const EXAMPLES: &str = "\
Examples:
  sparkler dev                        The function in this folder
  sparkler dev functions/hello        … in that one
  sparkler dev --listen 127.0.0.1:0   On any free port
  sparkler dev --learn-http           Print which HTTP requests the function has to be allowed

Call the function from another terminal: sparkler invoke NAME '{\"name\":\"World\"}'
Its log and what each call cost appear here. Nothing is kept when this ends.";

/// Serve the functions of a folder, and build and deploy them again at each change
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dev {
    /// A folder with a sparkler.toml, or the folder of a function
    #[arg(default_value = ".")]
    directory: PathBuf,

    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", env = "SPARKLER_LISTEN", default_value_t)]
    listen: ListenAddress,

    /// Let functions send HTTP requests to every address, private ones included, and print at the end what
    /// each would have to be allowed
    #[arg(long)]
    learn_http: bool,

    #[command(flatten)]
    auth: AuthArgs,

    #[command(flatten)]
    reach: ReachArgs,

    #[command(flatten)]
    grants: GrantArgs,

    #[command(flatten)]
    runtimes: RuntimesPlace,

    #[command(flatten)]
    log: LogArgs,
}

impl Dev {
    pub(super) fn run(self) -> CommandResult {
        self.log.start_with_guests()?;
        // Read once before anything is started, so that a wrong folder is an error and no wait.
        paths::of_path(&self.directory)?;
        let runtime = host::runtime()?;
        let result = runtime.block_on(self.serve());
        // A build that still runs got the same ctrl-c.
        runtime.shutdown_background();
        result
    }

    async fn serve(&self) -> CommandResult {
        let shutdown = Shutdown::watch().context("signals cannot be received")?;
        if self.learn_http {
            learned_http::warn();
        }
        let grants = self
            .grants
            .with_projects(std::slice::from_ref(&self.directory))?;
        let mut config = HostConfig {
            folders: grants.folders,
            secrets: grants.secrets,
            learn_http: self.learn_http,
            keys: self.auth.keys()?,
            runtimes: self.runtimes.folder(),
            ..host::ephemeral_config()
        };
        self.reach.apply(&mut config, &self.listen);
        let stop = shutdown.clone().requested();
        let (listener, address) = self.listen.bind().await?;
        self.auth.check(address)?;
        let serving = Serving::start(config, listener, stop).await?;
        output::data(&format!("Listening on http://{}", serving.address));
        let changes = Changes::watch(&self.directory)?;
        tokio::select! {
            () = self.rebuild_at_each_change(&serving, changes, &shutdown) => (),
            () = shutdown.clone().requested() => (),
        }
        let host = serving.host.clone();
        serving.drained().await?;
        learned_http::print(&host.learned_http());
        Ok(ExitCode::SUCCESS)
    }

    async fn rebuild_at_each_change(
        &self,
        serving: &Serving,
        mut changes: Changes,
        shutdown: &Shutdown,
    ) {
        let mut served = BTreeSet::new();
        loop {
            let rebuilt = self.rebuild(serving, &mut changes, &mut served, shutdown);
            if let Err(error) = rebuilt.await {
                output::error(&error);
                output::aside("What was ready before goes on serving");
            }
            output::aside("Waiting for changes");
            output::note(&changed(&changes.next().await, &self.directory));
        }
    }

    async fn rebuild(
        &self,
        serving: &Serving,
        changes: &mut Changes,
        served: &mut BTreeSet<FunctionName>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        let functions = paths::of_path(&self.directory)?;
        changes.also_watch(&functions)?;
        let named: BTreeSet<_> = functions.iter().map(|f| f.name.clone()).collect();
        delete_others(serving, served, &named).await?;
        // Also what fails below may be there in part, and is deleted when it is named no more.
        served.extend(named);
        let runtimes = self.runtimes.clone();
        let built = spawn_blocking(move || {
            runtimes.prepare(functions.iter().filter_map(|it| it.code.language()))?;
            build_all(functions)
        });
        let built = built.await??;
        let names: Vec<_> = built
            .iter()
            .map(|(function, _)| function.name.as_str())
            .collect();
        let spinner = Spinner::start(format!("Deploying {}", names.join(", ")));
        let account = Account::default();
        host::deploy_all(
            &serving.host,
            &account,
            &built,
            shutdown,
            |function, deployed| {
                let name = &function.name;
                spinner.pause(|| match deployed {
                    Deployed::Unchanged => output::aside(&format!("{name} is unchanged")),
                    Deployed::Created | Deployed::Updated => output::done(&format!(
                        "{name} is ready at http://{} after {:.1} s",
                        serving.address,
                        begun.elapsed().as_secs_f64()
                    )),
                });
            },
        )
        .await?;
        Ok(())
    }
}

/// What has changed, for people: the first of it by its name.
fn changed(paths: &[PathBuf], directory: &Path) -> String {
    let directory = directory.canonicalize();
    let shown = |path: &PathBuf| {
        let inside = directory
            .as_ref()
            .ok()
            .and_then(|it| path.strip_prefix(it).ok());
        inside.unwrap_or(path).display().to_string()
    };
    match paths {
        [] => "Files have changed".into(),
        [path] => format!("{} has changed", shown(path)),
        [path, others @ ..] => format!("{} and {} more have changed", shown(path), others.len()),
    }
}

/// Deletes what is served and not named any more.
async fn delete_others(
    serving: &Serving,
    served: &mut BTreeSet<FunctionName>,
    named: &BTreeSet<FunctionName>,
) -> anyhow::Result<()> {
    let others: Vec<_> = served.difference(named).cloned().collect();
    for name in others {
        let by_program = serving.host.deployer().by(Cause::host("DeleteFunction"));
        match by_program.delete(&name).await {
            Ok(()) => output::done(&format!("{name} is deleted: it is not named any more")),
            // Somebody else was quicker, or it never came to be.
            Err(Refusal::FunctionNotFound(_)) => (),
            Err(refusal) => return Err(anyhow!("{name} was not deleted: {refusal}")),
        }
        served.remove(&name);
    }
    Ok(())
}

/// The functions with their packages: folders are built, files are read.
fn build_all(functions: Vec<Function>) -> anyhow::Result<Vec<(Function, Bytes)>> {
    let packaged = functions.into_iter().map(|function| {
        let package = match &function.code {
            CodeSource::Folder(folder) => build_folder(folder.clone())?,
            code @ (CodeSource::File(_) | CodeSource::Sources(..)) => code.read_package()?,
        };
        Ok((function, package))
    });
    packaged.collect()
}

fn build_folder(folder: PathBuf) -> anyhow::Result<Bytes> {
    let built = build::with_progress(&BuildOptions {
        colour: console::colors_enabled_stderr(),
        ..BuildOptions::release(folder)
    })?;
    Ok(built.bytes)
}
