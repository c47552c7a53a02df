"""However a function fails, the call succeeds and says how."""
import json

from lambda_client import BEHAVIOURS, client, create, report_of

NAME = "boto3-failures"
aws = client()
create(aws, NAME, BEHAVIOURS, MemorySize=128, Timeout=1)


def fail(**event):
    reply = aws.invoke(FunctionName=NAME, Payload=json.dumps(event), LogType="Tail")
    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled"), reply
    assert reply["ExecutedVersion"] == "$LATEST", reply
    return json.load(reply["Payload"]), report_of(reply)


error, _ = fail(do="fail", type="OutOfTea", message="There is no tea.")
assert (error["errorType"], error["errorMessage"]) == ("OutOfTea", "There is no tea."), error

error, _ = fail(do="panic", message="the kettle is dry")
assert "the kettle is dry" in error["errorMessage"], error

error, report = fail(do="exit", code=3)
assert error["errorType"] == report["error"] == "Runtime.ExitError", (error, report)
assert error["errorMessage"].endswith("Runtime exited with error: exit status 1"), error

error, report = fail(do="allocate", mb=600)
assert error["errorType"] == "Runtime.OutOfMemory", error
assert report["status"] == "error", report

error, report = fail(do="spin")
assert error["errorType"] == "Sandbox.Timedout", error
assert error["errorMessage"].endswith("Task timed out after 1.00 seconds"), error
assert (report["status"], report["duration"], report["billed"]) == ("timeout", "1000.00", "1000"), report

error, report = fail(do="sleep", ms=60_000)
assert error["errorType"] == "Sandbox.Timedout", error
aws.delete_function(FunctionName=NAME)
