"""Every paginator of the model reads each entry once; every waiter of the model ends."""
from botocore.exceptions import ClientError
from lambda_client import ECHO, client, create

NAME = "boto3-paginators"
QUALIFIERS = ["1", "2", "3"]
aws = client()

# Waiters first: one for each state of a function that is new, changed and published.
code = {"ZipFile": ECHO}
aws.create_function(
    FunctionName=NAME, Runtime="provided.al2023", Handler="handler",
    Role="arn:aws:iam::123456789012:role/tests", Code=code)
quick = {"Delay": 1, "MaxAttempts": 60}
waited = set()


def wait(name, **arguments):
    aws.get_waiter(name).wait(FunctionName=NAME, WaiterConfig=quick, **arguments)
    waited.add(name)


wait("function_exists")
wait("function_active")
wait("function_active_v2")
for number in QUALIFIERS:
    aws.update_function_configuration(FunctionName=NAME, Description=f"number {number}")
    wait("function_updated")
    wait("function_updated_v2")
    assert aws.publish_version(FunctionName=NAME)["Version"] == number
    wait("published_version_active", Qualifier=number)
assert waited == set(aws.waiter_names), set(aws.waiter_names) - waited

# What there is to list, for each operation more than a page of it.
for number in QUALIFIERS:
    aws.create_alias(FunctionName=NAME, Name=f"alias-{number}", FunctionVersion=number)
    aws.put_function_event_invoke_config(FunctionName=NAME, Qualifier=number, MaximumRetryAttempts=0)
    aws.put_provisioned_concurrency_config(
        FunctionName=NAME, Qualifier=number, ProvisionedConcurrentExecutions=1)
    aws.create_function_url_config(FunctionName=NAME, Qualifier=f"alias-{number}", AuthType="AWS_IAM")
neighbours = [f"{NAME}-{letter}" for letter in "ab"]
for name in neighbours:
    create(aws, name, ECHO)

of_function = {"FunctionName": NAME}
filled = {
    "list_aliases": ("Aliases", "Name", of_function),
    "list_function_event_invoke_configs": ("FunctionEventInvokeConfigs", "FunctionArn", of_function),
    "list_function_url_configs": ("FunctionUrlConfigs", "FunctionUrl", of_function),
    "list_provisioned_concurrency_configs": ("ProvisionedConcurrencyConfigs", "FunctionArn", of_function),
    "list_versions_by_function": ("Versions", "Version", of_function),
    "list_functions": ("Functions", "FunctionArn", {}),
}
empty = {
    "list_code_signing_configs": ("CodeSigningConfigs", {}),
    "list_event_source_mappings": ("EventSourceMappings", of_function),
    "list_layers": ("Layers", {}),
    "list_layer_versions": ("LayerVersions", {"LayerName": "none"}),
    "list_capacity_providers": ("CapacityProviders", {}),
    "list_durable_executions_by_function": ("DurableExecutions", of_function),
}
# They list what belongs to something that this host lacks.
missing = {
    "list_functions_by_code_signing_config": {
        "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-"
                                "0123456789abcdef0"},
    "list_function_versions_by_capacity_provider": {"CapacityProviderName": "none"},
    "get_durable_execution_history": None,
    "get_durable_execution_state": None,
}
durable = f"arn:aws:lambda:us-east-1:123456789012:function:{NAME}:1/durable-execution/none/none"
missing["get_durable_execution_history"] = {"DurableExecutionArn": durable}
missing["get_durable_execution_state"] = {"DurableExecutionArn": durable, "CheckpointToken": "bm9uZQ=="}

operations = [name for name in dir(aws) if name.split("_")[0] in ("list", "get") and not name.endswith(("paginator", "waiter"))]
paginators = {name for name in operations if aws.can_paginate(name)}
known = filled.keys() | empty.keys() | missing.keys()
assert paginators == known, paginators ^ known

for operation, (member, key, arguments) in filled.items():
    pages = list(aws.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": 1}))
    assert all(len(page[member]) <= 1 for page in pages), (operation, pages)
    entries = [entry[key] for page in pages for entry in page[member]]
    assert len(entries) == len(set(entries)) >= len(QUALIFIERS), (operation, entries)
    at_once = list(aws.get_paginator(operation).paginate(**arguments))
    at_once = [entry[key] for page in at_once for entry in page[member]]
    ours = [entry for entry in entries if NAME in entry or operation != "list_functions"]
    assert ours == [entry for entry in at_once if entry in ours], (operation, entries, at_once)

for operation, (member, arguments) in empty.items():
    pages = aws.get_paginator(operation).paginate(**arguments)
    assert [entry for page in pages for entry in page[member]] == [], operation

for operation, arguments in missing.items():
    try:
        list(aws.get_paginator(operation).paginate(**arguments))
        raise AssertionError(f"{operation} found something")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException", (operation, error)

for name in [NAME, *neighbours]:
    aws.delete_function(FunctionName=name)
