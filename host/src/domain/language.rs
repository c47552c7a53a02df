//! The languages whose sources are run as they are.

use super::named::named;

named! {
    /// A language of which there can be an interpreter.
    pub enum Language {
        /// Python.
        Python = "python",
    }
}

impl Language {
    /// The language of what Lambda calls by such a name, whatever its version: there is one interpreter.
    pub fn of_runtime(runtime: &str) -> Option<Self> {
        let version = runtime.strip_prefix("python3.")?;
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        is_version.then_some(Self::Python)
    }

    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Python => "Python",
        }
    }

    /// What Lambda calls what its interpreter runs.
    pub fn runtimes(self) -> &'static str {
        match self {
            Self::Python => "python3.x",
        }
    }

    /// The files of a package of which one has the function that `handler` names, such as `src/orders.handler`; none
    /// where that is no name.
    pub fn module_files(self, handler: &str) -> Vec<String> {
        let Some((module, function)) = handler.rsplit_once('.') else {
            return Vec::new();
        };
        if module.is_empty() || function.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Python => {
                let module = module.replace('.', "/");
                let module = module.trim_start_matches('/');
                vec![format!("{module}.py"), format!("{module}/__init__.py")]
            }
        }
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
            ("provided.al2023", None),
        ] {
            assert_eq!(Language::of_runtime(runtime), language, "{runtime}");
        }
    }

    #[test]
    fn a_handler_names_a_module_as_on_lambda() {
        for (handler, file) in [
            ("app.handler", Some("app.py")),
            ("src/orders.handler", Some("src/orders.py")),
            ("src.orders.handler", Some("src/orders.py")),
            ("handler", None),
            (".handler", None),
            ("app.", None),
        ] {
            let files = Language::Python.module_files(handler);
            assert_eq!(files.first().map(String::as_str), file, "{handler}");
        }
    }
}
