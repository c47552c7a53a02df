//! What the library shows is written down, so that nothing is shown or taken away by accident.

use std::path::Path;

use syn::{
    Attribute, Fields, File, ImplItem, Item, ItemImpl, ItemMod, ItemUse, Type, Visibility,
    parse_quote,
};

use crate::modules::{Import, Meaning, Modules, Place, imports, name_of};
use crate::sources::workspace;

/// Where it is written down.
const SNAPSHOT: &str = "host/public-api.txt";

/// Set, it is written anew.
const ACCEPT_VARIABLE: &str = "SPARKLER_ACCEPT_API";

/// What this workspace's own crates take of the library; no part of its API, so its names are enough.
const INTERNALS: &str = "internals";

#[test]
fn what_the_library_shows_is_what_is_written_down() {
    let place = workspace().join(SNAPSHOT);
    let shown = Shown::by(&workspace().join("host/src/lib.rs")).text();
    if std::env::var_os(ACCEPT_VARIABLE).is_some() {
        std::fs::write(&place, &shown).expect("write the snapshot");
    }
    let written = std::fs::read_to_string(&place).unwrap_or_default();
    let missing = lines_without(&written, &shown);
    let new = lines_without(&shown, &written);
    assert!(
        shown == written,
        "the API of the library is not what {SNAPSHOT} says.\nGone:\n{missing}\nNew:\n{new}\nWhere that is meant, \
         accept it with\n  {ACCEPT_VARIABLE}=1 cargo test -p sparkler-tests --test tidy public_api\nand commit the \
         file."
    );
}

fn lines_without(text: &str, other: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !other.lines().any(|it| it == *line));
    lines.map(|line| format!("  {line}\n")).collect()
}

/// What a crate shows.
struct Shown {
    modules: Modules,
}

impl Shown {
    fn by(file: &Path) -> Self {
        Self {
            modules: Modules::of(file),
        }
    }

    fn text(&self) -> String {
        let items = self.of_module(&Vec::new(), self.modules.items(&Vec::new()));
        let file = File {
            shebang: None,
            attrs: Vec::new(),
            items,
        };
        prettyplease::unparse(&file)
    }

    fn of_module(&self, module: &Place, items: &[Item]) -> Vec<Item> {
        items
            .iter()
            .filter(|item| is_public(item))
            .flat_map(|item| match item {
                Item::Use(item) => self.of_use(module, item),
                Item::Mod(item) => vec![self.of_inner(module, item)],
                item => self.of_item(module, item, &[]),
            })
            .collect()
    }

