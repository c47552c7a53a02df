//! What resource policies allow.

use serde_json::{Value, json};

use super::attachments::Statement;

/// Whether a policy lets everybody call the address of a function whose `AuthType` is `NONE`.
///
/// Such a statement allows `lambda:InvokeFunctionUrl` to everybody, under the one condition that
/// `lambda:FunctionUrlAuthType` is `NONE`. One with other conditions allows it to fewer, so it does not
/// count.
pub fn allows_function_url(policy: &[Statement]) -> bool {
    let condition = json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}});
    policy.iter().any(|Statement { shown, .. }| {
        shown["Effect"] == "Allow"
            && shown["Action"] == "lambda:InvokeFunctionUrl"
            && is_everybody(&shown["Principal"])
            && shown["Condition"] == condition
    })
}

fn is_everybody(principal: &Value) -> bool {
    principal == "*" || principal["AWS"] == "*"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_everybody_under_that_one_condition_is_enough() {
        let allowed = |member: &str, value: Value| {
            let mut shown = json!({
                "Sid": "s",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "lambda:InvokeFunctionUrl",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
                "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
            });
            shown[member] = value;
            let id = "s".into();
            allows_function_url(&[Statement { id, shown }])
        };
        assert!(!allows_function_url(&[]));
        assert!(allowed("Sid", "t".into()));
        assert!(allowed("Principal", json!({"AWS": "*"})));
        for (member, value) in [
            ("Effect", json!("Deny")),
            ("Action", json!("lambda:InvokeFunction")),
            (
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:root"}),
            ),
            ("Condition", Value::Null),
            (
                "Condition",
                json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}),
            ),
            (
                "Condition",
                json!({
                    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"},
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
                }),
            ),
        ] {
            assert!(!allowed(member, value.clone()), "{member}: {value}");
        }
    }
}
