//! `GET /sparkler/keys`: which keys the host knows, and when each was last used.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::answer::Json;
use super::api::Api;
use crate::domain::times;

#[derive(Serialize)]
struct Known {
    keys: Vec<ShownKey>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownKey {
    id: String,
    user_arn: String,
    /// Since the host was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<String>,
}

/// All keys, without their secrets; none where nobody is asked.
pub(super) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
) -> Json<impl Serialize> {
    let all = api.host.identities.as_ref().map(|known| known.all());
    let keys = all.into_iter().flatten().map(|key| ShownKey {
        id: key.id().into(),
        user_arn: key.user().arn.clone(),
        last_used: key.last_used().map(times::rfc_3339),
    });
    Json::of(Known {
        keys: keys.collect(),
    })
}
