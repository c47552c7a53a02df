//! Which file of a package is the function.

use super::PackageError;

/// What stands at the top of a package that holds several wasm files; the first that is there is taken.
const PREFERRED: [&str; 2] = ["bootstrap.wasm", "function.wasm"];

/// Folder that macOS adds, with a shadow of each file that has the same ending.
const MAC_SHADOWS: &str = "__MACOSX/";

/// Names that one sentence lists.
const SHOWN_NAMES_MAX: usize = 5;

/// Longest name in a sentence, in characters.
const SHOWN_NAME_CHARS_MAX: usize = 100;

/// The wasm file among `files`, which are places and names.
pub(super) fn choose(files: Vec<(usize, &str)>) -> Result<(usize, &str), PackageError> {
    let files: Vec<_> = files
        .into_iter()
        .filter(|(_, name)| !name.starts_with(MAC_SHADOWS))
        .collect();
    let candidates: Vec<_> = files
        .iter()
        .filter(|(_, name)| name.ends_with(".wasm"))
        .copied()
        .collect();
    match candidates.as_slice() {
        [] => Err(nothing_to_run(&files)),
        [only] => Ok(*only),
        several => preferred(several),
    }
}

fn preferred<'a>(candidates: &[(usize, &'a str)]) -> Result<(usize, &'a str), PackageError> {
    for preferred in PREFERRED {
        let mut found = candidates.iter().filter(|(_, name)| *name == preferred);
        match (found.next(), found.next()) {
            (Some(one), None) => return Ok(*one),
            (Some(_), Some(_)) => {
                return Err(PackageError(format!(
                    "The package holds the file '{preferred}' more than once. Make it anew with one."
                )));
            }
            (None, _) => {}
        }
    }
    Err(PackageError(format!(
        "The package holds several WebAssembly files ({}). Keep one of them, or name the one that is the \
         function bootstrap.wasm, at the top of the package.",
        listed(candidates)
    )))
}

fn nothing_to_run(files: &[(usize, &str)]) -> PackageError {
    if files.is_empty() {
        return PackageError("Uploaded file must be a non-empty zip".into());
    }
    let kind = KINDS
        .iter()
        .find(|kind| files.iter().any(|(_, name)| kind.fits(name)));
    let guess = match kind {
        Some(Kind { language, way, .. }) => format!(
            "It looks like a {language} function; Lambda's managed runtimes are not run here. Build it to \
             a WASI component ({way})"
        ),
        None => "Build the function to a WASI component".into(),
    };
    PackageError(format!(
        "The package holds no WebAssembly file, a *.wasm, which is what runs here; it holds {}. {guess} and \
         package that as bootstrap.wasm, or upload the .wasm file as it is.",
        listed(files)
    ))
}

/// How a package for one of Lambda's own runtimes looks.
struct Kind {
    language: &'static str,
    endings: &'static [&'static str],
    way: &'static str,
}

impl Kind {
    fn fits(&self, name: &str) -> bool {
        self.endings.iter().any(|ending| name.ends_with(ending))
    }
}

const KINDS: [Kind; 6] = [
    Kind {
        language: "Python",
        endings: &[".py", ".pyc"],
        way: "for Python, with componentize-py",
    },
    Kind {
        language: "Node.js",
        endings: &[".js", ".mjs", ".cjs", ".ts", "package.json"],
        way: "for JavaScript, with componentize-js",
    },
    Kind {
        language: "Java",
        endings: &[".jar", ".class"],
        way: "for Java, with a compiler that targets WASI",
    },
    Kind {
        language: ".NET",
        endings: &[".dll", ".runtimeconfig.json"],
        way: "for .NET, with componentize-dotnet",
    },
    Kind {
        language: "Ruby",
        endings: &[".rb"],
        way: "for Ruby, with ruby.wasm",
    },
    Kind {
        language: "native",
        endings: &["bootstrap", ".so"],
        way: "for Rust, with the target wasm32-wasip2",
    },
];

fn listed(files: &[(usize, &str)]) -> String {
    let names = files.iter().take(SHOWN_NAMES_MAX);
    let names: Vec<_> = names.map(|(_, name)| shown(name)).collect();
    match files.len().saturating_sub(SHOWN_NAMES_MAX) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A name from a package, fit for a sentence: short, and without control characters.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String = name
        .chars()
        .take(SHOWN_NAME_CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(SHOWN_NAME_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}
