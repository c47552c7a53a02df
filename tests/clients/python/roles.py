"""A server that asks who calls: who one is, and roles that are assumed for a while, as boto3 does both."""
import datetime
import json
import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lambda_client import ECHO, client, create

NAME = "boto3-roles"
ACCOUNT = "123456789012"
READER = f"arn:aws:iam::{ACCOUNT}:role/reader"
aws = client()
create(aws, NAME, ECHO)
assert aws.invoke(FunctionName=NAME)["StatusCode"] == 200


def code_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return status, error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None, None, None


def service(name, credentials=None, region="us-east-1"):
    given = credentials and {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    config = Config(retries={"max_attempts": 0})
    return boto3.client(name, region_name=region, config=config, **(given or {}))


sts = service("sts")
me = sts.get_caller_identity()
assert (me["Account"], me["Arn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/admin"), me
assert me["UserId"].startswith("AIDA") and len(me["UserId"]) == 21, me
metadata = me["ResponseMetadata"]
assert metadata["HTTPHeaders"]["content-type"] == "text/xml", metadata
assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"], metadata

before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
role = sts.assume_role(RoleArn=READER, RoleSessionName="boto3@tests", DurationSeconds=900)
assert role["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/boto3@tests", role
assert role["AssumedRoleUser"]["AssumedRoleId"].endswith(":boto3@tests"), role
assert "PackedPolicySize" not in role, role
lasts = role["Credentials"]["Expiration"] - before
assert datetime.timedelta(seconds=900) <= lasts < datetime.timedelta(seconds=960), lasts

session = role["Credentials"]
reader = service("lambda", session)
assert reader.get_function(FunctionName=NAME)["Configuration"]["FunctionName"] == NAME
assert service("logs", session).filter_log_events(logGroupName=f"/aws/lambda/{NAME}")["events"]
status, code, message = code_of(reader.invoke, FunctionName=NAME)
assert (status, code) == (403, "AccessDeniedException"), message
assert "assumed-role/reader/boto3@tests is not authorized to perform: lambda:InvokeFunction" in message, message
assert service("sts", session).get_caller_identity()["UserId"] == role["AssumedRoleUser"]["AssumedRoleId"]

policy = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "lambda:GetFunctionConfiguration", "Resource": "*"}]}
narrow = sts.assume_role(RoleArn=READER, RoleSessionName="narrow", Policy=json.dumps(policy))
assert narrow["PackedPolicySize"] > 0, narrow
narrow = service("lambda", narrow["Credentials"])
assert narrow.get_function_configuration(FunctionName=NAME)["FunctionName"] == NAME
assert code_of(narrow.get_function, FunctionName=NAME)[1] == "AccessDeniedException"

# From role to role, for an hour.
chained = service("sts", session)
arguments = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/deployer", "RoleSessionName": "chained", "ExternalId": "the-id"}
deployer = service("lambda", chained.assume_role(**arguments)["Credentials"])
assert json.load(deployer.invoke(FunctionName=NAME, Payload=b"7")["Payload"]) == 7
status, code, message = code_of(chained.assume_role, **arguments, DurationSeconds=3601)
assert (status, code) == (400, "ValidationError") and "1 hour" in message, message
status, code, message = code_of(chained.assume_role, **{**arguments, "ExternalId": "another-id"})
assert (status, code) == (403, "AccessDenied"), message

# Each refusal has its name.
wrong = {**session, "SecretAccessKey": "another-secret"}
no_token = {**session, "SessionToken": session["SessionToken"][:-8]}
nobody = {"AccessKeyId": "ASIANOBODY0000000001", "SecretAccessKey": "x" * 40, "SessionToken": "token"}
for credentials, code, name in [
    (wrong, "SignatureDoesNotMatch", "InvalidSignatureException"),
    (no_token, "InvalidClientTokenId", "UnrecognizedClientException"),
    (nobody, "InvalidClientTokenId", "UnrecognizedClientException"),
]:
    found = code_of(service("sts", credentials).get_caller_identity)
    assert found[:2] == (403, code), found
    found = code_of(service("lambda", credentials).list_functions)
    assert found[:2] == (403, name), found
found = code_of(service("sts", region="eu-west-1").get_caller_identity)
assert found[:2] == (403, "SignatureDoesNotMatch"), found
found = code_of(sts.get_session_token)
assert found[:2] == (400, "InvalidAction"), found
arguments = {"RoleArn": "arn:aws:iam::999999999999:role/r", "RoleSessionName": "x1"}
found = code_of(sts.assume_role, **arguments)
assert found == (
    403, "AccessDenied",
    f"User: arn:aws:iam::{ACCOUNT}:user/admin is not authorized to perform: sts:AssumeRole on resource: "
    "arn:aws:iam::999999999999:role/r"), found
found = code_of(sts.assume_role, **{**arguments, "RoleArn": READER}, Policy="{")
assert found[:2] == (400, "MalformedPolicyDocument"), found
found = code_of(sts.assume_role, **{**arguments, "RoleArn": READER}, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/x"}])
assert found[:2] == (400, "ValidationError") and "managed policies" in found[2], found

# A signed address is who one is, shown to somebody else.
url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
with urllib.request.urlopen(url) as answer:
    assert f"<Arn>arn:aws:iam::{ACCOUNT}:user/admin</Arn>" in answer.read().decode()

# What the clients do by themselves, where a profile names a role.
with open(os.environ["AWS_CONFIG_FILE"], "w") as config:
    config.write(f"[profile reader]\nrole_arn = {READER}\ncredential_source = Environment\nregion = us-east-1\n")
of_profile = boto3.Session(profile_name="reader")
assert "assumed-role/reader/" in of_profile.client("sts").get_caller_identity()["Arn"]
