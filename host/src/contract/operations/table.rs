//! The table of all operations.
//!
//! A line names the operation, then where it is found, what body it takes and what it acts on. The action of
//! a policy that allows it is its name behind that of the service, but where `as` says another.

use http::Method;

use super::row::Address::{Action, FunctionUrl as OnTheWeb, Target};
use super::row::Resource::{
    Account, Attachment, Caller, CapacityProvider, CodeSigningConfig, DurableExecution,
    EventSourceMapping, Function, FunctionUrl, Host, Layer, LayerVersion, LogGroup, LogStream,
    NewFunction, Package, Policy, QualifiedFunction, Role, Tagged, VersionOrAlias,
};
use super::row::Takes::{Event, Form, Nothing, Package as WithPackage, Small};
use super::row::{Address, Row};
use crate::limits::{INVOKE_ASYNC_PAYLOAD_BYTES_MAX, SYNC_PAYLOAD_BYTES_MAX};

macro_rules! operations {
    (
        $( $service:literal { $( $name:ident $(as $action:literal)?: $address:expr, $takes:expr, $resource:expr; )* } )*
        without permission { $( $open:ident: $open_address:expr, $open_takes:expr, $open_resource:expr; )* }
    ) => {
        /// An operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(
                #[doc = concat!("`", operations!(@action $service $name $($action)?), "`")]
                $name,
            )*)*
            $(
                #[doc = stringify!($open)]
                $open,
            )*
        }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[ $($( Self::$name, )*)* $( Self::$open, )* ];
        }

        pub(super) static ROWS: [Row; Operation::ALL.len()] = [
            $($(
                Row {
                    name: stringify!($name),
                    address: $address,
                    takes: $takes,
                    resource: $resource,
                    action: Some(operations!(@action $service $name $($action)?)),
                },
            )*)*
            $(
                Row {
                    name: stringify!($open),
                    address: $open_address,
                    takes: $open_takes,
                    resource: $open_resource,
                    action: None,
                },
            )*
        ];
    };
    (@action $service:literal $name:ident) => { concat!($service, ":", stringify!($name)) };
    (@action $service:literal $name:ident $action:literal) => { concat!($service, ":", $action) };
}

const fn get(path: &'static str) -> Address {
    Address::Path(Method::GET, path)
}

const fn post(path: &'static str) -> Address {
    Address::Path(Method::POST, path)
}

const fn put(path: &'static str) -> Address {
    Address::Path(Method::PUT, path)
}

const fn delete(path: &'static str) -> Address {
    Address::Path(Method::DELETE, path)
}

