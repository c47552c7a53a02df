"""CloudWatch Logs as tools read it: groups, streams and events, page by page, filtered and followed."""
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from lambda_client import BEHAVIOURS, client, create

NAME = "boto3-logs"
GROUP = f"/aws/lambda/{NAME}"
aws = client()
logs = boto3.client("logs", config=Config(retries={"max_attempts": 0}))
create(aws, NAME, BEHAVIOURS)


def run(**event):
    aws.invoke(FunctionName=NAME, Payload=json.dumps(event))


def texts(pages):
    return [event["message"] for page in pages for event in page["events"]]


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]
    raise AssertionError("it was not refused")


missing = refused(logs.filter_log_events, logGroupName=GROUP)
assert missing["Code"] == "ResourceNotFoundException", missing
assert missing["Message"] == "The specified log group does not exist.", missing

# Nine events each: START, six lines, END and REPORT.
for _ in range(5):
    run(do="print", lines=6)

groups = logs.get_paginator("describe_log_groups").paginate(
    logGroupNamePrefix="/aws/lambda/boto3-", PaginationConfig={"PageSize": 1})
found = [group for page in groups for group in page["logGroups"] if group["logGroupName"] == GROUP]
assert len(found) == 1 and found[0]["storedBytes"] > 0, found
assert found[0]["arn"].endswith(f":log-group:{GROUP}:*"), found

streams = logs.get_paginator("describe_log_streams").paginate(
    logGroupName=GROUP, orderBy="LastEventTime", descending=True, PaginationConfig={"PageSize": 1})
streams = [stream["logStreamName"] for page in streams for stream in page["logStreams"]]
assert len(streams) == 1 and "/[$LATEST]" in streams[0], streams

paginator = logs.get_paginator("filter_log_events")
pages = list(paginator.paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 7}))
events = [event for page in pages for event in page["events"]]
assert len(pages) == 7 and len(events) == 45, (len(pages), len(events))
assert len({event["eventId"] for event in events}) == 45
assert events == sorted(events, key=lambda event: event["timestamp"])
assert {event["logStreamName"] for event in events} == set(streams)
assert sum(event["message"].startswith("START RequestId: ") for event in events) == 5

matched = texts(paginator.paginate(logGroupName=GROUP, filterPattern='"line 6" -REPORT'))
assert matched == ["line 6 \n"] * 5, matched

# Both ways through a stream, until the token stays.
for from_head, token in [(True, "nextForwardToken"), (False, "nextBackwardToken")]:
    seen, arguments = [], {}
    while True:
        page = logs.get_log_events(
            logGroupName=GROUP, logStreamName=streams[0], startFromHead=from_head, limit=10, **arguments)
        seen += page["events"]
        if page[token] == arguments.get("nextToken"):
            break
        arguments = {"nextToken": page[token]}
    assert len(seen) == 45, len(seen)

# As a log is followed: from the newest time on, leaving out what was seen.
newest = max(event["timestamp"] for event in events)
seen = {event["eventId"] for event in events}
run(do="fail", type="OutOfTea", message="No tea.")
newer = logs.filter_log_events(logGroupName=GROUP, startTime=newest, interleaved=True)["events"]
newer = [event["message"] for event in newer if event["eventId"] not in seen]
assert [text.split()[0] for text in newer] == ["START", "END", "REPORT"], newer

# In the JSON format, levels say what is there.
aws.update_function_configuration(FunctionName=NAME, LoggingConfig={
    "LogFormat": "JSON", "SystemLogLevel": "DEBUG", "LogGroup": "boto3/json"})
aws.get_waiter("function_updated_v2").wait(FunctionName=NAME)
run(do="print", lines=1)
found = texts(paginator.paginate(
    logGroupName="boto3/json", filterPattern='{ $.type = "platform.*" && $.record.requestId = * }'))
kinds = [json.loads(text)["type"] for text in found]
assert kinds == ["platform.start", "platform.runtimeDone", "platform.report"], kinds
whole = texts(paginator.paginate(logGroupIdentifier="boto3/json"))
assert "line 1 \n" in whole, whole

# The log outlives its function, and goes when it is told to.
aws.delete_function(FunctionName=NAME)
assert len(texts(paginator.paginate(logGroupName=GROUP))) == 48
for group in [GROUP, "boto3/json"]:
    logs.delete_log_group(logGroupName=group)
assert refused(logs.delete_log_group, logGroupName=GROUP)["Code"] == "ResourceNotFoundException"
unknown = refused(logs.create_log_group, logGroupName=GROUP)
assert unknown["Code"] == "UnknownOperationException", unknown
