//! What holds of names, whatever they are.

use super::{NameShape, Reference};
use crate::domain::Account;

/// A name is taken apart as the model's patterns do, and only what they admit is taken. The ARN of what is found is
/// another name of it. A second line is the qualifier of the query.
pub(crate) fn function_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (name, qualifier) = match text.split_once('\n') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (text, None),
    };
    for shape in [
        NameShape::Namespaced,
        NameShape::Plain,
        NameShape::Unqualified,
    ] {
        if let Some(read) = shape.read(name) {
            assert_eq!(Some(read), shape.matched(name), "{shape:?}");
        }
        check_reference(shape, name, qualifier);
    }
}

fn check_reference(shape: NameShape, name: &str, qualifier: Option<&str>) {
    let account = Account::default();
    let Ok(reference) = Reference::parse(shape, name, qualifier, &account) else {
        return;
    };
    assert!(shape.pattern().matches(name), "{shape:?}");
    assert!(name.len() <= shape.chars_max());
    let arn = reference.arn_text(&account, reference.qualifier.as_ref());
    // In a query there may be more in a qualifier than in a name.
    if let Ok(again) = Reference::parse(shape, &arn, None, &account) {
        assert_eq!(again, reference, "{arn}");
    } else {
        let has_qualifier = reference.qualifier.is_some();
        assert!(has_qualifier || arn.len() > shape.chars_max(), "{arn}");
    }
}
