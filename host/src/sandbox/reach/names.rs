//! Names of interfaces, and the versions of them that are provided.

/// Versions of WASI 0.2 are compatible with each other up to the newest one that is provided, which this is: the one
/// that the engine links. It moves with the engine, which a test tells.
const WASI_PATCH_MAX: u64 = 12;

/// An interface that is provided.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) struct Provided {
    interface: &'static str,
    versions: Versions,
}

#[derive(Clone, Copy, Debug)]
enum Versions {
    /// Those of WASI 0.2.
    Wasi,
    /// This one alone.
    Only(&'static str),
}

impl Provided {
    /// An interface of WASI 0.2.
    pub(super) const fn wasi(interface: &'static str) -> Self {
        Self {
            interface,
            versions: Versions::Wasi,
        }
    }

    /// An interface in one version.
    pub(super) const fn only(interface: &'static str, version: &'static str) -> Self {
        Self {
            interface,
            versions: Versions::Only(version),
        }
    }

    /// Whether an import of this name is satisfied by it.
    pub(super) fn is(self, import: &str) -> bool {
        match self.versions {
            Versions::Wasi => is_compatible(import, self.interface),
            Versions::Only(version) => import.split_once('@') == Some((self.interface, version)),
        }
    }

    /// Its name as it is linked, which is that of its newest version.
    pub(super) fn linked(self) -> String {
        let interface = self.interface;
        match self.versions {
            Versions::Wasi => format!("{interface}@0.2.{WASI_PATCH_MAX}"),
            Versions::Only(version) => format!("{interface}@{version}"),
        }
    }

    /// Its name as people write it.
    #[cfg(test)]
    pub(super) fn shown(self) -> String {
        let interface = self.interface;
        match self.versions {
            Versions::Wasi => format!("{interface}@0.2.x"),
            Versions::Only(version) => format!("{interface}@{version}"),
        }
    }
}

/// Whether `name` is `interface` in a version of WASI 0.2 that this host speaks.
pub(in crate::sandbox) fn is_compatible(name: &str, interface: &str) -> bool {
    let Some((named, version)) = name.split_once('@') else {
        return false;
    };
    let patch = version
        .strip_prefix("0.2.")
        .and_then(|patch| patch.parse::<u64>().ok());
    named == interface && patch.is_some_and(|patch| patch <= WASI_PATCH_MAX)
}
