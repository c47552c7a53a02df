//! The calls of the Lambda API, as bare HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::{Reply, Request};

/// The account and region that a host plays unless it is told otherwise.
pub const ARN_PREFIX: &str = "arn:aws:lambda:us-east-1:123456789012:function:";

const FUNCTIONS: &str = "/2015-03-31/functions";

/// A host, seen through its API.
#[derive(Clone, Copy, Debug)]
pub struct Lambda {
    /// Where it listens.
    pub address: SocketAddr,
}

impl Lambda {
    /// CreateFunction.
    #[track_caller]
    pub fn create(self, function: &NewFunction) -> Reply {
        Request::new("POST", FUNCTIONS)
            .header("Content-Type", "application/json")
            .body(function.request().to_string())
            .send(self.address)
    }

    /// Any operation on a function: `path` begins with its name, and may have a query.
    #[track_caller]
    pub fn call(self, method: &str, path: &str, body: &Value) -> Reply {
        Request::new(method, format!("{FUNCTIONS}/{path}"))
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send(self.address)
    }

    /// Invoke, synchronous, with the log tail.
    #[track_caller]
    pub fn invoke(self, function: &str, payload: impl Into<Vec<u8>>) -> Reply {
        invocation(function, payload).send(self.address)
    }

    /// GetFunction.
    #[track_caller]
    pub fn get(self, function: &str) -> Reply {
        Request::new("GET", format!("{FUNCTIONS}/{function}")).send(self.address)
    }

    /// UpdateFunctionCode.
    #[track_caller]
    pub fn update_code(self, function: &str, package: &[u8]) -> Reply {
        Request::new("PUT", format!("{FUNCTIONS}/{function}/code"))
            .header("Content-Type", "application/json")
            .body(json!({ "ZipFile": STANDARD.encode(package) }).to_string())
            .send(self.address)
    }

    /// UpdateFunctionConfiguration.
    #[track_caller]
    pub fn update_settings(self, function: &str, change: &Value) -> Reply {
        Request::new("PUT", format!("{FUNCTIONS}/{function}/configuration"))
            .header("Content-Type", "application/json")
            .body(change.to_string())
            .send(self.address)
    }

    /// DeleteFunction.
    #[track_caller]
    pub fn delete(self, function: &str) -> Reply {
        Request::new("DELETE", format!("{FUNCTIONS}/{function}")).send(self.address)
    }

    /// ListFunctions.
    #[track_caller]
    pub fn list(self, query: &str) -> Reply {
        Request::new("GET", format!("{FUNCTIONS}{query}")).send(self.address)
    }
}

/// The request of a synchronous Invoke that asks for the log tail.
pub fn invocation(function: &str, payload: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", format!("{FUNCTIONS}/{function}/invocations"))
        .header("X-Amz-Log-Type", "Tail")
        .body(payload)
}

/// The request of an InvokeWithResponseStream.
pub fn streaming_invocation(function: &str, payload: impl Into<Vec<u8>>) -> Request {
    let target = format!("/2021-11-15/functions/{function}/response-streaming-invocations");
    Request::new("POST", target).body(payload)
}

/// The request of an asynchronous Invoke.
pub fn event(function: &str, payload: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", format!("{FUNCTIONS}/{function}/invocations"))
        .header("X-Amz-Invocation-Type", "Event")
        .body(payload)
}

/// What CreateFunction is asked for.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// Its name.
    pub name: String,
    /// The bytes of the package.
    pub package: Vec<u8>,
    /// The runtime and the handler.
    pub runs: [String; 2],
    /// Longest run.
    pub timeout_seconds: u32,
    /// Most memory.
    pub memory_mb: u32,
    /// Variables.
    pub environment: BTreeMap<String, String>,
}

impl NewFunction {
    /// A function with settings that suit most tests.
    pub fn new(name: impl Into<String>, package: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            package: package.into(),
            runs: ["provided.al2023", "handler"].map(str::to_owned),
            timeout_seconds: 30,
            memory_mb: 128,
            environment: BTreeMap::new(),
        }
    }

    /// The body of the request.
    pub fn request(&self) -> Value {
        let mut body = json!({
            "FunctionName": self.name,
            "Role": "arn:aws:iam::123456789012:role/tests",
            "Runtime": self.runs[0],
            "Handler": self.runs[1],
            "Timeout": self.timeout_seconds,
            "MemorySize": self.memory_mb,
            "Code": { "ZipFile": STANDARD.encode(&self.package) },
        });
        if !self.environment.is_empty() {
            body["Environment"] = json!({ "Variables": self.environment });
        }
        body
    }
}
