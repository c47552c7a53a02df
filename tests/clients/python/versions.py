"""Published, listed by the paginators, waited for, pointed to, moved and deleted."""
import json

from lambda_client import BEHAVIOURS, ECHO, client, create

NAME = "boto3-versions"
aws = client()


def paged(operation, member, **arguments):
    paginator = aws.get_paginator(operation)
    pages = list(paginator.paginate(**arguments, PaginationConfig={"PageSize": 2}))
    assert all(len(page[member]) <= 2 for page in pages), pages
    return [entry for page in pages for entry in page[member]]


def executed(**arguments):
    reply = aws.invoke(FunctionName=NAME, Payload=b"{}", **arguments)
    return reply["ExecutedVersion"]


create(aws, NAME, ECHO)
aws.get_waiter("function_active").wait(FunctionName=NAME)
first = aws.publish_version(FunctionName=NAME, Description="first")
assert (first["Version"], first["State"]) == ("1", "Active"), first
assert aws.publish_version(FunctionName=NAME)["RevisionId"] == first["RevisionId"]

for number in (2, 3):
    aws.update_function_configuration(FunctionName=NAME, Description=f"number {number}")
    aws.get_waiter("function_updated_v2").wait(FunctionName=NAME)
    latest = aws.get_function_configuration(FunctionName=NAME)
    published = aws.publish_version(
        FunctionName=NAME, RevisionId=latest["RevisionId"], CodeSha256=latest["CodeSha256"])
    assert published["Version"] == str(number), published
published = aws.update_function_code(FunctionName=NAME, ZipFile=BEHAVIOURS, Publish=True)
assert (published["Version"], published["State"]) == ("4", "Pending"), published
aws.get_waiter("published_version_active").wait(FunctionName=NAME, Qualifier="4")
aws.get_waiter("function_active_v2").wait(FunctionName=NAME, Qualifier="4")
aws.get_waiter("function_updated_v2").wait(FunctionName=NAME)

numbers = [version["Version"] for version in paged("list_versions_by_function", "Versions", FunctionName=NAME)]
assert numbers == ["$LATEST", "1", "2", "3", "4"], numbers
every = paged("list_functions", "Functions", FunctionVersion="ALL")
ours = [function["FunctionArn"].split(":", 7)[-1] for function in every if function["FunctionName"] == NAME]
assert ours == numbers, ours
arns = [function["FunctionArn"] for function in every]
assert len(arns) == len(set(arns)), arns

for name in ("one", "two", "three"):
    made = aws.create_alias(FunctionName=NAME, Name=name, FunctionVersion="1")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201, made
names = [alias["Name"] for alias in paged("list_aliases", "Aliases", FunctionName=NAME)]
assert names == ["one", "three", "two"], names
assert executed(Qualifier="one") == "1"
moved = aws.update_alias(
    FunctionName=NAME, Name="one", FunctionVersion="2",
    RoutingConfig={"AdditionalVersionWeights": {"3": 1.0}})
assert executed(Qualifier="one") == "3"
try:
    aws.update_alias(FunctionName=NAME, Name="one", RevisionId=made["RevisionId"])
    raise AssertionError("a stale revision was taken")
except aws.exceptions.PreconditionFailedException:
    pass
assert aws.get_alias(FunctionName=NAME, Name="one")["RevisionId"] == moved["RevisionId"]
try:
    aws.delete_function(FunctionName=NAME, Qualifier="3")
    raise AssertionError("a version went away below an alias")
except aws.exceptions.ResourceConflictException:
    pass
aws.delete_alias(FunctionName=NAME, Name="one")
aws.delete_function(FunctionName=NAME, Qualifier="3")
try:
    executed(Qualifier="3")
    raise AssertionError("a deleted version ran")
except aws.exceptions.ResourceNotFoundException:
    pass
reply = aws.invoke(FunctionName=f"{NAME}:4", Payload=json.dumps({"do": "environment"}))
assert json.load(reply["Payload"])["AWS_LAMBDA_FUNCTION_VERSION"] == "4"
aws.delete_function(FunctionName=NAME)
