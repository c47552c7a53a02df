//! `sparkler new`: the start of a function.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use super::{CommandResult, output};
use crate::domain::FunctionName;
use crate::toolchain::checkout::{Checkout, is_guest_sdk};
use crate::toolchain::{GUEST_PROFILE, GUEST_TARGET};

const EXAMPLES: &str = "\
Examples:
  sparkler new hello && cd hello && sparkler dev
  sparkler new functions/resize --sdk-path ../sparkler/guest-sdk";

/// Start a function: a crate with a handler, its test and its settings
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct New {
    /// The folder to make; its last part is the name of the function
    #[arg(value_name = "NAME")]
    folder: PathBuf,

    /// The language of the function
    #[arg(long, default_value = "rust")]
    lang: Language,

    /// Where the guest SDK is [default: guest-sdk of the Sparkler checkout, where there is one]
    #[arg(long, value_name = "DIR")]
    sdk_path: Option<PathBuf>,
}

/// The languages that there is a start for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Rust,
}

/// A file to write, and what it holds before the names are filled in.
struct Template {
    path: &'static str,
    text: &'static str,
}

const RUST: [Template; 5] = [
    Template {
        path: "Cargo.toml",
        text: include_str!("new/rust/Cargo.toml.template"),
    },
    Template {
        path: "src/lib.rs",
        text: include_str!("new/rust/lib.rs.template"),
    },
    Template {
        path: "sparkler.toml",
        text: include_str!("new/rust/sparkler.toml.template"),
    },
    Template {
        path: ".gitignore",
        text: include_str!("new/rust/gitignore.template"),
    },
    Template {
        path: "README.md",
        text: include_str!("new/rust/README.md.template"),
    },
];

impl New {
    pub(super) fn run(self) -> CommandResult {
        let name = crate_name(&self.folder)?;
        let sdk = self.sdk()?;
        let templates = match self.lang {
            Language::Rust => &RUST,
        };
        write(&self.folder, templates, &name, &sdk)?;
        let folder = self.folder.display();
        output::done(&format!("{folder} holds a function that greets"));
        output::note(&format!(
            "Go on: cd {folder} && sparkler dev\n  then: sparkler invoke {name} '{{\"name\":\"World\"}}'"
        ));
        Ok(ExitCode::SUCCESS)
    }

    /// The folder of the guest SDK, absolute.
    fn sdk(&self) -> anyhow::Result<PathBuf> {
        let chosen = self.sdk_path.clone();
        let Some(folder) = chosen.or_else(|| Checkout::find().map(|found| found.guest_sdk()))
        else {
            bail!(
                "The guest SDK is not published yet: a function depends on it by path, and neither this \
                 folder nor the one this program was built in has it. Get the source of Sparkler and \
                 name its folder guest-sdk with --sdk-path."
            );
        };
        let folder = folder
            .canonicalize()
            .with_context(|| format!("the guest SDK {} cannot be read", folder.display()))?;
        if !is_guest_sdk(&folder) {
            bail!(
                "{} is not the guest SDK: it holds no Cargo.toml of sparkler-guest.",
                folder.display()
            );
        }
        Ok(folder)
    }
}

/// The name of the crate and of the function, which has to suit both.
fn crate_name(folder: &Path) -> anyhow::Result<String> {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.with_context(|| format!("{} names no folder to make", folder.display()))?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !starts_well || FunctionName::parse(&name).is_none() {
        bail!(
            "'{name}' cannot name a function and a crate: a letter, then letters, digits, '-' or '_', 64 \
             at most."
        );
    }
    // Cargo would refuse these later, with the crate already made.
    if ["test", "core", "std", "alloc", "proc_macro", "proc-macro"].contains(&name.as_str()) {
        bail!(
            "'{name}' is the name of a crate of Rust itself. Choose another, such as '{name}-function'."
        );
    }
    Ok(name)
}

fn write(folder: &Path, templates: &[Template], name: &str, sdk: &Path) -> anyhow::Result<()> {
    if folder.exists()
        && folder
            .read_dir()
            .map_or(true, |mut entries| entries.next().is_some())
    {
        bail!(
            "{} exists already and is not an empty folder. Choose another name, or remove it.",
            folder.display()
        );
    }
    for template in templates {
        let path = folder.join(template.path);
        write_new(&path, &filled_in(template.text, name, sdk))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

fn filled_in(text: &str, name: &str, sdk: &Path) -> String {
    let artifact = name.replace('-', "_");
    let sdk = toml::Value::String(sdk.to_string_lossy().into_owned()).to_string();
    text.replace("{{name}}", name)
        .replace("{{sdk}}", &sdk)
        .replace(
            "{{artifact}}",
            &format!("target/{GUEST_TARGET}/{GUEST_PROFILE}/{artifact}.wasm"),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(name);
        write(
            &folder,
            &RUST,
            name,
            Path::new("/an \"odd\" place/guest-sdk"),
        )
        .unwrap();
        (parent, folder)
    }

    #[test]
    fn the_manifest_names_the_crate_and_the_sdk_whatever_its_path() {
        let (_parent, folder) = made("my-hello");
        let manifest: toml::Table = fs::read_to_string(folder.join("Cargo.toml"))
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("my-hello"));
        let sdk = &manifest["dependencies"]["sparkler-guest"]["path"];
        assert_eq!(sdk.as_str(), Some("/an \"odd\" place/guest-sdk"));
    }

    #[test]
    fn the_settings_name_the_function_and_can_be_read() {
        let (_parent, folder) = made("my-hello");
        let functions = crate::cli::project::read(&folder).unwrap();
        assert_eq!(functions.len(), 1);
        assert_eq!(functions[0].name.as_str(), "my-hello");
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let (_parent, folder) = made("hello");
        for template in &RUST {
            let text = fs::read_to_string(folder.join(template.path)).unwrap();
            assert!(!text.contains("{{"), "{}", template.path);
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.contains("deploy hello target/wasm32-wasip2/sparkler/hello.wasm"));
    }

    #[test]
    fn what_exists_is_not_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        let sdk = Path::new("/sdk");
        fs::write(parent.path().join("mine"), "text").unwrap();
        for place in [parent.path().to_owned(), parent.path().join("mine")] {
            let text = write(&place, &RUST, "x", sdk).unwrap_err().to_string();
            assert!(text.contains("exists already"), "{text}");
        }
        assert_eq!(
            fs::read_to_string(parent.path().join("mine")).unwrap(),
            "text"
        );
        let empty = parent.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(write(&empty, &RUST, "empty", sdk).is_ok());
    }

    #[test]
    fn a_name_has_to_suit_a_function_and_a_crate() {
        assert_eq!(crate_name(Path::new("a/b/resize")).unwrap(), "resize");
        for name in ["1st", "a.b", "", "..", "test"] {
            assert!(crate_name(Path::new(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn an_sdk_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let new = New {
            folder: "x".into(),
            lang: Language::Rust,
            sdk_path: Some(folder.path().to_owned()),
        };
        assert!(
            new.sdk()
                .unwrap_err()
                .to_string()
                .contains("is not the guest SDK")
        );
    }
}
