"""Created, waited for, invoked, changed, deleted."""
import json
import urllib.request

from lambda_client import BEHAVIOURS, ECHO, client, create, report_of, tail_of

NAME = "boto3-life"
aws = client()
made = create(aws, NAME, ECHO, MemorySize=256, Timeout=5, Tags={"team": "blue"})
assert made["ResponseMetadata"]["HTTPStatusCode"] == 201, made
assert made["State"] in ("Pending", "Active"), made

found = aws.get_function(FunctionName=NAME)
assert found["Configuration"]["State"] == "Active", found
assert found["Configuration"]["MemorySize"] == 256, found
assert found["Tags"] == {"team": "blue"}, found
with urllib.request.urlopen(found["Code"]["Location"]) as download:
    assert download.read() == ECHO, "another package came back"

event = {"greeting": "größer 🎆"}
reply = aws.invoke(FunctionName=NAME, Payload=json.dumps(event), LogType="Tail")
assert reply["StatusCode"] == 200 and "FunctionError" not in reply, reply
assert json.load(reply["Payload"]) == event
assert reply["ExecutedVersion"] == "$LATEST", reply
report = report_of(reply)
assert report["id"] == reply["ResponseMetadata"]["RequestId"], report
assert report["size"] == "256" and report["status"] is None, report
assert tail_of(reply).startswith(f"START RequestId: {report['id']} Version: $LATEST\n")

dry = aws.invoke(FunctionName=NAME, InvocationType="DryRun", Payload=b"{}")
assert dry["StatusCode"] == 204, dry

updated = aws.update_function_code(FunctionName=NAME, ZipFile=BEHAVIOURS)
aws.get_waiter("function_updated_v2").wait(FunctionName=NAME)
assert updated["CodeSha256"] != made["CodeSha256"], updated
assert updated["RevisionId"] != made["RevisionId"], updated

aws.update_function_configuration(
    FunctionName=NAME, Timeout=7, Environment={"Variables": {"COLOUR": "ultramarine"}})
aws.get_waiter("function_updated_v2").wait(FunctionName=NAME)
settings = aws.get_function_configuration(FunctionName=NAME)
assert (settings["Timeout"], settings["MemorySize"]) == (7, 256), settings
reply = aws.invoke(FunctionName=NAME, Payload=json.dumps({"do": "environment"}))
assert json.load(reply["Payload"])["COLOUR"] == "ultramarine"

aws.delete_function(FunctionName=NAME)
try:
    aws.get_function(FunctionName=NAME)
    raise AssertionError("a deleted function was found")
except aws.exceptions.ResourceNotFoundException:
    pass
