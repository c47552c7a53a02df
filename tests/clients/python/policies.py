"""Decides on policies with the evaluator of ministack: reads cases as JSON from stdin, and writes a word for each."""

import json
import sys

from ministack.core.iam_evaluator import (
    EvalContext, combine_resource_policy, evaluate, parse_policy_document)


def decided(case):
    context = {key.lower(): values[0] if len(values) == 1 else values
               for key, values in case["context"].items()}
    # What is not said is absent, and not empty.
    context.setdefault("aws:tagkeys", None)
    address = context.pop("aws:sourceip", None)
    asked = EvalContext(
        principal_arn=case["principal"], principal_type=case["type"], principal_account=case["account"],
        action=case["action"], resource_arn=case["on"], region="us-east-1", source_ip=address,
        service_context=context, principal_keys=case["keys"])
    policies = [parse_policy_document(policy) for policy in case["identity"]]
    limits = [[parse_policy_document(policy) for policy in kind]
              for kind in (case["boundary"], case["session"]) if kind]
    own = evaluate(asked, policies, *limits)
    owner = case["on"].split(":")[4]
    return combine_resource_policy(own, asked, case["resource"], owner, limits=tuple(limits)).decision


json.dump([decided(case) for case in json.load(sys.stdin)], sys.stdout)
