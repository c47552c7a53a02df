"""A server that asks who calls: every operation of the model with the right key, and AWS's errors with wrong ones."""
import datetime
import json
import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lambda_client import ECHO, client, create

NAME = "boto3-signed"
ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{NAME}"
NOT_BELIEVED = {
    "MissingAuthenticationTokenException", "UnrecognizedClientException", "InvalidSignatureException",
    "IncompleteSignatureException", "ExpiredTokenException", "AccessDeniedException",
}
aws = client()
create(aws, NAME, ECHO)


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None, None


# What is in a path is encoded, also where it is an ARN with a qualifier.
for name in (NAME, ARN, f"{ARN}:$LATEST"):
    answer = aws.invoke(FunctionName=name, Payload=b'{"n": "\xc3\xbc"}')
    assert json.load(answer["Payload"]) == {"n": "ü"}
assert aws.invoke(FunctionName=NAME, Payload=b'"' + b"x" * 3_000_000 + b'"')["StatusCode"] == 200
assert aws.invoke(FunctionName=NAME, InvocationType="DryRun")["StatusCode"] == 204
assert aws.list_functions(MaxItems=1)["Functions"]

# The SDK writes names as the model has them; values need only pass its own checks.
TEXTS = {"FunctionName": NAME, "Resource": ARN, "ResourceArn": ARN, "Name": "no such+name", "Qualifier": "7"}


def value(name, shape, depth=0):
    if shape.type_name == "structure":
        return {key: value(key, shape.members[key], depth + 1) for key in shape.required_members}
    if shape.type_name == "list":
        return [value(name, shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"a": value(name, shape.value, depth + 1)}
    if shape.type_name == "string":
        least = shape.metadata.get("min", 0)
        return shape.enum[0] if shape.enum else TEXTS.get(name, "x").ljust(least, "x")
    if shape.type_name == "timestamp":
        return datetime.datetime(2026, 1, 1)
    return {"blob": b"{}", "boolean": False}.get(shape.type_name, max(1, shape.metadata.get("min", 1)))


tried = 0
for operation in aws.meta.service_model.operation_names:
    model = aws.meta.service_model.operation_model(operation)
    if operation in ("CreateFunction", "DeleteFunction"):
        continue
    arguments = value("", model.input_shape) if model.input_shape else {}
    method = {v: k for k, v in aws.meta.method_to_api_mapping.items()}[operation]
    code, message = code_of(getattr(aws, method), **arguments)
    assert code not in NOT_BELIEVED, (operation, code, message)
    tried += 1
assert tried > 80, tried

logs = boto3.client("logs", config=Config(retries={"max_attempts": 0}))
assert logs.filter_log_events(logGroupName=f"/aws/lambda/{NAME}")["events"] is not None

# A presigned address, which needs nothing else.
url = aws.generate_presigned_url("get_function", Params={"FunctionName": NAME}, ExpiresIn=60)
with urllib.request.urlopen(url) as answer:
    assert json.load(answer)["Configuration"]["FunctionName"] == NAME

KEY = os.environ["AWS_ACCESS_KEY_ID"]
SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]


def other(key=KEY, secret=SECRET, token=None, region="us-east-1", service="lambda"):
    return boto3.client(
        service, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
        region_name=region, config=Config(retries={"max_attempts": 2, "mode": "standard"}))


for wrong, expected, words in [
    (other(secret="another-secret"), "InvalidSignatureException", "does not match the signature you provided"),
    (other(key="SPKLNOBODY0000000001"), "UnrecognizedClientException", "token included in the request is invalid."),
    (other(token="token"), "UnrecognizedClientException", "token included in the request is invalid"),
    (other(region="eu-west-1"), "InvalidSignatureException", "a valid region, not 'eu-west-1'"),
]:
    for call in (wrong.list_functions, lambda **_: wrong.invoke(FunctionName=NAME)):
        code, message = code_of(call)
        assert code == expected and words in message, (code, message)
code, message = code_of(other(secret="another-secret", service="logs").describe_log_groups)
assert code == "InvalidSignatureException", (code, message)

guest = other(key=os.environ["GUEST_KEY"], secret=os.environ["GUEST_SECRET"])
assert guest.invoke(FunctionName=NAME)["StatusCode"] == 200
code, message = code_of(guest.delete_function, FunctionName=NAME)
assert code == "AccessDeniedException", (code, message)
assert message == (
    "User: arn:aws:iam::123456789012:user/guest is not authorized to perform: lambda:DeleteFunction on resource: "
    f"{ARN} because no identity-based policy allows the lambda:DeleteFunction action"), message
assert code_of(guest.invoke, FunctionName="other")[0] == "AccessDeniedException"
assert code_of(guest.invoke, FunctionName=NAME, InvocationType="DryRun")[0] is None
