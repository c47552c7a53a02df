//! The list of the kinds of guests, and what is made of it: which kind a component is, where it is entered, and how it
//! is called.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::answer::Answer;
use super::call::Call;
use super::command::Command;
use super::function::Function;
use super::http_guest::Server;
use super::kind::Kind;
use super::streaming_function::StreamingFunction;
use crate::sandbox::reach::guest_state::GuestState;

/// Makes the list into the three choices of a kind: by name, by its entry, and by its entry in an instance.
macro_rules! kinds {
    ($($(#[$documented:meta])* $name:ident: $kind:ty,)+) => {
        /// What a component is to this host: how it is called, and what its answer is.
        ///
        /// Of a component that is several of them, the first in this order counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum GuestKind {
            $($(#[$documented])* $name,)+
        }

        /// The entry of a component, found before there is an instance of it.
        pub(in crate::sandbox) enum Entry {
            $($(#[$documented])* $name(<$kind as Kind>::Indices),)+
        }

        /// The entry of a guest that is set up.
        pub(in crate::sandbox) enum ReadyGuest {
            $($(#[$documented])* $name(<$kind as Kind>::Guest),)+
        }

        impl GuestKind {
            const ALL: &[Self] = &[$(Self::$name,)+];

            /// The kind of a component with these exports.
            pub(in crate::sandbox) fn of(exports: &[String]) -> Option<Self> {
                let is_of = |kind: &&Self| exports.iter().any(|name| kind.is_known_by(name));
                Self::ALL.iter().find(is_of).copied()
            }

            fn is_known_by(self, export: &str) -> bool {
                match self {
                    $(Self::$name => <$kind>::EXPORT.is(export),)+
                }
            }

            fn title(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => (<$kind>::TITLE, <$kind>::EXPORT.name()),)+
                }
            }

            /// Whether it takes requests for HTTP as they are.
            pub(in crate::sandbox) fn takes_requests(self) -> bool {
                match self {
                    $(Self::$name => <$kind>::TAKES_REQUESTS,)+
                }
            }

            /// Invocations that one sandbox may serve before it is thrown away, of a version that wants it to
            /// serve so many.
            pub(in crate::sandbox) fn reuse_max(self, of_version: u32) -> u32 {
                let is_reusable = match self {
                    $(Self::$name => <$kind>::IS_REUSABLE,)+
                };
                match is_reusable {
                    true => of_version,
                    false => 1,
                }
            }
        }

        impl Entry {
            /// The entry of a component, by the same rule as at inspection, only that what is none of them is looked at
            /// as a function, which tells what is wrong with it.
            ///
            /// # Errors
            /// Where it has none, or one with another signature.
            pub(in crate::sandbox) fn of(
                component: &InstancePre<GuestState>,
            ) -> wasmtime::Result<Self> {
                $(if <$kind>::EXPORT.is_in(component) {
                    return <$kind>::entry(component).map(Self::$name);
                })+
                Function::entry(component).map(Self::Handler)
            }

            /// Which of the kinds it is.
            pub(in crate::sandbox) fn kind(&self) -> GuestKind {
                match self {
                    $(Self::$name(_) => GuestKind::$name,)+
                }
            }

            /// The same entry of an instance.
            pub(in crate::sandbox) fn in_instance(
                &self,
                store: &mut Store<GuestState>,
                instance: &Instance,
            ) -> wasmtime::Result<ReadyGuest> {
                match self {
                    $(Self::$name(indices) => {
                        <$kind>::load(indices, store, instance).map(ReadyGuest::$name)
                    })+
                }
            }
        }

        impl ReadyGuest {
            /// Calls the guest.
            pub(in crate::sandbox) async fn call(
                &self,
                store: &mut Store<GuestState>,
                call: Call<'_>,
            ) -> wasmtime::Result<Answer> {
                match self {
                    $(Self::$name(guest) => <$kind>::call(store, guest, call).await,)+
                }
            }
        }
    };
}

kinds! {
    /// It exports `sparkler:function/streaming-handler`.
    StreamingHandler: StreamingFunction,
    /// It exports `sparkler:function/handler`.
    Handler: Function,
    /// It exports `wasi:http/incoming-handler`.
    Http: Server,
    /// It exports `wasi:cli/run`.
    Command: Command,
}

impl fmt::Display for GuestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, export) = self.title();
        write!(f, "{title} ({export})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_component_is_told_by_its_exports() {
        let kind = |exports: &[&str]| {
            GuestKind::of(&exports.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let function = "sparkler:function/handler@0.1.0";
        let streaming = "sparkler:function/streaming-handler@0.1.0";
        let http = "wasi:http/incoming-handler@0.2.0";
        let command = "wasi:cli/run@0.2.3";
        assert_eq!(kind(&[command, http, function]), Some(GuestKind::Handler));
        assert_eq!(kind(&[command, http]), Some(GuestKind::Http));
        assert_eq!(kind(&[command]), Some(GuestKind::Command));
        for newer in ["wasi:cli/run@0.3.0", "wasi:http/incoming-handler@0.2.99"] {
            assert_eq!(kind(&[newer]), None);
        }
        assert_eq!(kind(&[streaming]), Some(GuestKind::StreamingHandler));
        let both = [function, streaming];
        assert_eq!(kind(&both), Some(GuestKind::StreamingHandler));
        assert_eq!(kind(&["sparkler:function/handler@0.2.0"]), None);
    }
}
