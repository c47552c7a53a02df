//! GetAccountSettings: what the account may have, and what it has.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::error::WireError;
use crate::deployer::CompileGuest;
use crate::invoker::RunGuest;
use crate::limits::{PACKAGE_BYTES_MAX, UNZIPPED_BYTES_MAX};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountSettings {
    account_limit: AccountLimit,
    account_usage: AccountUsage,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountLimit {
    total_code_size: u64,
    code_size_unzipped: u64,
    code_size_zipped: u64,
    concurrent_executions: u32,
    /// As AWS documents it: without what is reserved, and with what is provisioned.
    unreserved_concurrent_executions: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountUsage {
    total_code_size: u64,
    function_count: usize,
}

/// `GET /2016-08-19/account-settings`
pub(in crate::contract) async fn settings<G: RunGuest + CompileGuest>(
    State(api): State<Arc<Api<G>>>,
) -> Result<Json<impl Serialize>, WireError> {
    let (usage, limit) = (api.catalog.usage(), api.concurrency_limit());
    let settings = AccountSettings {
        account_limit: AccountLimit {
            total_code_size: api.deployer.code_bytes_max(),
            code_size_unzipped: UNZIPPED_BYTES_MAX,
            code_size_zipped: PACKAGE_BYTES_MAX,
            concurrent_executions: limit,
            unreserved_concurrent_executions: u64::from(limit)
                .saturating_sub(usage.reserved_concurrency),
        },
        account_usage: AccountUsage {
            total_code_size: usage.package_bytes,
            function_count: usage.functions,
        },
    };
    Ok(Json::of(settings))
}
