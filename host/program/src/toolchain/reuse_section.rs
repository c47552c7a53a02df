//! The custom section with which a component lets its sandboxes be reused.

use std::io::{self, Write as _};
use std::path::Path;

use sparkler::internals::REUSE_SECTION;
use tempfile::NamedTempFile;

/// The id of a custom section.
const CUSTOM_SECTION: u8 = 0;

/// Puts the section behind the component in the file at `path`, whole or not at all; gives what is there
/// then.
///
/// The file is replaced and not written to: cargo links it to one of its own, which stays as it is.
pub(super) fn append(path: &Path, mut component: Vec<u8>, reuse: u32) -> io::Result<Vec<u8>> {
    component.extend(section(reuse));
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(&component)?;
    // As readable as what cargo made; the temporary one is its owner's alone.
    let permissions = std::fs::metadata(path)?.permissions();
    file.as_file().set_permissions(permissions)?;
    file.persist(path)?;
    Ok(component)
}

/// Id, length of the rest, length of the name, name, content. Both lengths are below 128 and so take one
/// byte each.
fn section(reuse: u32) -> Vec<u8> {
    let content = reuse.to_string();
    let byte = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let mut section = vec![
        CUSTOM_SECTION,
        byte(1 + REUSE_SECTION.len() + content.len()),
        byte(REUSE_SECTION.len()),
    ];
    section.extend(REUSE_SECTION.as_bytes());
    section.extend(content.as_bytes());
    section
}

const _: () = assert!(1 + REUSE_SECTION.len() + "4294967295".len() < 128);

#[cfg(test)]
mod tests {
    use super::*;
    use sparkler::internals::REUSE_MAX;

    #[test]
    fn what_is_written_is_read_when_the_component_is_deployed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("greet.wasm");
        std::fs::write(&path, "").expect("what cargo made");
        for reuse in [1, 50, REUSE_MAX] {
            let plain = b"\0asm\x0d\0\x01\0".to_vec();
            let component = append(&path, plain, reuse).expect("written");
            assert_eq!(std::fs::read(&path).expect("there"), component);
            assert_eq!(
                sparkler::internals::reuse_of(&component).expect("sound"),
                reuse
            );
        }
    }
}
