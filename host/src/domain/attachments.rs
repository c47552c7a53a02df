//! What can be attached to a function, a version or an alias.

use std::time::SystemTime;

use uuid::Uuid;

use super::named::named;
use super::policy::Document;

/// All that is attached at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachments {
    /// How its asynchronous events are retried and where they end.
    pub event_invoke: Option<EventInvoke>,
    /// The sandboxes that wait for its calls.
    pub provisioned: Option<Provisioned>,
    /// Who may do what with it; empty where there is none.
    pub policy: Document,
    /// The revision that the last change of the policy made; the function, version or alias goes on to
    /// others, as at AWS. `None` where there is no policy.
    pub policy_revision: Option<Uuid>,
    /// Its address on the web.
    pub url: Option<FunctionUrl>,
    /// When its runtime is updated.
    pub runtime_updates: Option<RuntimeUpdates>,
}

impl Attachments {
    /// No attachments.
    pub const fn nothing() -> Self {
        Self {
            event_invoke: None,
            provisioned: None,
            policy: Document::empty(),
            policy_revision: None,
            url: None,
            runtime_updates: None,
        }
    }
}

impl Default for Attachments {
    fn default() -> Self {
        Self::nothing()
    }
}

/// How asynchronous events are retried and where they end; the API's `FunctionEventInvokeConfig`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventInvoke {
    /// When it was last changed.
    pub last_modified: SystemTime,
    /// 0 to 2; two where nothing is said.
    pub retries_max: Option<u32>,
    /// 60 to 21,600 seconds; six hours where nothing is said.
    pub age_seconds_max: Option<u32>,
    /// ARN that records of successful events go to.
    pub on_success: Option<String>,
    /// ARN that records of failed events go to.
    pub on_failure: Option<String>,
}

/// Sandboxes that are kept ready; the API's provisioned concurrency.
#[derive(Clone, Debug, PartialEq)]
pub struct Provisioned {
    /// How many, at least 1.
    pub requested: u32,
    /// When it was last changed.
    pub last_modified: SystemTime,
}

/// The address of a function on the web; the API's `FunctionUrlConfig`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionUrl {
    /// The first label of its host name: 32 letters and digits.
    pub id: String,
    /// Who may call it.
    pub auth_type: UrlAuthType,
    /// How its answers come; `None` where the owner never said.
    pub invoke_mode: Option<InvokeMode>,
    /// Which web pages may call it; `None` where the owner never said.
    pub cors: Option<Cors>,
    /// When it was made.
    pub created: SystemTime,
    /// When it was last changed.
    pub last_modified: SystemTime,
}

named! {
    /// Who may call the address of a function.
    pub enum UrlAuthType {
        /// Anybody.
        None = "NONE",
        /// Who signs requests with keys of the account.
        AwsIam = "AWS_IAM",
    }
}

named! {
    /// How the answers of an address come.
    #[derive(Default)]
    pub enum InvokeMode {
        /// While the function writes them.
        ResponseStream = "RESPONSE_STREAM",
        /// When the function has ended.
        #[default]
        Buffered = "BUFFERED",
    }
}

/// Which web pages may call a function; the API's `Cors`, whose members are shown where they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cors {
    /// Whether cookies and credentials may be sent.
    pub allow_credentials: Option<bool>,
    /// Headers that requests may carry.
    pub allow_headers: Option<Vec<String>>,
    /// Methods that requests may have.
    pub allow_methods: Option<Vec<String>>,
    /// Pages that may send requests.
    pub allow_origins: Option<Vec<String>>,
    /// Headers of answers that pages may read.
    pub expose_headers: Option<Vec<String>>,
    /// Seconds for which browsers may remember this.
    pub max_age_seconds: Option<u32>,
}

/// When the runtime of a function is updated; kept and shown, since components bring theirs with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeUpdates {
    /// What it waits for.
    pub update_on: UpdateRuntimeOn,
    /// Only with [`Manual`](UpdateRuntimeOn::Manual).
    pub version_arn: Option<String>,
}

named! {
    /// What the update of a runtime waits for.
    #[derive(Default)]
    pub enum UpdateRuntimeOn {
        /// Nothing.
        #[default]
        Auto = "Auto",
        /// The function's owner.
        Manual = "Manual",
        /// The next update of the function.
        FunctionUpdate = "FunctionUpdate",
    }
}
