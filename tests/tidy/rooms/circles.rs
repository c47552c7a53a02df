//! Files that import each other in a circle are one thing in several files.
//!
//! What a file takes from which is read from its `use` lines and its paths. A parent that only lists its children is
//! not in a circle with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::sources::{Source, workspace};

/// Circles in all crates of the host together.
const CIRCLES_MAX: usize = 5;

/// Files in one circle.
const FILES_MAX: usize = 3;

#[test]
fn files_import_each_other_in_few_and_small_circles() {
    let mut circles: Vec<Vec<String>> = crates()
        .iter()
        .flat_map(|sources| Files::below(sources).circles())
        .collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    let longest = circles.first().map_or(0, Vec::len);
    assert!(
        circles.len() <= CIRCLES_MAX && longest <= FILES_MAX,
        "at most {CIRCLES_MAX} circles, of {FILES_MAX} files at most: {circles:#?}"
    );
}

/// Where the crates of the host have their sources: the library, and those in folders of it.
fn crates() -> Vec<String> {
    let inside = fs::read_dir(workspace().join("host")).expect("the host");
    let inside = inside.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let inside = inside.map(|folder| format!("host/{folder}"));
    let crates = inside.chain(["host".to_owned()]);
    let crates = crates.filter(|folder| workspace().join(folder).join("Cargo.toml").is_file());
    crates.map(|folder| format!("{folder}/src")).collect()
}

/// A module by its path in the crate.
type Module = Vec<String>;

/// The files of a crate, and what each names.
#[derive(Default)]
struct Files {
    names: Vec<String>,
    /// The file of each module.
    modules: BTreeMap<Module, usize>,
    /// The paths that each file names.
    named: Vec<Vec<Module>>,
    /// What modules export under a name of theirs, by where it comes from.
    exported: BTreeMap<(Module, String), Module>,
}

/// A path that a file names.
struct Named {
    path: Module,
    is_exported: bool,
}

impl Files {
    fn below(folder: &str) -> Self {
        let sources = Source::below(folder).into_iter();
        let sources =
            sources.map(|source| (source.name[folder.len() + 1..].to_owned(), source.text));
        Self::of(sources.filter(|(name, _)| !is_test(name)).collect())
    }

    fn of(sources: Vec<(String, String)>) -> Self {
        let mut files = Self::default();
        for (at, (name, _)) in sources.iter().enumerate() {
            files.modules.insert(module_of(name), at);
        }
        for (name, text) in sources {
            let module = module_of(&name);
            let mut named = Vec::new();
            for Named { path, is_exported } in files.paths(&module, &text) {
                if is_exported && let Some(last) = path.last() {
                    let exported = (module.clone(), last.clone());
                    files.exported.insert(exported, path.clone());
                }
                named.push(path);
            }
            files.names.push(name);
            files.named.push(named);
        }
        files
    }

    /// All that a file names of its crate, from the top of it.
    fn paths(&self, module: &Module, text: &str) -> Vec<Named> {
        let code = code_of(text);
        let mut paths = Vec::new();
        let mut rest = String::new();
        for statement in code.split_inclusive(';') {
            let Some((before, tree)) = use_of(statement) else {
                rest.push_str(statement);
                continue;
            };
            rest.push_str(before.text);
            paths.extend(
                expanded(&tree)
                    .into_iter()
                    .map(|path| (path, before.is_exported)),
            );
        }
        paths.extend(paths_in(&rest).into_iter().map(|path| (path, false)));
        let paths = paths.into_iter().filter_map(|(path, is_exported)| {
            let path = self.absolute(&path, module)?;
            Some(Named { path, is_exported })
        });
        paths.collect()
    }

    fn absolute(&self, path: &str, module: &Module) -> Option<Module> {
        let parts: Vec<&str> = path.split("::").map(str::trim).collect();
        let mut here = module.clone();
        let mut parts = parts.as_slice();
        match parts[0] {
            "crate" => return Some(parts[1..].iter().map(ToString::to_string).collect()),
            "super" | "self" => {
                while let [first @ ("super" | "self"), following @ ..] = parts {
                    if *first == "super" {
                        here.pop();
                    }
                    parts = following;
                }
            }
            first => {
                let child = [here.as_slice(), &[first.to_owned()]].concat();
                if !self.modules.contains_key(&child) {
                    return None;
                }
            }
        }
        here.extend(parts.iter().map(ToString::to_string));
        Some(here)
    }

    /// The file that a path leads to, where necessary by what modules export of others.
    fn file_of(&self, path: &[String], steps_left: usize) -> Option<usize> {
        let length = (0..=path.len())
            .rev()
            .find(|length| self.modules.contains_key(&path[..*length]))?;
        let (module, following) = path.split_at(length);
        if let Some((first, more)) = following.split_first() {
            let exported = self.exported.get(&(module.to_vec(), first.clone()));
            if let Some(exported) = exported.filter(|exported| *exported != path)
                && steps_left > 0
            {
                return self.file_of(&[exported, more].concat(), steps_left - 1);
            }
        }
        self.modules.get(module).copied()
    }

