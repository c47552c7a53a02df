"""What is attached to a function, and what tools ask for on every run."""
import json

from lambda_client import ECHO, client, create

NAME = "boto3-attached"
aws = client()
arn = create(aws, NAME, ECHO)["FunctionArn"]


def refused(exception, call, **arguments):
    try:
        call(**arguments)
    except exception as error:
        return error.response
    raise AssertionError(f"{call.__name__} {arguments} was not refused")


aws.tag_resource(Resource=arn, Tags={"team": "blue", "stage": "test"})
aws.untag_resource(Resource=arn, TagKeys=["stage", "unknown"])
assert aws.list_tags(Resource=arn)["Tags"] == {"team": "blue"}
assert aws.get_function(FunctionName=NAME)["Tags"] == {"team": "blue"}

added = aws.add_permission(
    FunctionName=NAME, StatementId="bucket", Action="lambda:InvokeFunction",
    Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::bucket")
policy = aws.get_policy(FunctionName=NAME)
assert json.loads(policy["Policy"])["Statement"] == [json.loads(added["Statement"])], policy
aws.remove_permission(FunctionName=NAME, StatementId="bucket", RevisionId=policy["RevisionId"])
refused(aws.exceptions.ResourceNotFoundException, aws.get_policy, FunctionName=NAME)

document = json.dumps({"Version": "2012-10-17", "Id": "mine", "Statement": [{
    "Effect": "Deny", "Principal": "*", "Action": "lambda:DeleteFunction", "Resource": arn}]})
put = aws.put_resource_policy(ResourceArn=arn, Policy=document)
assert json.loads(put["Policy"]) == json.loads(document), put
shown = aws.get_resource_policy(ResourceArn=arn)
assert [shown[key] for key in ("Policy", "RevisionId")] == [put[key] for key in ("Policy", "RevisionId")]
assert aws.get_policy(FunctionName=NAME)["Policy"] == put["Policy"]
refused(
    aws.exceptions.InvalidParameterValueException, aws.put_resource_policy, ResourceArn=arn, Policy="{}")
aws.delete_resource_policy(ResourceArn=arn, RevisionId=put["RevisionId"])
refused(aws.exceptions.ResourceNotFoundException, aws.get_resource_policy, ResourceArn=arn)

put = aws.put_function_event_invoke_config(FunctionName=NAME, MaximumRetryAttempts=1)
aws.update_function_event_invoke_config(FunctionName=NAME, MaximumEventAgeInSeconds=120)
pages = aws.get_paginator("list_function_event_invoke_configs").paginate(FunctionName=NAME)
configs = [config for page in pages for config in page["FunctionEventInvokeConfigs"]]
assert [config["FunctionArn"] for config in configs] == [f"{arn}:$LATEST"], configs
assert (configs[0]["MaximumRetryAttempts"], configs[0]["MaximumEventAgeInSeconds"]) == (1, 120)
assert configs[0]["LastModified"] >= put["LastModified"]
aws.delete_function_event_invoke_config(FunctionName=NAME)

aws.put_function_recursion_config(FunctionName=NAME, RecursiveLoop="Allow")
assert aws.get_function_recursion_config(FunctionName=NAME)["RecursiveLoop"] == "Allow"
assert aws.get_runtime_management_config(FunctionName=NAME)["UpdateRuntimeOn"] == "Auto"
assert not aws.get_function_code_signing_config(FunctionName=NAME)["CodeSigningConfigArn"]

for operation, key, arguments in [
        ("list_layers", "Layers", {}),
        ("list_layer_versions", "LayerVersions", {"LayerName": "none"}),
        ("list_event_source_mappings", "EventSourceMappings", {"FunctionName": NAME})]:
    pages = aws.get_paginator(operation).paginate(**arguments)
    assert [entry for page in pages for entry in page[key]] == [], operation
assert aws.list_code_signing_configs()["CodeSigningConfigs"] == []
said = refused(
    aws.exceptions.InvalidParameterValueException, aws.create_event_source_mapping,
    FunctionName=NAME, EventSourceArn="arn:aws:sqs:us-east-1:123456789012:queue")
assert "not supported by this host" in said["Error"]["Message"], said
aws.delete_function(FunctionName=NAME)
refused(aws.exceptions.ResourceNotFoundException, aws.list_tags, Resource=arn)
