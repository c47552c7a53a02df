//! Packages of PyPI, each in a virtual environment of its own.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::process::Command;

use super::Tools;
use super::step::run;

impl Tools {
    /// The folder of the programs of `package`, which is `NAME==VERSION`.
    pub(crate) async fn python_package(&self, package: &str) -> anyhow::Result<PathBuf> {
        let folder = self
            .peer(&package.replace("==", "-"), async |folder| {
                let python = self.find("python3").context(
                    "python3 is missing: install it with the system's packages \
                     (Debian: apt-get install python3 python3-venv)",
                )?;
                let mut command = Command::new(python);
                command.args(["-m", "venv", "--clear"]).arg(folder);
                run("making a virtual environment", &mut command).await?;
                let mut command = Command::new(folder.join("bin/python"));
                command.args(["-m", "pip", "install", "--quiet", package]);
                run(&format!("installing {package} from PyPI"), &mut command).await?;
                Ok(())
            })
            .await?;
        Ok(folder.join("bin"))
    }
}
