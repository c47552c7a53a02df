//! The modules of a crate, parsed, and what a name in one of them means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Item, ItemUse, UseTree};

/// A path of names from the top of the crate.
pub(crate) type Place = Vec<String>;

/// The modules of a crate that are not for tests.
pub(crate) struct Modules(BTreeMap<Place, Vec<Item>>);

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An item of this crate: its module, and its name there.
    Item(Place, String),
    Module(Place),
    /// Something of another crate.
    Foreign(Place),
}

/// One name that a `use` brings in.
pub(crate) struct Import {
    /// The name, or `*` for all.
    pub(crate) name: String,
    pub(crate) path: Place,
}

impl Modules {
    /// Those of the crate whose top is `file`.
    pub(crate) fn of(file: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let folder = file.parent().expect("a folder around the file");
        read(file, folder, Vec::new(), &mut modules);
        Self(modules)
    }

    /// Every module, with what it holds.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Place, &[Item])> {
        self.0
            .iter()
            .map(|(place, items)| (place, items.as_slice()))
    }

    /// What a module holds.
    pub(crate) fn items(&self, module: &Place) -> &[Item] {
        self.0.get(module).map_or(&[], Vec::as_slice)
    }

    /// What `path` means in `module`.
    pub(crate) fn meaning(&self, module: &Place, path: &[String]) -> Option<Meaning> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Meaning::Module(Vec::new()),
            "self" => Meaning::Module(module.clone()),
            "super" => Meaning::Module(parent(module)),
            name => match self.found(module, name) {
                Some(found) => found,
                None => return Some(Meaning::Foreign(path.to_vec())),
            },
        };
        rest.iter().try_fold(start, |meaning, name| match meaning {
            Meaning::Module(place) if name == "super" => Some(Meaning::Module(parent(&place))),
            Meaning::Module(place) => self.found(&place, name),
            Meaning::Foreign(mut path) => {
                path.push(name.clone());
                Some(Meaning::Foreign(path))
            }
            Meaning::Item(..) => None,
        })
    }

    fn found(&self, module: &Place, name: &str) -> Option<Meaning> {
        let below: Place = module.iter().cloned().chain([name.to_owned()]).collect();
        if self.0.contains_key(&below) {
            return Some(Meaning::Module(below));
        }
        let items = self.items(module);
        if items
            .iter()
            .any(|item| name_of(item).as_deref() == Some(name))
        {
            return Some(Meaning::Item(module.clone(), name.to_owned()));
        }
        let imports = items.iter().filter_map(as_use).flat_map(imports);
        let imports: Vec<Import> = imports.collect();
        let named = imports.iter().find(|import| import.name == name);
        if let Some(import) = named.filter(|import| import.path != [name]) {
            return self.meaning(module, &import.path);
        }
        imports
            .iter()
            .filter(|import| import.name == "*")
            .filter_map(|import| self.meaning(module, &import.path))
            .find_map(|meaning| match meaning {
                Meaning::Module(place) if place != *module => self.found(&place, name),
                _ => None,
            })
    }
}

fn parent(module: &Place) -> Place {
    let above = module.len().saturating_sub(1);
    module[..above].to_vec()
}

fn as_use(item: &Item) -> Option<&ItemUse> {
    match item {
        Item::Use(item) => Some(item),
        _ => None,
    }
}

/// The names that a `use` brings in.
pub(crate) fn imports(item: &ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    flatten(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn flatten(tree: &UseTree, before: &mut Place, found: &mut Vec<Import>) {
    let mut add = |name: String, last: Option<String>| {
        let path = before.iter().cloned().chain(last).collect();
        found.push(Import { name, path });
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            add(before.last().cloned().unwrap_or_default(), None);
        }
        UseTree::Name(name) => add(name.ident.to_string(), Some(name.ident.to_string())),
        UseTree::Rename(name) => add(name.rename.to_string(), Some(name.ident.to_string())),
        UseTree::Glob(_) => add("*".into(), None),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
    }
}

/// What an item is called.
pub(crate) fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Reads a file and the modules below it; the files of those lie in `folder`.
fn read(file: &Path, folder: &Path, module: Place, modules: &mut BTreeMap<Place, Vec<Item>>) {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let items = syn::parse_file(&text)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        .items;
    take(items, folder, module, modules);
}

fn take(items: Vec<Item>, folder: &Path, module: Place, modules: &mut BTreeMap<Place, Vec<Item>>) {
    for item in &items {
        let Item::Mod(inner) = item else { continue };
        if inner.attrs.iter().any(is_for_tests) {
            continue;
        }
        let name = inner.ident.to_string();
        let place = module.iter().cloned().chain([name.clone()]).collect();
        let below = folder.join(&name);
        match &inner.content {
            Some((_, items)) => take(items.clone(), &below, place, modules),
            None => read(&file_of(&below), &below, place, modules),
        }
    }
    modules.insert(module, items);
}

fn file_of(below: &Path) -> PathBuf {
    let beside = below.with_extension("rs");
    match beside.is_file() {
        true => beside,
        false => below.join("mod.rs"),
    }
}

fn is_for_tests(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Path>()
            .is_ok_and(|condition| condition.is_ident("test"))
}
