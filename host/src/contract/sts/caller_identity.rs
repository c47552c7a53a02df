//! `GetCallerIdentity`: who one is. Whoever is believed may ask, whatever policies say.

use super::xml::Element;
use super::{Asked, Done};

/// Who sends the request. Where nobody is asked, that is whoever owns the account.
pub(super) fn done(asked: &Asked<'_>) -> Done {
    let account = &asked.account.id;
    let (arn, user_id, account) = match asked.signer {
        Some(signer) => {
            let user = signer.0.user();
            (user.arn.clone(), user.id.clone(), user.account.to_string())
        }
        None => (
            format!("arn:aws:iam::{account}:root"),
            account.clone(),
            account.clone(),
        ),
    };
    Ok(vec![
        Element::text("Arn", arn),
        Element::text("UserId", user_id),
        Element::text("Account", account),
    ])
}
