//! From a request to the operation that it asks for, but for those that invoke.
//!
//! Paths are matched after the API's templates, each with and without a slash at its end, as older clients
//! send it; names in them are decoded once.

use std::collections::BTreeMap;

use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::operations::{Address, Operation};
use super::path_names::PathNames;
use super::{cloudwatch, query};

/// The operations by their paths.
pub(super) struct Routes(matchit::Router<Vec<Operation>>);

impl Routes {
    /// The routes of all operations.
    pub(super) fn new() -> Self {
        let mut paths: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
        for operation in Operation::ALL {
            if let Address::Path(_, template) = operation.address()
                && !operation.invokes()
            {
                let (path, _) = parted(template);
                paths.entry(path).or_default().push(*operation);
            }
        }
        let mut router = matchit::Router::new();
        for (path, mut operations) in paths {
            // Those that need something in the query come before those that need nothing there.
            operations.sort_by_key(|operation| !needs_query(*operation));
            for path in [path.to_owned(), format!("{path}/")] {
                let added = router.insert(path, operations.clone());
                added.expect("no two templates are the same");
            }
        }
        Self(router)
    }

    /// The operation that a request asks for, and the names in its path.
    pub(super) fn find(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<(Operation, PathNames)> {
        if uri.path() == "/" {
            let operation = cloudwatch::target::operation(method, headers)?;
            return Some((operation, PathNames::default()));
        }
        let found = self.0.at(uri.path()).ok()?;
        let mut operations = found.value.iter().copied();
        let operation = operations.find(|operation| is_meant(*operation, method, uri))?;
        let names = found.params.iter().map(|(key, value)| {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            // Behind a slash there may be another one, at the end of the path.
            (!value.is_empty()).then(|| (key.to_owned(), value.into_owned()))
        });
        Some((operation, PathNames::of(names.collect::<Option<_>>()?)))
    }
}

/// The path of a template, and what it needs in the query.
fn parted(template: &str) -> (&str, Option<(&str, &str)>) {
    match template.split_once('?') {
        Some((path, query)) => (path, query.split_once('=')),
        None => (template, None),
    }
}

fn needs_query(operation: Operation) -> bool {
    matches!(operation.address(), Address::Path(_, template) if parted(template).1.is_some())
}

/// Whether a request to one of the operation's paths is for it.
fn is_meant(operation: Operation, asked: &Method, uri: &Uri) -> bool {
    let Address::Path(method, template) = operation.address() else {
        return false;
    };
    // Who asks for the head of an answer asks for the answer, and does not get its body.
    let is_head = *asked == Method::HEAD && *method == Method::GET;
    let is_there = |(name, value)| {
        query::value(uri, name).is_some_and(|found: std::borrow::Cow<'_, str>| found == value)
    };
    (asked == method || is_head) && parted(template).1.is_none_or(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, target: &'static str) -> Option<Operation> {
        let found = Routes::new().find(&method, &Uri::from_static(target), &HeaderMap::new());
        found.map(|(operation, _)| operation)
    }

    #[test]
    fn every_operation_with_a_path_is_found_by_it() {
        let routes = Routes::new();
        for operation in Operation::ALL {
            let Address::Path(method, template) = operation.address() else {
                continue;
            };
            let found = |path: &str| {
                let uri: Uri = path.parse().expect("a path");
                let found = routes.find(method, &uri, &HeaderMap::new());
                found.map(|(operation, _)| operation)
            };
            let path: String = template.replace(['{', '}'], "");
            let expected = Some(*operation).filter(|operation| !operation.invokes());
            assert_eq!(found(&path), expected, "{path}");
            let slashed = match path.split_once('?') {
                Some((path, query)) => format!("{path}/?{query}"),
                None => format!("{path}/"),
            };
            assert_eq!(found(&slashed), expected, "{slashed}");
        }
    }

    #[test]
    fn a_query_may_tell_two_operations_apart() {
        let path = "/2019-09-30/functions/f/provisioned-concurrency";
        let get = Some(Operation::GetProvisionedConcurrencyConfig);
        assert_eq!(found(Method::GET, path), get);
        for (target, expected) in [
            (
                "/2019-09-30/functions/f/provisioned-concurrency?List=ALL",
                Some(Operation::ListProvisionedConcurrencyConfigs),
            ),
            (
                "/2019-09-30/functions/f/provisioned-concurrency?List=SOME",
                get,
            ),
            (
                "/2018-10-31/layers?find=LayerVersion",
                Some(Operation::GetLayerVersionByArn),
            ),
            (
                "/2018-10-31/layers?Find=LayerVersion",
                Some(Operation::ListLayers),
            ),
        ] {
            assert_eq!(found(Method::GET, target), expected, "{target}");
        }
    }

    #[test]
    fn no_name_is_empty() {
        assert_eq!(found(Method::DELETE, "/2017-03-31/tags//"), None);
        assert_eq!(found(Method::GET, "/2015-03-31/functions//"), None);
        assert_eq!(
            found(Method::GET, "/2015-03-31/functions//configuration"),
            None
        );
    }

    #[test]
    fn names_are_decoded_once_and_are_text() {
        let names = |target| {
            let uri = Uri::from_static(target);
            let found = Routes::new().find(&Method::GET, &uri, &HeaderMap::new());
            found.map(|(_, names)| names)
        };
        let found = names("/2015-03-31/functions/a%3Ab%252/aliases/x%2Fy").expect("GetAlias");
        assert_eq!(found.first(), Some("a:b%2"));
        assert_eq!(found.named("Name"), Some("x/y"));
        assert_eq!(found.named("StatementId"), None);
        assert!(names("/2015-03-31/functions/%FF").is_none());
    }

    #[test]
    fn the_head_of_an_answer_can_be_asked_for() {
        let list = Some(Operation::ListFunctions);
        assert_eq!(found(Method::HEAD, "/2015-03-31/functions"), list);
        assert_eq!(found(Method::PATCH, "/2015-03-31/functions"), None);
        assert_eq!(found(Method::HEAD, "/sparkler/events/redrive"), None);
    }
}
