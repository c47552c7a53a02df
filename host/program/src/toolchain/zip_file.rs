//! The component as a zip beside it: AWS's own client uploads nothing else.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes `FILE.zip` beside `FILE.wasm`, whole or not at all; gives its path.
pub(super) fn write_beside(component: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = component.with_extension("zip");
    let folder = component.parent().unwrap_or(Path::new("."));
    let name = component.file_name().unwrap_or_default().to_string_lossy();
    let mut zip = ZipWriter::new(NamedTempFile::new_in(folder)?);
    zip.start_file(name, SimpleFileOptions::default())?;
    zip.write_all(bytes)?;
    zip.finish()?.persist(&path)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zip_is_a_package_of_the_component() {
        let folder = tempfile::tempdir().expect("a folder");
        let component = b"\0asm\x0d\0\x01\0";
        let zip = write_beside(&folder.path().join("greet.wasm"), component).expect("written");
        assert_eq!(zip, folder.path().join("greet.zip"));
        let package = std::fs::read(zip).expect("readable").into();
        assert_eq!(
            sparkler::internals::wasm_of(&package).expect("sound"),
            component[..]
        );
    }
}
