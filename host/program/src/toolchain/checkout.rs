//! Where Sparkler's own source is, for what needs it: the demo's example and the guest SDK.

use std::path::{Path, PathBuf};

/// Sparkler's own source tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The source tree that the current folder lies in, or else the one this program was built from,
    /// if it is still there.
    pub fn find() -> Option<Self> {
        let current = std::env::current_dir().ok();
        current
            .as_deref()
            .and_then(Self::around)
            .or_else(|| Self::around(Path::new(env!("CARGO_MANIFEST_DIR"))))
    }

    /// The source tree that `folder` lies in.
    pub fn around(folder: &Path) -> Option<Self> {
        folder
            .ancestors()
            .find(|ancestor| is_checkout(ancestor))
            .map(|root| Self {
                root: root.to_owned(),
            })
    }

    /// The folder of an example.
    pub fn example(&self, name: &str) -> PathBuf {
        self.root.join("examples").join(name)
    }

    /// The folder of the crate that Rust guests depend on.
    pub fn guest_sdk(&self) -> PathBuf {
        self.root.join("guest-sdk")
    }
}

/// Whether `folder` is the top of Sparkler's source: it has the guest SDK.
fn is_checkout(folder: &Path) -> bool {
    is_guest_sdk(&folder.join("guest-sdk"))
}

/// Whether `folder` holds the guest SDK.
pub fn is_guest_sdk(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.contains("name = \"sparkler-guest\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_found_from_deep_inside() {
        let folder = tempfile::tempdir().unwrap();
        let sdk = folder.path().join("guest-sdk");
        let deep = folder.path().join("examples/hello/src");
        std::fs::create_dir_all(&sdk).unwrap();
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(Checkout::around(&deep), None);
        std::fs::write(sdk.join("Cargo.toml"), "name = \"sparkler-guest\"\n").unwrap();
        let found = Checkout::around(&deep).unwrap();
        assert_eq!(found.example("hello"), folder.path().join("examples/hello"));
        assert_eq!(found.guest_sdk(), sdk);
    }
}
