// Writes to its log, and tells what it knows of its invocation.

#include <sparkler.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char answer[4096];
static size_t length;

static void say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  length += (size_t)vsnprintf(answer + length, sizeof answer - length, format, arguments);
  va_end(arguments);
}

static void text(const char *name, const char *value) {
  say(value ? "\"%s\":\"%s\"," : "\"%s\":null,", name, value);
}

// JSON, as it is; absent ones are null.
static void json(const char *name, const char *value) { say("\"%s\":%s,", name, value ? value : "null"); }

void sparkler_handle(sparkler_bytes event, const sparkler_context *context) {
  (void)event;
  printf("to stdout: grüße, 世界\n");
  fprintf(stderr, "to stderr: { attempt: %d }\n", 1);
  printf("several\nlines\n");
  length = 0;
  say("{");
  text("awsRequestId", context->request_id);
  text("functionName", getenv("AWS_LAMBDA_FUNCTION_NAME"));
  text("functionVersion", context->function_version);
  text("invokedFunctionArn", context->invoked_function_arn);
  text("memoryLimitInMB", getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
  text("logGroupName", getenv("AWS_LAMBDA_LOG_GROUP_NAME"));
  text("logStreamName", getenv("AWS_LAMBDA_LOG_STREAM_NAME"));
  json("clientContext", context->client_context);
  text("tenantId", context->tenant_id);
  json("hasTimeLeft", sparkler_remaining_ms(context) > 0 ? "true" : "false");
  text("region", getenv("AWS_REGION"));
  text("greeting", getenv("GREETING"));
  length -= 1; // the last comma
  say("}");
  sparkler_answer(answer, length);
}