    /// Which others each file names.
    fn arrows(&self) -> Vec<BTreeSet<usize>> {
        let named = self.named.iter().enumerate();
        named
            .map(|(at, paths)| {
                let files = paths.iter().filter_map(|path| self.file_of(path, 8));
                files
                    .filter(|file| *file != at && !self.names[*file].ends_with("mod.rs"))
                    .collect()
            })
            .collect()
    }

    /// Files each of which leads to all others of its circle.
    fn circles(&self) -> Vec<Vec<String>> {
        let reached = closure(self.arrows());
        let mut circles = BTreeSet::new();
        for (at, others) in reached.iter().enumerate() {
            let circle = others.iter().filter(|other| reached[**other].contains(&at));
            let circle: BTreeSet<&String> = circle.map(|other| &self.names[*other]).collect();
            if circle.len() > 1 {
                circles.insert(circle.into_iter().cloned().collect());
            }
        }
        circles.into_iter().collect()
    }
}

/// All that each file leads to, by whatever way.
fn closure(arrows: Vec<BTreeSet<usize>>) -> Vec<BTreeSet<usize>> {
    let reached_from = |start: usize| {
        let mut reached = BTreeSet::new();
        let mut open: Vec<usize> = arrows[start].iter().copied().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(&arrows[next]);
            }
        }
        reached
    };
    (0..arrows.len()).map(reached_from).collect()
}

fn is_test(name: &str) -> bool {
    let mut parts = name.trim_end_matches(".rs").split('/');
    parts.any(|part| part == "tests" || part.ends_with("_tests"))
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module_of(name: &str) -> Module {
    let mut parts: Module = name
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    match parts.as_slice() {
        [only] if only == "lib" || only == "main" => Module::new(),
        _ => parts,
    }
}

/// A text without its comments and its unit tests.
fn code_of(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines();
    lines
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What stands before a `use`.
struct Before<'a> {
    text: &'a str,
    is_exported: bool,
}

/// The tree of a statement that imports.
fn use_of(statement: &str) -> Option<(Before<'_>, String)> {
    let at = statement.match_indices("use ").map(|(at, _)| at);
    let (text, visibility) = at
        .map(|at| (&statement[..at], line_end(&statement[..at])))
        .find(|(_, before)| before.is_empty() || before.starts_with("pub"))?;
    let is_exported = !visibility.is_empty();
    let tree = statement[text.len() + "use ".len()..].trim_end_matches(';');
    let tree = tree.split_whitespace().collect::<Vec<_>>().join(" ");
    Some((Before { text, is_exported }, tree))
}

/// What stands in the last line, but for blanks.
fn line_end(text: &str) -> &str {
    text.rsplit(['\n', '{']).next().unwrap_or(text).trim()
}

/// `a::{b, c::{d}}` as paths.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, body)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or(tree).to_owned()];
    };
    let body = body.rsplit_once('}').map_or(body, |(body, _)| body);
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0);
    for c in body.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(std::mem::take(&mut part)),
            _ => part.push(c),
        }
    }
    parts.push(part);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expanded(part))
        .map(|path| format!("{prefix}{path}"))
        .collect()
}

/// Paths from the top of the crate, or from a parent, that stand in code.
fn paths_in(code: &str) -> Vec<String> {
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_of_path(c));
    words
        .filter(|word| word.starts_with("crate::") || word.starts_with("super::"))
        .map(|word| word.trim_end_matches(':').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(sources: &[(&str, &str)]) -> Vec<Vec<String>> {
        let sources = sources.iter();
        let sources = sources.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Files::of(sources.collect()).circles()
    }

    #[test]
    fn a_circle_is_found_through_imports_paths_and_exports() {
        let circles = circles_of(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;"),
            ("a.rs", "use crate::{b::One, c};"),
            (
                "b/mod.rs",
                "mod inner;\npub(crate) use inner::{One, Two as Three};",
            ),
            ("b/inner.rs", "fn f() { super::super::c::g() }"),
            ("c.rs", "pub fn g() -> crate::a::A {}"),
        ]);
        assert_eq!(circles, [["a.rs", "b/inner.rs", "c.rs"]]);
    }

    #[test]
    fn neither_a_parent_nor_a_test_nor_a_comment_closes_a_circle() {
        let circles = circles_of(&[
            ("a/mod.rs", "mod b;\npub use b::B;"),
            (
                "a/b.rs",
                "use super::Other;\n// use crate::c::C;\nuse std::fmt;",
            ),
            (
                "c.rs",
                "use crate::a::B;\n#[cfg(test)]\nmod tests {\n    use crate::d::D;\n}",
            ),
            ("d.rs", "use crate::c;"),
        ]);
        assert_eq!(circles, Vec::<Vec<String>>::new());
    }

    #[test]
    fn trees_become_paths() {
        let paths = expanded("a::{b, c::{d as e, f}, self}");
        assert_eq!(paths, ["a::b", "a::c::d", "a::c::f", "a::self"]);
    }
}
