//! What is said of an operation: a line of the table.

use http::Method;

/// By what a request names an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By method and path, after a template such as `/2015-03-31/functions/{FunctionName}`. What stands behind
    /// a question mark has to be in the query.
    Path(Method, &'static str),
    /// By the operation's name in the header `X-Amz-Target` of `POST /`.
    Target,
    /// By the operation's name in the parameter `Action` of a form to `/`, or of its query.
    Action,
    /// By the host name, or the path, of a function on the web.
    FunctionUrl,
}

/// What body an operation takes, and so how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None: what is sent is not read.
    Nothing,
    /// Members of a request.
    Small,
    /// Parameters of a form.
    Form,
    /// Members of a request, and a package among them.
    Package,
    /// The event of an invocation, of at most so many bytes.
    Event(usize),
}

/// What an operation acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The host itself.
    Host,
    /// The account: all functions, or none of them.
    Account,
    /// The function that the path names.
    Function,
    /// The function that the path names, or the version or alias of it that name or query add.
    QualifiedFunction,
    /// What hangs on the function that the path names, or on the version or alias of it that name or query add. That
    /// of a function is that of its `$LATEST`.
    Attachment,
    /// The version or alias that name or query add.
    VersionOrAlias,
    /// The function that the body names.
    NewFunction,
    /// What has the ARN in the path.
    Tagged,
    /// The policy of the function, version or alias with the ARN in the path.
    Policy,
    /// A function on the web.
    FunctionUrl,
    /// The package with the digest in the path.
    Package,
    /// The log group that the body names.
    LogGroup,
    /// The log stream that the body names.
    LogStream,
    /// An event source mapping.
    EventSourceMapping,
    /// A layer with all its versions.
    Layer,
    /// A version of a layer.
    LayerVersion,
    /// A code signing config.
    CodeSigningConfig,
    /// A capacity provider.
    CapacityProvider,
    /// A durable execution of a function.
    DurableExecution,
    /// Whoever sends the request.
    Caller,
    /// The role that a parameter names.
    Role,
}

/// What is said of one operation.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) address: Address,
    pub(super) takes: Takes,
    pub(super) resource: Resource,
    pub(super) action: Option<&'static str>,
}
