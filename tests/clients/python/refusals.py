"""Calls that are refused arrive as the exceptions that boto3 knows."""
from botocore.exceptions import ClientError
from lambda_client import ECHO, client, create

NAME = "boto3-refusals"
aws = client()
create(aws, NAME, ECHO)


def refused(exception, call, **arguments):
    try:
        call(**arguments)
    except exception as error:
        return error.response
    raise AssertionError(f"{call.__name__} {arguments} was not refused")


missing = refused(aws.exceptions.ResourceNotFoundException, aws.invoke, FunctionName="nope")
assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404, missing
assert missing["Error"]["Message"].endswith("function:nope:$LATEST"), missing
assert missing["Type"] == "User", missing

refused(aws.exceptions.ResourceConflictException, create, aws=aws, name=NAME, code=ECHO)
refused(aws.exceptions.InvalidRequestContentException, aws.invoke, FunctionName=NAME, Payload=b"{")
refused(aws.exceptions.InvalidParameterValueException, create, aws=aws, name="not-a-zip", code=b"text")

large = refused(ClientError, aws.invoke, FunctionName=NAME, Payload=b"1" * (6 * 1024 * 1024 + 1))
assert large["Error"]["Code"] == "RequestEntityTooLargeException", large
odd = refused(ClientError, aws.get_function, FunctionName="no blanks")
assert odd["Error"]["Code"] == "ValidationException", odd
aws.delete_function(FunctionName=NAME)
