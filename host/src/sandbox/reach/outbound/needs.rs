//! What the requests of guests need of this machine. Whether there will be any is for functions to say that are
//! deployed later, and to whom.

use std::path::{Path, PathBuf};

use crate::jail::{Needs, loaded_files};

/// What tells addresses of names.
const NAMES: [&str; 5] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
];

/// What links among the system's roots lead to, in one distribution or another.
const ROOTS: [&str; 6] = [
    "/etc/ca-certificates",
    "/etc/pki/ca-trust",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/pki",
    "/var/lib/ca-certificates",
];

/// Connections, names, and whom to trust.
pub(crate) fn outbound_needs(needs: &mut Needs) {
    needs.connect();
    for file in NAMES {
        needs.read(file);
        if let Some(folder) = folder_behind(Path::new(file)) {
            needs.read(folder);
        }
    }
    // Names may be looked up by more libraries, which lie beside those that are loaded.
    needs.read("/etc/ld.so.cache");
    let libraries = loaded_files();
    let folders = libraries.iter().filter(|file| is_library(file));
    for folder in folders.filter_map(|file| file.parent()) {
        needs.read(folder);
    }
    let roots = openssl_probe::probe();
    for place in roots.cert_file.into_iter().chain(roots.cert_dir) {
        needs.read(place);
    }
    for place in ROOTS {
        needs.read(place);
    }
}

/// The folder that a link leads into: whoever writes such a file anew replaces it there.
fn folder_behind(link: &Path) -> Option<PathBuf> {
    let file = link.canonicalize().ok()?;
    let folder = file.parent()?;
    (folder != link.parent()?).then(|| folder.to_owned())
}

fn is_library(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".so") || name.contains(".so.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_elsewhere_is_found_there() {
        let temp = tempfile::tempdir().expect("a folder");
        let place = temp.path().canonicalize().expect("its path");
        std::fs::create_dir(place.join("run")).expect("made");
        std::fs::write(place.join("run/resolv.conf"), "").expect("written");
        std::os::unix::fs::symlink("run/resolv.conf", place.join("resolv.conf")).expect("linked");
        assert_eq!(
            folder_behind(&place.join("resolv.conf")),
            Some(place.join("run"))
        );
        assert_eq!(folder_behind(&place.join("run/resolv.conf")), None);
        assert_eq!(folder_behind(&place.join("missing")), None);
    }

    #[test]
    fn libraries_are_told_from_programs() {
        for name in ["/lib/libc.so.6", "/lib/ld-musl-x86_64.so.1", "/lib/liba.so"] {
            assert!(is_library(Path::new(name)), "{name}");
        }
        for name in ["/usr/bin/sparkler", "/home/me/so.much/sparkler"] {
            assert!(!is_library(Path::new(name)), "{name}");
        }
    }
}
