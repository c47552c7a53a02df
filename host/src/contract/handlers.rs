//! Which function answers each operation.
//!
//! A handler verifies, converts and sends on. It takes what it needs of a request, such as the names in the
//! path or the members of the body, and returns what is to be rendered.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::Uri;

use super::api::Api;
use super::body::Received;
use super::cloudwatch::call as logs;
use super::concurrency::{account, provisioned, reserved};
use super::functions::{create, delete, list, publish, show, update, url_config, versions};
use super::operations::Operation;
use super::path_names::PathNames;
use super::unsupported_operations::{
    CAPACITY, DURABLE, LAYERS, MAPPINGS, Reply, SIGNING, answered,
};
use super::{
    aliases, audit, code_signing, event_administration, event_invoke_config, health, known_keys,
    metrics, package_download, policy, recursion, resource_policy, runtime_management, tags,
};
use crate::deployer::CompileGuest;
use crate::invoker::{PrepareGuest, RunGuest};

/// From a request to its answer.
pub(super) type Handler<G> = Box<
    dyn Fn(Request, Arc<Api<G>>) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync,
>;

/// A handler for each operation.
pub(super) struct Handlers<G>(Vec<Option<Handler<G>>>);

impl<G> Handlers<G> {
    /// All of them.
    pub(super) fn new() -> Self
    where
        G: RunGuest + CompileGuest + PrepareGuest,
    {
        let all = Operation::ALL.iter().copied();
        Self(all.map(handler).collect())
    }

    /// The one for `operation`; `None` where the door takes its requests straight to what answers them.
    pub(super) fn of(&self, operation: Operation) -> Option<&Handler<G>> {
        self.0.get(operation as usize)?.as_ref()
    }
}

