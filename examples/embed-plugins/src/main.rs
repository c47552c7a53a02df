//! Pipes a text through plugins that nobody has looked at: each runs in a sandbox, within limits, and the text
//! goes on whatever becomes of it.

mod dictionary;
mod pipeline;
mod plugin;
mod table;

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sparkler::{Host, HostConfig, Limits};

/// Pipe a text through plugins
#[derive(Debug, Parser)]
struct Arguments {
    /// The plugins, in the order in which the text goes through them: components, or the folders of crates,
    /// which are built
    #[arg(required = true, value_name = "PLUGIN")]
    plugins: Vec<PathBuf>,

    /// Where the text is; it is read from stdin otherwise
    #[arg(long)]
    file: Option<PathBuf>,

    /// How long a plugin may take
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 200)]
    timeout: u64,

    /// How much memory a plugin may have
    #[arg(long, value_name = "MB", default_value_t = 16)]
    memory: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let text = match &arguments.file {
        Some(file) => std::fs::read_to_string(file)?,
        None => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            text
        }
    };
    let text = text.trim_end().to_owned();
    let limits = Limits {
        timeout: Duration::from_millis(arguments.timeout),
        memory_mb: arguments.memory,
        ..Limits::default()
    };
    let config = HostConfig::default().with_interface(dictionary::NAME, dictionary::define);
    let host = Host::start(config).await?;
    let plugins = plugin::load_all(&host, &arguments.plugins, limits).await?;
    let (text, steps) = pipeline::run(&plugins, text).await?;
    io::stderr().write_all(table::render(&steps).as_bytes())?;
    writeln!(io::stdout(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
