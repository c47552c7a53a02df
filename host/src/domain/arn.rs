//! Where functions live: the account and region of this host, and the ARNs made of them.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::{FunctionName, Qualifier};

/// The account and region that this host plays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Such as `us-east-1`.
    pub region: String,
}

impl Default for Account {
    /// The values that the AWS documentation uses in its examples.
    fn default() -> Self {
        Self {
            id: "123456789012".into(),
            region: "us-east-1".into(),
        }
    }
}

/// Whether `text` is the number of an account.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The function of an ARN, where it is that of one, of a version or of an alias.
pub(crate) fn function_of(arn: &str) -> Option<FunctionName> {
    let parts: Vec<_> = arn.splitn(8, ':').collect();
    match parts[..] {
        ["arn", _, "lambda", _, _, "function", name, ..] => FunctionName::parse(name),
        _ => None,
    }
}

/// Whose something is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Maps by account are looked into by its text.
impl Borrow<str> for AccountId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AccountId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Account {
    /// Whose the functions of this host are.
    pub fn owner(&self) -> AccountId {
        AccountId::from(self.id.as_str())
    }

    /// The ARN of a role of this account; no role exists here, but each function names one.
    pub fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.id)
    }

    /// The ARN of a function of this account, with a qualifier where one was asked for.
    pub fn function_arn(&self, name: &FunctionName, qualifier: Option<&Qualifier>) -> FunctionArn {
        FunctionArn {
            account: self.clone(),
            name: name.clone(),
            qualifier: qualifier.cloned(),
        }
    }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionArn {
    /// Region and account.
    pub account: Account,
    /// The function.
    pub name: FunctionName,
    /// Version or alias, if one was named.
    pub qualifier: Option<Qualifier>,
}

impl FunctionArn {
    /// The ARN of a version or alias of the same function.
    #[must_use]
    pub fn with(&self, qualifier: Qualifier) -> Self {
        Self {
            qualifier: Some(qualifier),
            ..self.clone()
        }
    }
}

impl FunctionArn {
    /// The ARN as text. Every invocation needs it, and formatting it takes several times as long.
    pub fn text(&self) -> String {
        let Account { id, region } = &self.account;
        let name = self.name.as_str();
        let mut text = ["arn:aws:lambda:", region, ":", id, ":function:", name].concat();
        if let Some(qualifier) = &self.qualifier {
            text.push(':');
            text.push_str(&qualifier.to_string());
        }
        text
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
