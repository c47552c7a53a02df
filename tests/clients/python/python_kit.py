"""Functions in Python and in Rust answer the same to boto3."""
import json
import sys
from pathlib import Path

from lambda_client import ECHO, client, create

aws = client()
create(aws, "echo-rust", ECHO, MemorySize=128)
create(aws, "echo-python", Path(sys.argv[3]).read_bytes(), MemorySize=128, Timeout=30)


def invoke(name, payload):
    reply = aws.invoke(FunctionName=name, Payload=payload, LogType="Tail")
    return reply["StatusCode"], reply.get("FunctionError"), json.load(reply["Payload"])


for event in ["{}", "null", '"grüße, 你好"', "[1, 2.5, true]", '{"a": {"b": ["\\u00fc"]}}']:
    rust, python = (invoke(name, event.encode()) for name in ("echo-rust", "echo-python"))
    assert rust == python == (200, None, json.loads(event)), (event, rust, python)

large = json.dumps("x" * (6 * 1024 * 1024 - 2))
assert invoke("echo-python", large) == (200, None, json.loads(large))

for name in ("echo-rust", "echo-python"):
    try:
        aws.invoke(FunctionName=name, Payload=b"{no json")
    except aws.exceptions.InvalidRequestContentException as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error
    else:
        raise AssertionError(f"{name} took what is no JSON")
    aws.delete_function(FunctionName=name)
