"""A response that is read while its function runs, and every way in which it can end."""
import base64
import json
import sys
from pathlib import Path

from botocore.exceptions import ClientError
from lambda_client import ECHO, client, create

NAME = "boto3-streaming"
aws = client()
STREAMING = Path(sys.argv[3]).read_bytes()
create(aws, NAME, STREAMING, MemorySize=128, Timeout=60)
create(aws, NAME + "-brief", STREAMING, Timeout=1)
create(aws, NAME + "-echo", ECHO)


def stream(*steps, name=NAME, **more):
    """The bytes of the response, and the last event."""
    reply = aws.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(steps), **more)
    assert (reply["StatusCode"], reply["ExecutedVersion"]) == (200, "$LATEST"), reply
    assert reply["ResponseStreamContentType"] == "application/vnd.amazon.eventstream", reply
    return ended(reply["EventStream"])


def ended(events):
    payload, complete = b"", None
    for event in events:
        assert complete is None, f"{event} after the end"
        if "PayloadChunk" in event:
            payload += event["PayloadChunk"]["Payload"]
        else:
            complete = event["InvokeComplete"]
    return payload, complete


assert stream({"do": "write", "text": "one, "}, {"do": "write", "text": "two"}) == (b"one, two", {})
assert stream() == (b"", {})

# Far more than lies between a function and its caller: it waits for the reader.
pieces, piece_bytes = 400, 65_536
reply = aws.invoke_with_response_stream(FunctionName=NAME, Payload=json.dumps(
    [{"do": "write", "text": "first"}, {"do": "fill", "bytes": piece_bytes, "pieces": pieces}]))
events = iter(reply["EventStream"])
first = next(events)["PayloadChunk"]["Payload"]
assert first.startswith(b"first") and len(first) <= piece_bytes, len(first)
rest, complete = ended(events)
assert len(first) + len(rest) == 5 + pieces * piece_bytes, (len(first), len(rest))
assert complete == {}, complete

_, complete = stream({"do": "log", "text": "a line"}, LogType="Tail")
assert "\na line\n" in base64.b64decode(complete["LogResult"]).decode(), complete

payload, complete = stream({"do": "write", "text": "begun"}, {"do": "fail", "type": "OutOfTea"})
assert (payload, complete["ErrorCode"]) == (b"begun", "Unhandled"), (payload, complete)
assert json.loads(complete["ErrorDetails"])["errorType"] == "OutOfTea", complete

payload, complete = stream({"do": "write", "text": "begun"}, {"do": "spin"}, name=NAME + "-brief")
assert (payload, complete["ErrorCode"]) == (b"begun", "Sandbox.Timedout"), (payload, complete)

reply = aws.invoke_with_response_stream(FunctionName=NAME + "-echo", Payload=b'{"a":1}')
assert ended(reply["EventStream"]) == (b'{"a":1}', {})

reply = aws.invoke_with_response_stream(FunctionName=NAME, InvocationType="DryRun")
assert reply["StatusCode"] == 204, reply

try:
    aws.invoke_with_response_stream(FunctionName="boto3-none")
except aws.exceptions.ResourceNotFoundException as error:
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404, error.response
else:
    raise AssertionError("a missing function was invoked")

try:
    aws.invoke_with_response_stream(FunctionName=NAME, Payload=b"{")
except ClientError as error:
    assert error.response["Error"]["Code"] == "InvalidRequestContentException", error.response
else:
    raise AssertionError("an event that is no JSON was taken")

for name in (NAME, NAME + "-brief", NAME + "-echo"):
    aws.delete_function(FunctionName=name)
