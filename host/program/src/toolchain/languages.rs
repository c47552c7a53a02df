//! The languages, and which of them the function in a folder is written in.

use std::path::Path;

use super::built::BuiltLookup;
use super::c::C;
use super::javascript::JavaScript;
use super::kit::{Language, Marker};
use super::python::Python;
use super::rust::Rust;

/// All of them. A folder with the marks of several is a function in the first.
pub const LANGUAGES: [Language; 4] = [&Rust, &JavaScript, &Python, &C];

/// The language of who names none.
pub const DEFAULT_LANGUAGE: Language = LANGUAGES[0];

/// The language of the function in `directory`; `None` where there is no function.
pub fn language_of(directory: &Path) -> Option<Language> {
    let mut languages = LANGUAGES.into_iter();
    languages.find(|language| language.marker().is_in(directory))
}

/// The language that is called so on the command line.
pub fn language_named(option: &str) -> Option<Language> {
    let mut languages = LANGUAGES.into_iter();
    languages.find(|language| {
        let (shown, understood) = language.options();
        shown == option || understood.contains(&option)
    })
}

/// Looks for the component of the function in `directory`, in the places where its build would put it. Needs no
/// tools of its language, so that serving needs none.
pub fn find_built(directory: &Path) -> BuiltLookup {
    match language_of(directory) {
        None => BuiltLookup::NoFunction,
        Some(language) => language.find_built(directory),
    }
}

/// What a folder without a function lacks: `no Cargo.toml (Rust), no package.json (JavaScript) and no C file`.
pub(super) fn markers() -> String {
    let [others @ .., last] = LANGUAGES.map(|language| match language.marker() {
        Marker::File(name) => format!("no {name} ({language})"),
        Marker::Kind(_) => format!("no {language} file"),
    });
    format!("{} and {last}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_a_folder_lacks_is_said_of_every_language() {
        assert_eq!(
            markers(),
            "no Cargo.toml (Rust), no package.json (JavaScript), no pyproject.toml (Python) and no C file"
        );
    }

    #[test]
    fn each_language_is_found_by_each_of_its_names_and_by_no_others() {
        for language in LANGUAGES {
            let (shown, understood) = language.options();
            for option in [&[shown], understood].concat() {
                assert_eq!(language_named(option), Some(language), "{option}");
            }
        }
        assert_eq!(language_named("cobol"), None);
    }

    #[test]
    fn the_language_is_told_by_what_lies_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(language_of(here), None);
        fs::create_dir(here.join("src")).unwrap();
        fs::write(here.join("src/handler.c"), "").unwrap();
        assert_eq!(language_of(here), Some(&C as Language));
        for (marker, language) in [
            ("pyproject.toml", &Python as Language),
            ("package.json", &JavaScript),
            ("Cargo.toml", &Rust),
        ] {
            fs::write(here.join(marker), "").unwrap();
            assert_eq!(language_of(here), Some(language), "{marker}");
        }
    }

    #[test]
    fn a_build_depends_on_sources_and_not_on_what_it_writes() {
        let reads = |language: Language, path: &str| language.reads(Path::new(path));
        for path in [
            "src/lib.rs",
            "src/text.txt",
            "Cargo.toml",
            ".cargo/config.toml",
        ] {
            assert!(reads(&Rust, path), "{path}");
        }
        for path in ["Cargo.lock", "target/x.rs", "README.md"] {
            assert!(!reads(&Rust, path), "{path}");
        }
        for path in ["handler.js", "lib/words.mjs", "package.json"] {
            assert!(reads(&JavaScript, path), "{path}");
        }
        for path in [
            "package-lock.json",
            "node_modules/a/a.js",
            "build/x.js",
            ".git/a.js",
        ] {
            assert!(!reads(&JavaScript, path), "{path}");
        }
        assert!(reads(&Python, "handler.py") && reads(&C, "src/handler.c"));
        assert!(!reads(&Python, "__pycache__/a.py") && !reads(&C, "a.o"));
    }

    #[test]
    fn a_function_in_any_other_language_is_found_in_its_own_build_folder() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(find_built(here), BuiltLookup::NoFunction);
        fs::write(here.join("package.json"), r#"{"name": "@mine/greet"}"#).unwrap();
        let place = here.join("build/mine-greet.wasm");
        assert_eq!(find_built(here), BuiltLookup::NotBuilt(vec![place.clone()]));
        fs::create_dir(here.join("build")).unwrap();
        fs::write(&place, "").unwrap();
        assert_eq!(find_built(here), BuiltLookup::Found(place));
    }
}
