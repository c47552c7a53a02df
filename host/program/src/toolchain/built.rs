//! Where the component of a function lies that was built before. Needs no toolchain, so that serving
//! needs none.

use std::path::{Path, PathBuf};

use super::{Language, output, rust};

/// What was found of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuiltLookup {
    /// The component.
    Found(PathBuf),
    /// It has not been built: nothing lies in any of these places.
    NotBuilt(Vec<PathBuf>),
    /// The folder holds no function.
    NoFunction,
}

/// Looks for the component of the function in `directory`, in the places where its build would put it.
pub fn find_built(directory: &Path) -> BuiltLookup {
    match Language::of(directory) {
        None => BuiltLookup::NoFunction,
        Some(Language::Rust) => rust::find_built(directory),
        Some(language) => {
            let name = output::name(directory, language);
            BuiltLookup::among(vec![output::component(directory, &name)])
        }
    }
}

impl BuiltLookup {
    pub(super) fn among(places: Vec<PathBuf>) -> Self {
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Self::Found(place.clone()),
            None => Self::NotBuilt(places),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
