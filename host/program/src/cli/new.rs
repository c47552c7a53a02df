//! `sparkler new`: the start of a function.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sparkler::FunctionName;

use super::{CommandResult, output};
use crate::toolchain::checkout::{Checkout, is_guest_sdk};
use crate::toolchain::{DEFAULT_LANGUAGE, LANGUAGES, Language, Template, language_named};

const EXAMPLES: &str = "\
Examples:
  sparkler new hello && cd hello && sparkler dev
  sparkler new --lang js hello
  sparkler new functions/resize --sdk-path ../sparkler/guest-sdk";

/// Start a function: a handler, its settings and how to go on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct New {
    /// The folder to make; its last part is the name of the function
    #[arg(value_name = "NAME")]
    folder: PathBuf,

    /// The language of the function
    #[arg(long, default_value = DEFAULT_LANGUAGE.options().0, value_parser = languages())]
    lang: Language,

    /// Where the guest SDK is [default: guest-sdk of the Sparkler checkout, where there is one]
    #[arg(long, value_name = "DIR")]
    sdk_path: Option<PathBuf>,
}

/// The languages, as they are named on the command line.
fn languages() -> impl TypedValueParser<Value = Language> {
    let values = LANGUAGES.map(|language| {
        let (shown, understood) = language.options();
        PossibleValue::new(shown).aliases(understood.iter().copied())
    });
    PossibleValuesParser::new(values)
        .try_map(|option| language_named(&option).ok_or("there is no such language"))
}

impl New {
    pub(super) fn run(self) -> CommandResult {
        let language = self.lang;
        let name = function_name(&self.folder, language)?;
        let start = Start {
            templates: language.templates(),
            artifact: language.artifact(&name),
            sdk: self.sdk()?,
            name,
        };
        start.write(&self.folder)?;
        let (folder, name) = (self.folder.display(), &start.name);
        output::done(&format!("{folder} holds a function that greets"));
        output::note(&format!(
            "Go on: cd {folder} && sparkler dev\n  then: sparkler invoke {name} '{{\"name\":\"World\"}}'"
        ));
        Ok(ExitCode::SUCCESS)
    }

    /// The folder of the guest SDK, absolute. Only crates depend on it: for other languages this program
    /// brings along what a function needs.
    fn sdk(&self) -> anyhow::Result<Option<PathBuf>> {
        let chosen = self.sdk_path.clone();
        if !self.lang.is_of_crates() {
            ensure!(
                chosen.is_none(),
                "A function in {} needs no guest SDK: leave out --sdk-path.",
                self.lang
            );
            return Ok(None);
        }
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
        Ok(Some(folder))
    }
}

/// The name of the function, which a crate has too.
fn function_name(folder: &Path, language: Language) -> anyhow::Result<String> {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.with_context(|| format!("{} names no folder to make", folder.display()))?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !starts_well || FunctionName::parse(&name).is_none() {
        bail!(
            "'{name}' cannot name a function: a letter, then letters, digits, '-' or '_', 64 at most."
        );
    }
    if language.reserved_names().contains(&name.as_str()) {
        bail!(
            "'{name}' is the name of a crate of {language} itself. Choose another, such as '{name}-function'."
        );
    }
    Ok(name)
}

/// What to write.
struct Start {
    templates: &'static [Template],
    name: String,
    /// Where the component will lie, from the function's folder.
    artifact: String,
    sdk: Option<PathBuf>,
}

impl Start {
    fn write(&self, folder: &Path) -> anyhow::Result<()> {
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
        for template in self.templates {
            let path = folder.join(template.path);
            write_new(&path, &self.filled_in(template.text))
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }

    fn filled_in(&self, text: &str) -> String {
        let sdk = self.sdk.as_ref().map_or_else(String::new, |sdk| {
            toml::Value::String(sdk.to_string_lossy().into_owned()).to_string()
        });
        text.replace("{{name}}", &self.name)
            .replace("{{sdk}}", &sdk)
            .replace("{{artifact}}", &self.artifact)
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = fs::File::create_new(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::{BuiltLookup, find_built, language_of};

    fn language(option: &str) -> Language {
        language_named(option).unwrap()
    }

    fn start(name: &str, language: Language) -> Start {
        Start {
            templates: language.templates(),
            name: name.into(),
            artifact: language.artifact(name),
            sdk: Some("/an \"odd\" place/guest-sdk".into()),
        }
    }

    fn made(name: &str, language: Language) -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(name);
        start(name, language).write(&folder).unwrap();
        (parent, folder)
    }

    #[test]
    fn the_manifest_names_the_crate_and_the_sdk_whatever_its_path() {
        let (_parent, folder) = made("my-hello", language("rust"));
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
        for language in LANGUAGES {
            let (_parent, folder) = made("my-hello", language);
            let functions = crate::cli::project::read(&folder).unwrap();
            assert_eq!(functions.len(), 1);
            assert_eq!(functions[0].name.as_str(), "my-hello");
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for language in LANGUAGES {
            let (_parent, folder) = made("hello", language);
            for template in language.templates() {
                let text = fs::read_to_string(folder.join(template.path)).unwrap();
                assert!(!text.contains("{{"), "{}", template.path);
            }
            let readme = fs::read_to_string(folder.join("README.md")).unwrap();
            let deploy = format!("deploy hello {}", language.artifact("hello"));
            assert!(readme.contains(&deploy), "{readme}");
        }
    }

    #[test]
    fn what_is_made_is_of_its_language_and_its_artifact_is_looked_for() {
        // Of no function that is ever built, wherever cargo puts what it makes.
        const NAME: &str = "never-built";
        for language in LANGUAGES {
            let (_parent, folder) = made(NAME, language);
            assert_eq!(language_of(&folder), Some(language));
            let BuiltLookup::NotBuilt(places) = find_built(&folder) else {
                panic!("nothing was built")
            };
            let artifact = language.artifact(NAME);
            assert!(
                places.iter().any(|place| place.ends_with(&artifact)),
                "{places:?}"
            );
        }
    }

    #[test]
    fn what_exists_is_not_overwritten() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(parent.path().join("mine"), "text").unwrap();
        for place in [parent.path().to_owned(), parent.path().join("mine")] {
            let text = start("x", language("rust"))
                .write(&place)
                .unwrap_err()
                .to_string();
            assert!(text.contains("exists already"), "{text}");
        }
        assert_eq!(
            fs::read_to_string(parent.path().join("mine")).unwrap(),
            "text"
        );
        let empty = parent.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(start("empty", language("rust")).write(&empty).is_ok());
    }

    #[test]
    fn a_name_has_to_suit_a_function_and_for_rust_a_crate() {
        let name = |text: &str, option| function_name(Path::new(text), language(option));
        assert_eq!(name("a/b/resize", "rust").unwrap(), "resize");
        for wrong in ["1st", "a.b", "", "..", "test"] {
            assert!(name(wrong, "rust").is_err(), "{wrong}");
        }
        assert_eq!(name("test", "c").unwrap(), "test");
    }

    #[test]
    fn an_sdk_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = |option| {
            let new = New {
                folder: "x".into(),
                lang: language(option),
                sdk_path: Some(folder.path().to_owned()),
            };
            new.sdk().unwrap_err().to_string()
        };
        assert!(refusal("rust").contains("is not the guest SDK"));
        assert!(refusal("c").contains("leave out --sdk-path"));
    }
}
