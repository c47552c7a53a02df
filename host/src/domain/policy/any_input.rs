//! What holds of policies, whatever they say.

use std::sync::Arc;

use super::{Context, Document, Identity, OwnPolicies, Request, decide};

const EVERYTHING_IS_DENIED: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// An action, a resource and what else is known, each in a line, and a policy: what is read says the same when it is
/// written and read again; it allows nothing where no statement is to allow something; and whoever is denied everything
/// may do nothing.
pub(crate) fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<_> = text.splitn(4, '\n').collect();
    let [action, resource, known, text] = lines[..] else {
        return;
    };
    let context = context(known);
    let user = Identity::aws("arn:aws:iam::123456789012:user/somebody").expect("a user");
    let asked = Request {
        identity: &user,
        action,
        resource,
        context: &context,
    };
    if let Ok(document) = Document::resource(text) {
        assert_eq!(Document::resource(&document.text()).as_ref(), Ok(&document));
        check(asked, &OwnPolicies::default(), &document, text);
    }
    if let Ok(document) = Document::identity(text) {
        let own = OwnPolicies {
            identity: vec![Arc::new(document)],
            ..OwnPolicies::default()
        };
        check(asked, &own, &Document::empty(), text);
    }
}

/// `key=value`, separated by blanks.
fn context(known: &str) -> Context {
    let pairs = known.split(' ').filter_map(|pair| pair.split_once('='));
    pairs.fold(Context::default(), |context, (key, value)| {
        context.clone().given(key, value).unwrap_or(context)
    })
}

fn check(asked: Request<'_>, own: &OwnPolicies, resource: &Document, text: &str) {
    let is_allowed = decide(asked, own, resource).is_allowed();
    // Whatever letters were written by their numbers, the word is one of a closed set.
    let is_allowing = text.contains("Allow") || text.contains("\\u");
    assert!(!is_allowed || is_allowing, "nothing in it allows that");
    let mut denied = OwnPolicies {
        identity: own.identity.clone(),
        ..OwnPolicies::default()
    };
    let deny = Document::identity(EVERYTHING_IS_DENIED).expect("a policy");
    denied.identity.push(Arc::new(deny));
    assert!(
        !decide(asked, &denied, resource).is_allowed(),
        "denied, and allowed"
    );
}
