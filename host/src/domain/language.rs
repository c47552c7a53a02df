//! The languages whose sources are run as they are.

use super::named::named;

named! {
    /// A language of which there can be an interpreter.
    pub enum Language {
        /// Python.
        Python = "python",
        /// JavaScript, and TypeScript.
        JavaScript = "javascript",
    }
}

impl Language {
    /// The language of what Lambda calls by such a name, whatever its version: there is one interpreter.
    pub fn of_runtime(runtime: &str) -> Option<Self> {
        let (language, version) = match runtime.strip_prefix("python3.") {
            Some(version) => (Self::Python, version),
            None => {
                let version = runtime.strip_prefix("nodejs")?.strip_suffix(".x")?;
                (Self::JavaScript, version)
            }
        };
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        is_version.then_some(language)
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        }
    }

    /// What Lambda calls what its interpreter runs.
    pub fn runtimes(self) -> &'static str {
        match self {
            Self::Python => "python3.x",
            Self::JavaScript => "nodejsNN.x",
        }
    }

    /// The files of a package of which one has the function that `handler` names, such as `src/orders.handler`; none
    /// where that is no name.
    pub fn module_files(self, handler: &str) -> Vec<String> {
        let module = match self {
            // All but the last name are of modules.
            Self::Python => handler.rsplit_once('.'),
            // A function may be a member of what its module exports.
            Self::JavaScript => {
                let file = handler.rfind('/').map_or(0, |slash| slash + 1);
                let dot = handler[file..].find('.').map(|dot| file + dot);
                dot.map(|dot| (&handler[..dot], &handler[dot + 1..]))
            }
        };
        let Some((module, function)) = module else {
            return Vec::new();
        };
        if module.is_empty() || module.ends_with('/') || function.is_empty() {
            return Vec::new();
        }
        let (module, endings) = match self {
            Self::Python => (module.replace('.', "/"), &[".py", "/__init__.py"][..]),
            Self::JavaScript => (
                module.to_owned(),
                &[".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"][..],
            ),
        };
        let module = module.trim_start_matches('/');
        let files = endings.iter().map(|ending| format!("{module}{ending}"));
        files.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runtime_of_a_language_is_run_by_its_one_interpreter() {
        for (runtime, language) in [
            ("python3.8", Some(Language::Python)),
            ("python3.14", Some(Language::Python)),
            ("python2.7", None),
            ("python3.", None),
            ("nodejs22.x", Some(Language::JavaScript)),
            ("nodejs8.10", None),
            ("nodejs.x", None),
            ("provided.al2023", None),
        ] {
            assert_eq!(Language::of_runtime(runtime), language, "{runtime}");
        }
    }

    #[test]
    fn a_handler_names_a_module_as_on_lambda() {
        for (handler, python, javascript) in [
            ("app.handler", Some("app.py"), Some("app.js")),
            (
                "src/orders.handler",
                Some("src/orders.py"),
                Some("src/orders.js"),
            ),
            ("src.orders.handler", Some("src/orders.py"), Some("src.js")),
            (
                "a.b/index.api.get",
                Some("a/b/index/api.py"),
                Some("a.b/index.js"),
            ),
            ("handler", None, None),
            (".handler", None, None),
            ("src/.handler", None, None),
            ("app.", None, None),
        ] {
            for (language, file) in [
                (Language::Python, python),
                (Language::JavaScript, javascript),
            ] {
                let files = language.module_files(handler);
                assert_eq!(files.first().map(String::as_str), file, "{handler}");
            }
        }
    }
}
