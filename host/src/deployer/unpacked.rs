//! What a package is: a component, or sources that an interpreter runs.

use bytes::Bytes;

use super::Rejection;
use super::rejection::refused;
use crate::domain::language::Language;
use crate::domain::{Code, Digest, Refusal, Settings};
use crate::package::{self, Contents};

/// What the function's owner says that is to be run.
pub(super) struct EntryPoint {
    language: Language,
    handler: String,
}

impl EntryPoint {
    /// What settings name, where that is in a language of which sources are run.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        Some(Self {
            language: Language::of_runtime(settings.runtime.as_deref()?)?,
            handler: settings.handler.clone()?,
        })
    }
}

/// A package that was unpacked once.
pub(super) struct Unpacked {
    pub(super) package: Bytes,
    pub(super) code: Code,
    /// The component in it; of sources, nothing.
    pub(super) wasm: Bytes,
}

/// Unpacks `package`. Where it has the module that is to be run, it is sources, whatever wasm lies beside that. Blocks.
pub(super) fn unpack(
    package: Bytes,
    entry_point: Option<&EntryPoint>,
    interpreter: impl FnOnce(Language) -> Result<Digest, Rejection>,
) -> Result<Unpacked, Refusal> {
    let invalid = |error: package::PackageError| Refusal::InvalidParameter(error.to_string());
    let modules = entry_point.map(|EntryPoint { language, handler }| {
        (
            language.title(),
            handler.as_str(),
            language.module_files(handler),
        )
    });
    let contents = match &modules {
        Some((title, handler, files)) => package::contents_of(&package, title, handler, files),
        None => package::wasm_of(&package).map(Contents::Component),
    };
    let of = |package: &Bytes, component, reuse, interpreter| Code {
        package: Digest::of(package),
        package_bytes: package.len() as u64,
        component,
        reuse,
        interpreter,
    };
    match (contents.map_err(invalid)?, entry_point) {
        (Contents::Sources, Some(EntryPoint { language, .. })) => {
            let interpreter = interpreter(*language).map_err(refused)?;
            Ok(Unpacked {
                code: of(&package, interpreter, 0, Some(interpreter)),
                package,
                wasm: Bytes::new(),
            })
        }
        (Contents::Sources, None) => Err(Refusal::Internal),
        (Contents::Component(wasm), _) => {
            let reuse = package::reuse_of(&wasm).map_err(invalid)?;
            Ok(Unpacked {
                code: of(&package, Digest::of(&wasm), reuse, None),
                package,
                wasm,
            })
        }
    }
}
