//! What a part of a guest's reach is.
//!
//! A part is an interface that guests may import, or some that belong together. All that there is to be said of
//! one stands in its module: what it keeps beside each guest, what it provides and needs, and how it is linked.
//! The list of them stands in `guest_state`.

use std::marker::PhantomData;

use wasmtime::component::{HasData, Linker};

use super::names::Provided;
use super::shared::Shared;

/// One thing that a guest can reach, as it is kept beside a guest.
///
/// Every guest has every part, whether it uses it or not, so one is cheap to make: what costs something is made at
/// the first call.
pub(in crate::sandbox) trait Part: Sized + Send + 'static {
    /// What all guests share of it. The default is what a guest has while it is initialized for a snapshot.
    type Host: Default + Send + Sync + 'static;

    /// What it is, for people.
    const TITLE: &'static str;

    /// The interfaces that it provides.
    const PROVIDED: &'static [Provided];

    /// What a function's configuration has to say for a guest to get anything out of it; `None` where it is for all.
    const NEEDED: Option<&'static str>;

    /// What a guest has of it while it is initialized for a snapshot.
    const IN_SNAPSHOT: InSnapshot;

    /// That of a new guest.
    fn new(host: &Self::Host, shared: &Shared) -> Self;

    /// Goes on to the next invocation: `shared` speaks of that already.
    fn begin(&mut self) {}

    /// Ends what an invocation leaves behind.
    fn end(&mut self) {}

    /// Links what it provides.
    ///
    /// # Errors
    /// Where another part has the name.
    fn link<T: Reaches<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()>;
}

/// What a part means for a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum InSnapshot {
    /// It is there, and leaves nothing in the snapshot that speaks of the host.
    There,
    /// It is there, and what was opened is opened again wherever the snapshot is set up.
    OpenedAgain,
    /// It gives nothing.
    Empty,
}

/// A part whose function a guest calls, with all that the function may touch. Memory that it takes for the guest is
/// asked of `shared`, where the limits of the invocation are.
pub(in crate::sandbox) struct Called<'a, P: Part> {
    pub(in crate::sandbox) part: &'a mut P,
    pub(in crate::sandbox) shared: &'a mut Shared,
    pub(in crate::sandbox) host: &'a P::Host,
}

/// The data of a store that has such a part. Parts are linked by this alone, so that none knows of the others.
pub(in crate::sandbox) trait Reaches<P: Part>: Send + 'static {
    fn called(&mut self) -> Called<'_, P>;
    fn shared(&self) -> &Shared;
    fn part_mut(&mut self) -> &mut P;
}

/// How generated code gets at a part.
pub(in crate::sandbox) struct Calls<P>(PhantomData<P>);

impl<P: Part> HasData for Calls<P> {
    type Data<'a> = Called<'a, P>;
}

/// What is known of a part without any guest.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a test holds the documentation against it")
)]
pub(in crate::sandbox) struct Described {
    pub(in crate::sandbox) title: &'static str,
    pub(in crate::sandbox) provided: &'static [Provided],
    pub(in crate::sandbox) needed: Option<&'static str>,
    pub(in crate::sandbox) in_snapshot: InSnapshot,
}

impl Described {
    pub(super) const fn of<P: Part>() -> Self {
        Self {
            title: P::TITLE,
            provided: P::PROVIDED,
            needed: P::NEEDED,
            in_snapshot: P::IN_SNAPSHOT,
        }
    }
}

/// Makes the list of parts into what is made of it: what a guest has of them, what all guests share, what is known of
/// them, and how they are linked.
macro_rules! parts {
    ($($name:ident: $part:ty,)+) => {
        /// What one guest has of every part.
        pub(in crate::sandbox) struct Parts {
            $(pub(in crate::sandbox) $name: $part,)+
        }

        /// What all guests share of every part.
        #[derive(Default)]
        pub(in crate::sandbox) struct Hosts {
            $(pub(in crate::sandbox) $name: <$part as Part>::Host,)+
        }

        /// What is known of every part.
        pub(in crate::sandbox) const PARTS: &[Described] = &[$(Described::of::<$part>(),)+];

        impl Parts {
            fn new(hosts: &Hosts, shared: &Shared) -> Self {
                Self { $($name: <$part>::new(&hosts.$name, shared),)+ }
            }

            fn begin(&mut self) {
                $(Part::begin(&mut self.$name);)+
            }

            fn end(&mut self) {
                $(Part::end(&mut self.$name);)+
            }

            /// Links all of them.
            pub(in crate::sandbox) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
                $(<$part>::link(linker)?;)+
                Ok(())
            }
        }

        $(impl Reaches<$part> for GuestState {
            fn called(&mut self) -> Called<'_, $part> {
                Called {
                    part: &mut self.parts.$name,
                    shared: &mut self.shared,
                    host: &self.hosts.$name,
                }
            }

            fn shared(&self) -> &Shared {
                &self.shared
            }

            fn part_mut(&mut self) -> &mut $part {
                &mut self.parts.$name
            }
        })+
    };
}

pub(super) use parts;
