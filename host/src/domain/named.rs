//! Closed sets of values that the API knows by name.

/// A value out of a closed set, each of which has one name: on the wire, in a project file, in the catalog.
pub trait Named: Copy + PartialEq + 'static {
    /// All of them, in the order in which AWS lists them.
    const ALL: &'static [Self];

    /// The name.
    fn name(self) -> &'static str;

    /// The value of this name.
    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|value| value.name() == name)
    }

    /// All names, in that order.
    fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|value| value.name()).collect()
    }
}

/// Declares an enum whose values have names: `named! { pub enum Level { Info = "INFO", Warn = "WARN" } }`.
macro_rules! named {
    (
        $(#[$about_set:meta])*
        $visibility:vis enum $Set:ident {
            $($(#[$about_value:meta])* $Value:ident = $name:literal),+ $(,)?
        }
    ) => {
        $(#[$about_set])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        $visibility enum $Set {
            $($(#[$about_value])* #[serde(rename = $name)] $Value),+
        }

        impl $crate::domain::named::Named for $Set {
            const ALL: &'static [Self] = &[$(Self::$Value),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$Value => $name),+
                }
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use super::*;

    named! {
        /// How warm it is.
        enum Warmth {
            /// Not at all.
            Cold = "COLD",
            /// Very.
            Hot = "Hot",
        }
    }

    #[test]
    fn a_value_is_found_by_its_name_in_its_case() {
        for warmth in [Warmth::Cold, Warmth::Hot] {
            assert_eq!(Warmth::named(warmth.name()), Some(warmth));
        }
        assert_eq!(Warmth::named("cold"), None);
        assert_eq!(Warmth::names(), ["COLD", "Hot"]);
    }

    #[test]
    fn it_is_kept_under_its_name() {
        let json = serde_json::to_string(&Warmth::ALL).expect("it has a JSON form");
        assert_eq!(json, r#"["COLD","Hot"]"#);
        let read: Vec<Warmth> = serde_json::from_str(&json).expect("they are names");
        assert_eq!(read, Warmth::ALL);
    }
}
