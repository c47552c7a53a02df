//! Where the component of a function lies that was built before.

use std::path::PathBuf;

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

impl BuiltLookup {
    pub(super) fn among(places: Vec<PathBuf>) -> Self {
        match places.iter().find(|place| place.is_file()) {
            Some(place) => Self::Found(place.clone()),
            None => Self::NotBuilt(places),
        }
    }
}
