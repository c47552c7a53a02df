"""What a handler is told of its invocation, by the names that Lambda gives it."""

import json
import os
import time


class CognitoIdentity:
    """Who called, through Cognito: nobody does here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Client:
    """The app that called, as its client context says."""

    def __init__(self, values):
        self.installation_id = values.get("installation_id")
        self.app_title = values.get("app_title")
        self.app_version_name = values.get("app_version_name")
        self.app_version_code = values.get("app_version_code")
        self.app_package_name = values.get("app_package_name")


class ClientContext:
    """What the caller says of itself."""

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None


class Context:
    """The second argument of a handler."""

    def __init__(self, call):
        self.aws_request_id = call.request_id
        self.invoked_function_arn = call.invoked_function_arn
        self.function_version = call.function_version
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.tenant_id = call.tenant_id
        self.identity = CognitoIdentity()
        self.client_context = _client_context(call.client_context)
        self._deadline_ms = call.deadline_ms

    def get_remaining_time_in_millis(self):
        """Milliseconds until the invocation is stopped."""
        return max(self._deadline_ms - time.time_ns() // 1_000_000, 0)

    def log(self, message):
        """Writes to the function's log."""
        print(message, end="" if str(message).endswith("\n") else "\n")

    def __repr__(self):
        members = ",".join(f"{name}={value}" for name, value in vars(self).items())
        return f"LambdaContext([{members}])"


def _client_context(text):
    values = json.loads(text) if text else None
    return ClientContext(values) if isinstance(values, dict) else None
