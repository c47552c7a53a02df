//! Zig as a C compiler for WebAssembly: PyPI has it for every system, and it brings its own C library.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::toolchain::virtual_environment::VirtualEnvironment;
use crate::toolchain::{BuildError, BuildEvent, BuildOptions, output, tools};

/// The package, in the version that the interpreter is tested with.
pub(super) const PACKAGE: &str = "ziglang==0.17.1";

/// What to do where it cannot be had.
const REMEDY: &str = "The interpreter of JavaScript is built with a C compiler that comes from PyPI: install python3, 3.10 \
                      or newer, with its modules venv and pip (Debian and Ubuntu: apt install python3 python3-venv; \
                      others: https://www.python.org/downloads), or put it on the PATH.";

/// Calls zig as cargo's `cc` calls a compiler: zig knows the target by another name.
const COMPILER: &str = r#"#!/bin/sh
for argument; do
    shift
    case $argument in --target=wasm32-wasi*) argument=--target=wasm32-wasi ;; esac
    set -- "$@" "$argument"
done
exec "$SPARKLER_ZIG" cc "$@"
"#;

/// Calls zig as `cc` calls an archiver.
const ARCHIVER: &str = "#!/bin/sh\nexec \"$SPARKLER_ZIG\" ar \"$@\"\n";

/// Zig, with the two programs by whose names it is called.
pub(super) struct Zig {
    program: PathBuf,
    folder: PathBuf,
    cache: PathBuf,
}

impl Zig {
    /// The one of the tools, installed where it is not there.
    pub(super) fn installed(
        options: &BuildOptions,
        observe: &mut dyn FnMut(BuildEvent<'_>),
    ) -> Result<Self, BuildError> {
        let environment = VirtualEnvironment::with(PACKAGE, REMEDY, options, observe)?;
        let folder = environment.folder().join("compiler");
        write_program(&folder.join("cc"), COMPILER)?;
        write_program(&folder.join("ar"), ARCHIVER)?;
        Ok(Self {
            program: environment.tool("python-zig"),
            folder,
            cache: tools::root(options)?.join("zig-cache"),
        })
    }

    /// What `cc` reads of its environment.
    pub(super) fn environment(&self) -> [(&'static str, PathBuf); 5] {
        [
            ("CC_wasm32_wasip2", self.folder.join("cc")),
            ("AR_wasm32_wasip2", self.folder.join("ar")),
            ("SPARKLER_ZIG", self.program.clone()),
            ("ZIG_GLOBAL_CACHE_DIR", self.cache.clone()),
            ("ZIG_LOCAL_CACHE_DIR", self.cache.join("local")),
        ]
    }
}

fn write_program(path: &Path, text: &str) -> Result<(), BuildError> {
    output::write(path, text.as_bytes())?;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).map_err(|source| BuildError::Write {
        path: path.to_owned(),
        source,
    })
}
