//! The interpreter that runs the sources of many functions: the same runtime as that of a built function, without one.

use std::fs;

use super::bundle::Bundle;
use super::interpreter::{COMPONENTIZE_PY, Interpreter, TZDATA};
use super::{componentize, read, runtime};
use crate::toolchain::inputs::digest_of;
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, BuiltInterpreter, output};

/// What stands in the interpreter's memory before the version of its Python, and behind it.
const VERSION_MARKS: (&[u8], u8) = (b"sparkler-python ", b';');

/// All that it is built from.
pub(in crate::toolchain) fn inputs() -> String {
    let texts = runtime::WIT.iter().chain(&runtime::MODULES);
    let others = [
        (COMPONENTIZE_PY, runtime::GENERIC_MAIN_MODULE),
        (TZDATA, ""),
    ];
    digest_of(texts.copied().chain(others))
}

/// Builds it in a folder that is gone afterwards.
pub(in crate::toolchain) fn build(
    options: &BuildOptions,
    observe: &mut dyn FnMut(BuildEvent<'_>),
) -> Result<BuiltInterpreter, BuildError> {
    let folder = tempfile::tempdir().map_err(|source| BuildError::Write {
        path: std::env::temp_dir(),
        source,
    })?;
    let interpreter = Interpreter::find(options, observe)?;
    let bundle = Bundle::of(folder.path(), &folder.path().join("python"));
    bundle.fill_generic()?;
    componentize("the interpreter", &bundle, &interpreter, options, observe)?;
    let component = read(&bundle.component())?;
    Ok(BuiltInterpreter {
        version: version_in(&component).unwrap_or_else(|| super::GUEST_PYTHON.to_owned()),
        component,
    })
}

/// The version that stands between the marks.
fn version_in(component: &[u8]) -> Option<String> {
    const VERSION_BYTES_MAX: usize = 32;
    let (mark, end) = VERSION_MARKS;
    let places = component.windows(mark.len()).enumerate();
    let mut versions = places
        .filter(|(_, bytes)| *bytes == mark)
        .filter_map(|(place, _)| {
            let rest = &component[place + mark.len()..];
            let version = rest
                .iter()
                .take(VERSION_BYTES_MAX)
                .take_while(|byte| **byte != end);
            let version: Vec<u8> = version.copied().collect();
            let is_version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            let is_one = !version.is_empty()
                && version.len() < VERSION_BYTES_MAX
                && version.iter().all(is_version);
            is_one.then(|| String::from_utf8_lossy(&version).into_owned())
        });
    versions.next()
}

impl Bundle {
    /// Puts the interpreter's own modules together.
    fn fill_generic(&self) -> Result<(), BuildError> {
        self.fill_runtime(runtime::GENERIC_MAIN_MODULE)?;
        let folder = self.function();
        fs::create_dir_all(&folder).map_err(|source| BuildError::Write {
            path: folder.clone(),
            source,
        })?;
        output::write(&folder.join(".keep"), b"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_what_stands_between_the_marks() {
        let found = |text: &[u8]| version_in(text);
        assert_eq!(
            found(b"..sparkler-python \0..sparkler-python 3.14.1;.."),
            Some("3.14.1".into())
        );
        assert_eq!(found(b"sparkler-python "), None);
        assert_eq!(found(b"sparkler-python ;"), None);
    }
}