operations! {
    "lambda" {
        // What a host does all day.
        Invoke as "InvokeFunction":
            post("/2015-03-31/functions/{FunctionName}/invocations"), Event(SYNC_PAYLOAD_BYTES_MAX), QualifiedFunction;
        InvokeWithResponseStream as "InvokeFunction":
            post("/2021-11-15/functions/{FunctionName}/response-streaming-invocations"),
            Event(SYNC_PAYLOAD_BYTES_MAX), QualifiedFunction;
        InvokeAsync:
            post("/2014-11-13/functions/{FunctionName}/invoke-async"),
            Event(INVOKE_ASYNC_PAYLOAD_BYTES_MAX), QualifiedFunction;
        InvokeFunctionUrl: OnTheWeb, Event(SYNC_PAYLOAD_BYTES_MAX), FunctionUrl;

        // Functions.
        ListFunctions: get("/2015-03-31/functions"), Nothing, Account;
        CreateFunction: post("/2015-03-31/functions"), WithPackage, NewFunction;
        GetFunction: get("/2015-03-31/functions/{FunctionName}"), Nothing, QualifiedFunction;
        DeleteFunction: delete("/2015-03-31/functions/{FunctionName}"), Nothing, QualifiedFunction;
        UpdateFunctionCode: put("/2015-03-31/functions/{FunctionName}/code"), WithPackage, Function;
        GetFunctionConfiguration:
            get("/2015-03-31/functions/{FunctionName}/configuration"), Nothing, QualifiedFunction;
        UpdateFunctionConfiguration: put("/2015-03-31/functions/{FunctionName}/configuration"), Small, Function;
        GetAccountSettings: get("/2016-08-19/account-settings"), Nothing, Account;

        // Versions and aliases.
        ListVersionsByFunction: get("/2015-03-31/functions/{FunctionName}/versions"), Nothing, Function;
        PublishVersion: post("/2015-03-31/functions/{FunctionName}/versions"), Small, Function;
        ListAliases: get("/2015-03-31/functions/{FunctionName}/aliases"), Nothing, Function;
        CreateAlias: post("/2015-03-31/functions/{FunctionName}/aliases"), Small, Function;
        GetAlias: get("/2015-03-31/functions/{FunctionName}/aliases/{Name}"), Nothing, Function;
        UpdateAlias: put("/2015-03-31/functions/{FunctionName}/aliases/{Name}"), Small, Function;
        DeleteAlias: delete("/2015-03-31/functions/{FunctionName}/aliases/{Name}"), Nothing, Function;

        // What hangs on functions, versions and aliases.
        GetFunctionUrlConfig: get("/2021-10-31/functions/{FunctionName}/url"), Nothing, Attachment;
        CreateFunctionUrlConfig: post("/2021-10-31/functions/{FunctionName}/url"), Small, Attachment;
        UpdateFunctionUrlConfig: put("/2021-10-31/functions/{FunctionName}/url"), Small, Attachment;
        DeleteFunctionUrlConfig: delete("/2021-10-31/functions/{FunctionName}/url"), Nothing, Attachment;
        ListFunctionUrlConfigs: get("/2021-10-31/functions/{FunctionName}/urls"), Nothing, Function;
        GetFunctionEventInvokeConfig:
            get("/2019-09-25/functions/{FunctionName}/event-invoke-config"), Nothing, Attachment;
        PutFunctionEventInvokeConfig:
            put("/2019-09-25/functions/{FunctionName}/event-invoke-config"), Small, Attachment;
        UpdateFunctionEventInvokeConfig:
            post("/2019-09-25/functions/{FunctionName}/event-invoke-config"), Small, Attachment;
        DeleteFunctionEventInvokeConfig:
            delete("/2019-09-25/functions/{FunctionName}/event-invoke-config"), Nothing, Attachment;
        ListFunctionEventInvokeConfigs:
            get("/2019-09-25/functions/{FunctionName}/event-invoke-config/list"), Nothing, Function;
        GetPolicy: get("/2015-03-31/functions/{FunctionName}/policy"), Nothing, Attachment;
        AddPermission: post("/2015-03-31/functions/{FunctionName}/policy"), Small, Attachment;
        RemovePermission:
            delete("/2015-03-31/functions/{FunctionName}/policy/{StatementId}"), Nothing, Attachment;
        GetResourcePolicy: get("/2026-07-09/resource-policy/{ResourceArn}"), Nothing, Policy;
        PutResourcePolicy: put("/2026-07-09/resource-policy/{ResourceArn}"), Small, Policy;
        DeleteResourcePolicy: delete("/2026-07-09/resource-policy/{ResourceArn}"), Nothing, Policy;
        ListTags: get("/2017-03-31/tags/{Resource}"), Nothing, Tagged;
        TagResource: post("/2017-03-31/tags/{Resource}"), Small, Tagged;
        UntagResource: delete("/2017-03-31/tags/{Resource}"), Nothing, Tagged;
        GetFunctionRecursionConfig: get("/2024-08-31/functions/{FunctionName}/recursion-config"), Nothing, Function;
        PutFunctionRecursionConfig: put("/2024-08-31/functions/{FunctionName}/recursion-config"), Small, Function;
        GetRuntimeManagementConfig:
            get("/2021-07-20/functions/{FunctionName}/runtime-management-config"), Nothing, Attachment;
        PutRuntimeManagementConfig:
            put("/2021-07-20/functions/{FunctionName}/runtime-management-config"), Small, Attachment;
        GetFunctionCodeSigningConfig:
            get("/2020-06-30/functions/{FunctionName}/code-signing-config"), Nothing, Function;
        PutFunctionCodeSigningConfig:
            put("/2020-06-30/functions/{FunctionName}/code-signing-config"), Small, Function;
        DeleteFunctionCodeSigningConfig:
            delete("/2020-06-30/functions/{FunctionName}/code-signing-config"), Nothing, Function;

        // How much may run at once.
        GetFunctionConcurrency: get("/2019-09-30/functions/{FunctionName}/concurrency"), Nothing, Function;
        PutFunctionConcurrency: put("/2017-10-31/functions/{FunctionName}/concurrency"), Small, Function;
        DeleteFunctionConcurrency: delete("/2017-10-31/functions/{FunctionName}/concurrency"), Nothing, Function;
        ListProvisionedConcurrencyConfigs:
            get("/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"), Nothing, Function;
        GetProvisionedConcurrencyConfig:
            get("/2019-09-30/functions/{FunctionName}/provisioned-concurrency"), Nothing, VersionOrAlias;
        PutProvisionedConcurrencyConfig:
            put("/2019-09-30/functions/{FunctionName}/provisioned-concurrency"), Small, VersionOrAlias;
        DeleteProvisionedConcurrencyConfig:
            delete("/2019-09-30/functions/{FunctionName}/provisioned-concurrency"), Nothing, VersionOrAlias;

        // What this host lacks.
        ListEventSourceMappings: get("/2015-03-31/event-source-mappings"), Nothing, Account;
        CreateEventSourceMapping: post("/2015-03-31/event-source-mappings"), Nothing, Account;
        GetEventSourceMapping: get("/2015-03-31/event-source-mappings/{UUID}"), Nothing, EventSourceMapping;
        UpdateEventSourceMapping: put("/2015-03-31/event-source-mappings/{UUID}"), Nothing, EventSourceMapping;
        DeleteEventSourceMapping: delete("/2015-03-31/event-source-mappings/{UUID}"), Nothing, EventSourceMapping;
        ListLayers: get("/2018-10-31/layers"), Nothing, Account;
        GetLayerVersionByArn as "GetLayerVersion": get("/2018-10-31/layers?find=LayerVersion"), Nothing, LayerVersion;
        ListLayerVersions: get("/2018-10-31/layers/{LayerName}/versions"), Nothing, Account;
        PublishLayerVersion: post("/2018-10-31/layers/{LayerName}/versions"), Nothing, Layer;
        GetLayerVersion: get("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"), Nothing, LayerVersion;
        DeleteLayerVersion: delete("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"), Nothing, LayerVersion;
        GetLayerVersionPolicy:
            get("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"), Nothing, LayerVersion;
        AddLayerVersionPermission:
            post("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"), Nothing, LayerVersion;
        RemoveLayerVersionPermission:
            delete("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}"),
            Nothing, LayerVersion;
        ListCodeSigningConfigs: get("/2020-04-22/code-signing-configs"), Nothing, Account;
        CreateCodeSigningConfig: post("/2020-04-22/code-signing-configs"), Nothing, Account;
        GetCodeSigningConfig:
            get("/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"), Nothing, CodeSigningConfig;
        UpdateCodeSigningConfig:
            put("/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"), Nothing, CodeSigningConfig;
        DeleteCodeSigningConfig:
            delete("/2020-04-22/code-signing-configs/{CodeSigningConfigArn}"), Nothing, CodeSigningConfig;
        ListFunctionsByCodeSigningConfig:
            get("/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions"), Nothing, CodeSigningConfig;
        ListCapacityProviders: get("/2025-11-30/capacity-providers"), Nothing, Account;
        CreateCapacityProvider: post("/2025-11-30/capacity-providers"), Nothing, CapacityProvider;
        GetCapacityProvider: get("/2025-11-30/capacity-providers/{CapacityProviderName}"), Nothing, CapacityProvider;
        UpdateCapacityProvider:
            put("/2025-11-30/capacity-providers/{CapacityProviderName}"), Nothing, CapacityProvider;
        DeleteCapacityProvider:
            delete("/2025-11-30/capacity-providers/{CapacityProviderName}"), Nothing, CapacityProvider;
        ListFunctionVersionsByCapacityProvider:
            get("/2025-11-30/capacity-providers/{CapacityProviderName}/function-versions"), Nothing, CapacityProvider;
        GetFunctionScalingConfig:
            get("/2025-11-30/functions/{FunctionName}/function-scaling-config"), Nothing, Function;
        PutFunctionScalingConfig:
            put("/2025-11-30/functions/{FunctionName}/function-scaling-config"), Nothing, Function;
        ListDurableExecutionsByFunction:
            get("/2025-12-01/functions/{FunctionName}/durable-executions"), Nothing, QualifiedFunction;
        GetDurableExecution: get("/2025-12-01/durable-executions/{DurableExecutionArn}"), Nothing, DurableExecution;
        GetDurableExecutionHistory:
            get("/2025-12-01/durable-executions/{DurableExecutionArn}/history"), Nothing, DurableExecution;
        GetDurableExecutionState:
            get("/2025-12-01/durable-executions/{DurableExecutionArn}/state"), Nothing, DurableExecution;
        CheckpointDurableExecution:
            post("/2025-12-01/durable-executions/{DurableExecutionArn}/checkpoint"), Nothing, DurableExecution;
        StopDurableExecution:
            post("/2025-12-01/durable-executions/{DurableExecutionArn}/stop"), Nothing, DurableExecution;
        SendDurableExecutionCallbackFailure:
            post("/2025-12-01/durable-execution-callbacks/{CallbackId}/fail"), Nothing, DurableExecution;
        SendDurableExecutionCallbackHeartbeat:
            post("/2025-12-01/durable-execution-callbacks/{CallbackId}/heartbeat"), Nothing, DurableExecution;
        SendDurableExecutionCallbackSuccess:
            post("/2025-12-01/durable-execution-callbacks/{CallbackId}/succeed"), Nothing, DurableExecution;
    }

    "logs" {
        DescribeLogGroups: Target, Small, LogGroup;
        DescribeLogStreams: Target, Small, LogGroup;
        GetLogEvents: Target, Small, LogStream;
        FilterLogEvents: Target, Small, LogGroup;
        DeleteLogGroup: Target, Small, LogGroup;
    }

    "sts" {
        GetCallerIdentity: Action, Form, Caller;
        AssumeRole: Action, Form, Role;
    }

    "sparkler" {
        ListEvents: get("/sparkler/events"), Nothing, Account;
        PurgeEvents: delete("/sparkler/events"), Nothing, Account;
        RedriveEvents: post("/sparkler/events/redrive"), Nothing, Account;
        ListKeys: get("/sparkler/keys"), Nothing, Host;
        ListAuditEntries: get("/sparkler/audit"), Nothing, Account;
        GetMetrics: get("/metrics"), Nothing, Host;
    }

    without permission {
        GetHealth: get("/health"), Nothing, Host;
        // The address itself is signed, and good for some minutes.
        DownloadPackage: get("/_sparkler/packages/{digest}"), Nothing, Package;
    }
}
