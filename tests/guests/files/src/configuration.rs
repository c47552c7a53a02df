//! `wasi:config`, which there is in a sandbox and nowhere else.

use serde_json::Value;

#[cfg(target_family = "wasm")]
mod store {
    mod bindings {
        wit_bindgen::generate!({
            inline: "
                package wasi:config@0.2.0-rc.1;

                interface store {
                    variant error {
                        upstream(string),
                        io(string),
                    }
                    get: func(key: string) -> result<option<string>, error>;
                    get-all: func() -> result<list<tuple<string, string>>, error>;
                }

                world guest {
                    import store;
                }
            ",
        });
    }

    pub(super) fn get(key: &str) -> Option<String> {
        bindings::wasi::config::store::get(key).expect("the host has no error to tell")
    }

    pub(super) fn get_all() -> Vec<(String, String)> {
        bindings::wasi::config::store::get_all().expect("the host has no error to tell")
    }
}

#[cfg(not(target_family = "wasm"))]
mod store {
    pub(super) fn get(_key: &str) -> Option<String> {
        None
    }

    pub(super) fn get_all() -> Vec<(String, String)> {
        Vec::new()
    }
}

/// The value of a key.
pub(crate) fn value(key: &str) -> Option<String> {
    store::get(key)
}

/// Every key with its value.
pub(crate) fn all() -> Value {
    let pairs = store::get_all().into_iter();
    pairs
        .map(|(key, value)| (key, Value::String(value)))
        .collect()
}
