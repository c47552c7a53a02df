"""The paginator reads every function once."""
from lambda_client import ECHO, client, create

aws = client()
names = [f"boto3-page-{number}" for number in range(5)]
for name in names:
    create(aws, name, ECHO)

pages = list(aws.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
listed = [function["FunctionName"] for page in pages for function in page["Functions"]]
assert all(len(page["Functions"]) <= 2 for page in pages), pages
assert [name for name in listed if name in names] == names, listed
assert len(listed) == len(set(listed)), listed
for name in names:
    aws.delete_function(FunctionName=name)