fn handler<G: RunGuest + CompileGuest + PrepareGuest>(operation: Operation) -> Option<Handler<G>> {
    use Operation as O;
    use Reply::{
        CodeSigningConfigNotFound, EmptyList, EmptyListOfFunction, Gone, NotFound, Refused,
    };
    Some(match operation {
        O::Invoke
        | O::InvokeWithResponseStream
        | O::InvokeAsync
        | O::InvokeFunctionUrl
        | O::GetCallerIdentity
        | O::AssumeRole => return None,
        O::ListFunctions => by(list::list::<G>),
        O::CreateFunction => by(create::create::<G>),
        O::GetFunction => by(show::function::<G>),
        O::DeleteFunction => by(delete::delete::<G>),
        O::UpdateFunctionCode => by(update::code::<G>),
        O::GetFunctionConfiguration => by(show::function_configuration::<G>),
        O::UpdateFunctionConfiguration => by(update::configuration::<G>),
        O::GetAccountSettings => by(account::settings::<G>),
        O::ListVersionsByFunction => by(versions::list::<G>),
        O::PublishVersion => by(publish::publish::<G>),
        O::ListAliases => by(aliases::list::list::<G>),
        O::CreateAlias => by(aliases::create::create::<G>),
        O::GetAlias => by(aliases::show::show::<G>),
        O::UpdateAlias => by(aliases::update::update::<G>),
        O::DeleteAlias => by(aliases::delete::delete::<G>),
        O::GetFunctionUrlConfig => by(url_config::show::<G>),
        O::CreateFunctionUrlConfig => by(url_config::create::<G>),
        O::UpdateFunctionUrlConfig => by(url_config::update::<G>),
        O::DeleteFunctionUrlConfig => by(url_config::delete::<G>),
        O::ListFunctionUrlConfigs => by(url_config::list::<G>),
        O::GetFunctionEventInvokeConfig => by(event_invoke_config::get::<G>),
        O::PutFunctionEventInvokeConfig => by(event_invoke_config::put::<G>),
        O::UpdateFunctionEventInvokeConfig => by(event_invoke_config::update::<G>),
        O::DeleteFunctionEventInvokeConfig => by(event_invoke_config::delete::<G>),
        O::ListFunctionEventInvokeConfigs => by(event_invoke_config::list::<G>),
        O::GetPolicy => by(policy::get::<G>),
        O::AddPermission => by(policy::add::<G>),
        O::RemovePermission => by(policy::remove::<G>),
        O::GetResourcePolicy => by(resource_policy::get::<G>),
        O::PutResourcePolicy => by(resource_policy::put::<G>),
        O::DeleteResourcePolicy => by(resource_policy::delete::<G>),
        O::ListTags => by(tags::list::<G>),
        O::TagResource => by(tags::tag::<G>),
        O::UntagResource => by(tags::untag::<G>),
        O::GetFunctionRecursionConfig => by(recursion::get::<G>),
        O::PutFunctionRecursionConfig => by(recursion::put::<G>),
        O::GetRuntimeManagementConfig => by(runtime_management::get::<G>),
        O::PutRuntimeManagementConfig => by(runtime_management::put::<G>),
        O::GetFunctionCodeSigningConfig => by(code_signing::get::<G>),
        O::PutFunctionCodeSigningConfig => by(code_signing::put::<G>),
        O::DeleteFunctionCodeSigningConfig => by(code_signing::delete::<G>),
        O::GetFunctionConcurrency => by(reserved::get::<G>),
        O::PutFunctionConcurrency => by(reserved::put::<G>),
        O::DeleteFunctionConcurrency => by(reserved::delete::<G>),
        O::ListProvisionedConcurrencyConfigs => by(provisioned::list::<G>),
        O::GetProvisionedConcurrencyConfig => by(provisioned::get::<G>),
        O::PutProvisionedConcurrencyConfig => by(provisioned::put::<G>),
        O::DeleteProvisionedConcurrencyConfig => by(provisioned::delete::<G>),

        O::ListEventSourceMappings => lacking(EmptyList("EventSourceMappings")),
        O::CreateEventSourceMapping => lacking(Refused(MAPPINGS)),
        O::GetEventSourceMapping | O::UpdateEventSourceMapping | O::DeleteEventSourceMapping => {
            lacking(NotFound)
        }
        O::ListLayers => lacking(EmptyList("Layers")),
        O::ListLayerVersions => lacking(EmptyList("LayerVersions")),
        O::PublishLayerVersion | O::AddLayerVersionPermission => lacking(Refused(LAYERS)),
        O::GetLayerVersion
        | O::GetLayerVersionByArn
        | O::GetLayerVersionPolicy
        | O::RemoveLayerVersionPermission => lacking(NotFound),
        O::DeleteLayerVersion => lacking(Gone),
        O::ListCodeSigningConfigs => lacking(EmptyList("CodeSigningConfigs")),
        O::CreateCodeSigningConfig => lacking(Refused(SIGNING)),
        O::GetCodeSigningConfig
        | O::UpdateCodeSigningConfig
        | O::DeleteCodeSigningConfig
        | O::ListFunctionsByCodeSigningConfig => lacking(CodeSigningConfigNotFound),
        O::ListCapacityProviders => lacking(EmptyList("CapacityProviders")),
        O::CreateCapacityProvider | O::GetFunctionScalingConfig | O::PutFunctionScalingConfig => {
            lacking(Refused(CAPACITY))
        }
        O::GetCapacityProvider
        | O::UpdateCapacityProvider
        | O::DeleteCapacityProvider
        | O::ListFunctionVersionsByCapacityProvider => lacking(NotFound),
        O::ListDurableExecutionsByFunction => lacking(EmptyListOfFunction("DurableExecutions")),
        O::CheckpointDurableExecution => lacking(Refused(DURABLE)),
        O::GetDurableExecution
        | O::GetDurableExecutionHistory
        | O::GetDurableExecutionState
        | O::StopDurableExecution
        | O::SendDurableExecutionCallbackFailure
        | O::SendDurableExecutionCallbackHeartbeat
        | O::SendDurableExecutionCallbackSuccess => lacking(NotFound),

        O::DescribeLogGroups => reading(logs::DESCRIBE_GROUPS),
        O::DescribeLogStreams => reading(logs::DESCRIBE_STREAMS),
        O::GetLogEvents => reading(logs::GET_EVENTS),
        O::FilterLogEvents => reading(logs::FILTER_EVENTS),
        O::DeleteLogGroup => by(logs::delete_group::<G>),

        O::ListEvents => by(event_administration::list::<G>),
        O::PurgeEvents => by(event_administration::purge::<G>),
        O::RedriveEvents => by(event_administration::redrive::<G>),
        O::ListKeys => by(known_keys::list::<G>),
        O::ListAuditEntries => by(audit::list::<G>),
        O::GetMetrics => by(metrics::metrics::<G>),
        O::GetHealth => by(health::health),
        O::DownloadPackage => by(package_download::download::<G>),
    })
}

/// A function that takes what it needs out of the request.
fn by<G: Send + Sync + 'static, T: 'static>(
    handler: impl axum::handler::Handler<T, Arc<Api<G>>>,
) -> Handler<G> {
    Box::new(move |request, api| Box::pin(handler.clone().call(request, api)))
}

/// An operation on what this host lacks.
fn lacking<G: Send + Sync + 'static>(reply: Reply) -> Handler<G> {
    by(
        move |State(api): State<Arc<Api<G>>>, names: PathNames, uri: Uri| {
            ready(answered(&api, reply, &names, &uri))
        },
    )
}

/// An operation of CloudWatch Logs.
fn reading<G: Send + Sync + 'static>(work: logs::Work) -> Handler<G> {
    by(move |State(api): State<Arc<Api<G>>>, received: Received| {
        logs::answered(api, received, work)
    })
}
