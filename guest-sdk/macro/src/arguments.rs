//! What an attribute is given: the functions that run before the first event.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Error, Ident, Path, Result, Token};

/// The functions that the attribute names.
#[derive(Default)]
pub(crate) struct Hooks {
    /// What runs where a sandbox starts from nothing.
    pub(crate) init: Option<Path>,
    /// What runs where a sandbox starts from a snapshot.
    pub(crate) after_restore: Option<Path>,
}

impl Hooks {
    /// Reads the arguments of `attribute`.
    pub(crate) fn read(attribute: &str, arguments: TokenStream) -> Result<Self> {
        let span = arguments.clone();
        let arguments = Punctuated::<Argument, Token![,]>::parse_terminated
            .parse2(arguments)
            .map_err(|_| Error::new_spanned(span, form(attribute)))?;
        let mut hooks = Self::default();
        for Argument { name, path } in arguments {
            let place = if name == "init" {
                &mut hooks.init
            } else if name == "after_restore" {
                &mut hooks.after_restore
            } else {
                return Err(Error::new(name.span(), form(attribute)));
            };
            if place.replace(path).is_some() {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
        }
        Ok(hooks)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.init.is_none() && self.after_restore.is_none()
    }
}

fn form(attribute: &str) -> String {
    format!(
        "`{attribute}` takes no arguments but `init = path` and `after_restore = path`, functions that run \
         before the first event; the function's settings are given when it is deployed"
    )
}

struct Argument {
    name: Ident,
    path: Path,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let path = input.parse()?;
        Ok(Self { name, path })
    }
}