    fn of_inner(&self, module: &Place, item: &ItemMod) -> Item {
        let name = item.ident.to_string();
        let place: Place = module.iter().cloned().chain([name.clone()]).collect();
        let items = self.modules.items(&place);
        let items = match name == INTERNALS {
            true => items
                .iter()
                .filter(|item| is_public(item))
                .map(outside)
                .collect(),
            false => self.of_module(&place, items),
        };
        let (attrs, ident) = (telling(&item.attrs), &item.ident);
        parse_quote!(#(#attrs)* pub mod #ident { #(#items)* })
    }

    fn of_use(&self, module: &Place, item: &ItemUse) -> Vec<Item> {
        let conditions = telling(&item.attrs);
        let shown = imports(item).into_iter().flat_map(|import| {
            match self.modules.meaning(module, &import.path) {
                Some(Meaning::Item(place, name)) => {
                    let mut items = self.modules.items(&place).iter();
                    let item = items.find(|item| name_of(item).as_ref() == Some(&name));
                    item.map(|item| self.of_item(&place, item, &conditions))
                        .unwrap_or_default()
                }
                Some(Meaning::Module(place)) => vec![self.as_module(&import, &place, &conditions)],
                Some(Meaning::Foreign(path)) => vec![foreign(&path, &import, &conditions)],
                None => panic!("{} leads nowhere", import.path.join("::")),
            }
        });
        shown.collect()
    }

    fn as_module(&self, import: &Import, place: &Place, conditions: &[Attribute]) -> Item {
        let name = syn::Ident::new(&import.name, proc_macro2::Span::call_site());
        let items = self.of_module(place, self.modules.items(place));
        parse_quote!(#(#conditions)* pub mod #name { #(#items)* })
    }

    /// An item, and what is implemented for it.
    fn of_item(&self, module: &Place, item: &Item, conditions: &[Attribute]) -> Vec<Item> {
        let mut item = outside(item);
        if let Some(attrs) = attributes(&mut item) {
            attrs.splice(0..0, conditions.iter().cloned());
        }
        let name = name_of(&item).unwrap_or_default();
        let meaning = Meaning::Item(module.clone(), name);
        let mut shown = vec![item];
        for (place, items) in self.modules.all() {
            let blocks = items.iter().filter_map(|item| match item {
                Item::Impl(block) => Some(block),
                _ => None,
            });
            let for_this = blocks.filter(|block| self.is_for(place, block, &meaning));
            shown.extend(for_this.filter_map(seen).map(Item::Impl));
        }
        shown
    }

    fn is_for(&self, module: &Place, block: &ItemImpl, meaning: &Meaning) -> bool {
        let Type::Path(path) = &*block.self_ty else {
            return false;
        };
        let path = path.path.segments.iter().map(|part| part.ident.to_string());
        let path: Place = path.collect();
        self.modules.meaning(module, &path).as_ref() == Some(meaning)
    }
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}

/// The attributes that a user of an item is told of.
fn telling(attributes: &[Attribute]) -> Vec<Attribute> {
    const TELLING: [&str; 5] = ["cfg", "derive", "must_use", "non_exhaustive", "deprecated"];
    let tells = |it: &&Attribute| TELLING.iter().any(|name| it.path().is_ident(name));
    attributes.iter().filter(tells).cloned().collect()
}

fn undocumented(item: &Item) -> Item {
    let mut item = item.clone();
    if let Some(attrs) = attributes(&mut item) {
        *attrs = telling(attrs);
    }
    item
}

fn attributes(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Const(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Static(item) => Some(&mut item.attrs),
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Trait(item) => Some(&mut item.attrs),
        Item::Type(item) => Some(&mut item.attrs),
        Item::Use(item) => Some(&mut item.attrs),
        _ => None,
    }
}

/// An item as it is seen from outside: without what it says, does and hides.
fn outside(item: &Item) -> Item {
    let mut item = undocumented(item);
    match &mut item {
        Item::Fn(item) => *item.block = parse_quote!({}),
        Item::Struct(item) => without_private(&mut item.fields),
        Item::Enum(item) => {
            for variant in &mut item.variants {
                variant.attrs = telling(&variant.attrs);
                variant
                    .fields
                    .iter_mut()
                    .for_each(|field| field.attrs.clear());
            }
        }
        Item::Trait(item) => {
            for member in &mut item.items {
                if let syn::TraitItem::Fn(function) = member {
                    function.attrs = telling(&function.attrs);
                    function.default = function.default.as_ref().map(|_| parse_quote!({}));
                }
            }
        }
        _ => (),
    }
    item
}

fn without_private(fields: &mut Fields) {
    let is_public = |field: &&syn::Field| matches!(field.vis, Visibility::Public(_));
    let kept = |field: &syn::Field| {
        let mut field = field.clone();
        field.attrs = telling(&field.attrs);
        field
    };
    match fields {
        Fields::Named(named) => {
            let all = named.named.len();
            named.named = named.named.iter().filter(is_public).map(kept).collect();
            if named.named.len() < all {
                named.named.push(parse_quote!(_private: ()));
            }
        }
        Fields::Unnamed(unnamed) => {
            let is_seen = unnamed.unnamed.iter().all(|field| is_public(&field));
            match is_seen {
                true => unnamed.unnamed = unnamed.unnamed.iter().map(kept).collect(),
                false => *fields = Fields::Named(parse_quote!({ _private: () })),
            }
        }
        Fields::Unit => (),
    }
}

/// What is seen of an implementation, if anything.
fn seen(block: &ItemImpl) -> Option<ItemImpl> {
    let mut block = block.clone();
    block.attrs = telling(&block.attrs);
    if block.trait_.is_some() {
        block.items.clear();
        return Some(block);
    }
    block.items = block.items.iter().filter_map(seen_member).collect();
    (!block.items.is_empty()).then_some(block)
}

fn seen_member(member: &ImplItem) -> Option<ImplItem> {
    match member {
        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
            let mut function = function.clone();
            function.attrs = telling(&function.attrs);
            function.block = parse_quote!({});
            Some(ImplItem::Fn(function))
        }
        ImplItem::Const(constant) if matches!(constant.vis, Visibility::Public(_)) => {
            let mut constant = constant.clone();
            constant.attrs = telling(&constant.attrs);
            Some(ImplItem::Const(constant))
        }
        _ => None,
    }
}

fn foreign(path: &Place, import: &Import, conditions: &[Attribute]) -> Item {
    let end = match import.name.as_str() {
        "*" => "::*".to_owned(),
        name if path.last().is_some_and(|last| last == name) => String::new(),
        name => format!(" as {name}"),
    };
    let text = format!("pub use {}{end};", path.join("::"));
    let mut item: ItemUse = syn::parse_str(&text).expect("a use");
    item.attrs = conditions.to_vec();
    Item::Use(item)
}
