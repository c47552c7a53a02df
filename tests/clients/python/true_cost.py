"""Memory and time in the report are what the guest really took."""
import json

from lambda_client import BEHAVIOURS, client, create, report_of

NAME = "boto3-cost"
aws = client()
create(aws, NAME, BEHAVIOURS, MemorySize=256, Timeout=30)


def run(**event):
    reply = aws.invoke(FunctionName=NAME, Payload=json.dumps(event), LogType="Tail")
    assert "FunctionError" not in reply, reply["Payload"].read()
    return report_of(reply)


little, much = run(do="remember"), run(do="allocate", mb=64)
grown = int(much["used"]) - int(little["used"])
assert 60 <= grown <= 70, f"64 MB more showed as {grown} MB more"

slept = run(do="sleep", ms=300)
assert float(slept["duration"]) >= 300, slept[0]
assert int(slept["billed"]) >= 300, slept[0]
aws.delete_function(FunctionName=NAME)
