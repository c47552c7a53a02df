//! Requests that name their operation in a parameter, which may stand in their body.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;

use super::{Answered, Rooms};
use crate::contract::body;
use crate::contract::callers::{Connected, Peer, Purpose};
use crate::contract::error::WireError;
use crate::contract::operations::Operation;
use crate::contract::passage::Passage;
use crate::contract::permission::Asking;
use crate::contract::refused::RefusedAnswer;
use crate::contract::signed::Signed;
use crate::contract::sts::{self, Asked, Parameters};
use crate::invoker::RunGuest;

impl<G: RunGuest> Rooms<G> {
    /// Such a request. What it asks for is known behind its body, which is read as of any request for its service: by
    /// then its sender is believed.
    pub(super) async fn query(&self, connected: &Connected, parts: Parts, body: Body) -> Answered {
        let (mut passage, signed) = self.enter(None, connected, &parts)?;
        let peer = self.peer(&passage, connected);
        let answered = self
            .queried(&mut passage, signed, &parts, body, &peer)
            .await;
        let held = answered.and_then(|answer| peer.hold_answer(Purpose::Control, None, answer));
        Ok(self.leave(passage, held))
    }

    async fn queried(
        &self,
        passage: &mut Passage,
        signed: Option<Box<Signed>>,
        parts: &Parts,
        body: Body,
        peer: &Arc<Peer>,
    ) -> Result<Response, WireError> {
        let limit = Operation::GetCallerIdentity.body_limit();
        let received = body::receive(body, limit, peer).await?;
        let signer = match signed {
            Some(signed) => Some(Box::pin(signed.proven(&received.bytes)).await?),
            None => None,
        };
        let id = passage.id;
        let parameters = match Parameters::read(parts, &received.bytes) {
            Ok(parameters) => parameters,
            Err(error) => return Ok(error.answer(id)),
        };
        let operation = match parameters.operation() {
            Ok(operation) => operation,
            Err(error) => return Ok(error.answer(id)),
        };
        passage.operation = Some(operation);
        let account = &self.own().account;
        let asking = signer
            .as_ref()
            .map(|signer| Asking::of(signer, passage, &parts.headers, account));
        let asked = Asked {
            account,
            identities: self.host().identities.as_deref(),
            signer: signer.as_ref(),
            asking: asking.as_ref(),
        };
        let mut answer = sts::answered(operation, &asked, parameters, id);
        if let Some(signer) = signer.filter(|_| answer.status() == StatusCode::FORBIDDEN) {
            answer
                .extensions_mut()
                .insert(RefusedAnswer::denied(&signer.0));
        }
        Ok(answer)
    }
}
