//! Why the host did not do what it was asked.

use super::arn::FunctionArn;

/// A request that was understood and not carried out.
///
/// `contract/error.rs` gives each its status, name and text on the wire, in one exhaustive match.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such function, version or alias.
    #[error("Function not found: {0}")]
    FunctionNotFound(FunctionArn),
    /// A function of that name exists already.
    #[error("Function already exist: {0}")]
    FunctionExists(super::name::FunctionName),
    /// The function cannot be invoked or changed in its state.
    #[error(
        "The operation cannot be performed at this time. The function is currently in the \
         following state: {state}"
    )]
    FunctionNotActive {
        /// The state, as the wire names it.
        state: &'static str,
    },
    /// The snapshot that a version starts from is not there yet.
    #[error(
        "Lambda is initializing your function. You can invoke the function when the function state \
         becomes Active."
    )]
    SnapshotNotReady,
    /// An update of the function has not ended yet.
    #[error(
        "The operation cannot be performed at this time. An update is in progress for resource: {0}"
    )]
    UpdateInProgress(FunctionArn),
    /// The caller's revision is not the current one.
    #[error(
        "The Revision Id provided does not match the latest Revision Id. Call the \
         GetFunction/GetAlias API to retrieve the latest Revision Id"
    )]
    RevisionMismatch,
    /// The caller's revision of a policy is not the current one.
    #[error(
        "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to \
         retrieve the latest Revision Id"
    )]
    PolicyRevisionMismatch,
    /// Something that belongs to a function is not there: the text says what.
    #[error("{0}")]
    NotFound(String),
    /// What is asked for contradicts what there is: the text says how.
    #[error("{0}")]
    Conflict(String),
    /// A value breaks a rule of the service: the text says which.
    #[error("{0}")]
    InvalidParameter(String),
    /// A value breaks a rule of the service; one of those that AWS answers without a `Type`.
    #[error("{0}")]
    InvalidParameterUntyped(String),
    /// A version or alias has no provisioned concurrency.
    #[error("No Provisioned Concurrency Config found for this function")]
    ProvisionedConcurrencyNotFound,
    /// The resource policy would be larger than a policy may be.
    #[error("The final policy size ({bytes}) is bigger than the limit ({limit_bytes}).")]
    PolicyTooLong {
        /// Bytes of the policy's JSON.
        bytes: usize,
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// The package is larger than a package may be.
    #[error("Zipped size must be smaller than {limit_bytes} bytes")]
    PackageTooLarge {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// All packages together are larger than the account may store.
    #[error("Code storage limit exceeded.")]
    CodeStorageExceeded,
    /// Where something would be kept there is no room for it: the text says what is short.
    #[error("{preamble}{1}", preamble = .0.preamble())]
    NoRoom(Growing, String),
    /// Everything that may run at once is running.
    #[error("Rate Exceeded.")]
    TooManyInvocations(Throttle),
    /// As many asynchronous events wait as may.
    #[error(
        "The queue of asynchronous events is full: {events} wait, with {bytes} bytes. Try again when \
         some of them have run."
    )]
    TooManyEvents {
        /// How many wait.
        events: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// As many asynchronous events of the account wait as its quota allows.
    #[error(
        "The account has {events} asynchronous events that wait, with {bytes} bytes, and its quota is {events_max}, with \
         {bytes_max} bytes. Try again when some of them have run, or ask the owner of this host for a larger quota."
    )]
    TooManyEventsOfAccount {
        /// How many wait.
        events: u64,
        /// How many may.
        events_max: u64,
        /// Their bytes.
        bytes: u64,
        /// What those may be.
        bytes_max: u64,
    },
    /// The host takes no more work, since it is about to leave.
    #[error("The host is shutting down. Try again at another host, or when it is back.")]
    ShuttingDown,
    /// The machine has not enough to give at this time: the text says of what.
    #[error("{0}")]
    Busy(String),
    /// Something broke that the caller cannot mend: it is in the host's log.
    #[error("Internal server error")]
    Internal,
}

/// What would have grown, where there was no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growing {
    /// The code of functions.
    Code,
    /// What else is kept of functions.
    Configuration,
    /// The events that wait.
    Events,
}

impl Growing {
    /// AWS's words, where it has some.
    fn preamble(self) -> &'static str {
        match self {
            Self::Code => "Code storage limit exceeded. ",
            Self::Configuration | Self::Events => "",
        }
    }
}

/// What kind of refusal it is, for whoever need not tell the single ones apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// What was named is not there.
    NotFound,
    /// What was asked for does not fit the state that there is.
    Conflict,
    /// The caller's revision is not the current one.
    Outdated,
    /// The request breaks a rule.
    Invalid,
    /// There is no room now.
    Throttled,
    /// The host takes no work now.
    Unavailable,
    /// The host broke.
    Internal,
}

impl Refusal {
    /// What kind of refusal it is.
    pub fn class(&self) -> RefusalClass {
        match self {
            Self::FunctionNotFound(_)
            | Self::NotFound(_)
            | Self::ProvisionedConcurrencyNotFound => RefusalClass::NotFound,
            Self::FunctionExists(_)
            | Self::FunctionNotActive { .. }
            | Self::SnapshotNotReady
            | Self::UpdateInProgress(_)
            | Self::Conflict(_) => RefusalClass::Conflict,
            Self::RevisionMismatch | Self::PolicyRevisionMismatch => RefusalClass::Outdated,
            Self::InvalidParameter(_)
            | Self::InvalidParameterUntyped(_)
            | Self::PolicyTooLong { .. }
            | Self::PackageTooLarge { .. }
            | Self::CodeStorageExceeded
            | Self::NoRoom(Growing::Code, _) => RefusalClass::Invalid,
            Self::TooManyInvocations(_)
            | Self::TooManyEvents { .. }
            | Self::TooManyEventsOfAccount { .. }
            | Self::NoRoom(Growing::Events, _) => RefusalClass::Throttled,
            Self::ShuttingDown | Self::Busy(_) | Self::NoRoom(Growing::Configuration, _) => {
                RefusalClass::Unavailable
            }
            Self::Internal => RefusalClass::Internal,
        }
    }
}

/// Which bound an invocation met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttle {
    /// The account's, or what other functions have left of it.
    Account,
    /// What is reserved for the function.
    Reserved,
}
