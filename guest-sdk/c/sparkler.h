// Sparkler functions in C.
//
// Write `sparkler_handle`; it is called once for each event. What it prints, to stdout or stderr, is the
// function's log. Everything that it is given lives until it returns.
//
//   #include <sparkler.h>
//
//   void sparkler_handle(sparkler_bytes event, const sparkler_context *context) {
//     sparkler_answer(event.data, event.length);
//   }

#ifndef SPARKLER_H
#define SPARKLER_H

#include <stddef.h>
#include <stdint.h>

// Bytes, with a NUL behind them that does not count: JSON text can be read as a string of C.
typedef struct {
  const char *data;
  size_t length;
} sparkler_bytes;

// What differs from one invocation to the next; what the caller did not send is NULL. What is fixed for a
// version of the function is in the environment, as in AWS Lambda: getenv("AWS_LAMBDA_FUNCTION_NAME").
typedef struct {
  const char *request_id;
  const char *invoked_function_arn;
  const char *function_version;
  // When the invocation is stopped, as Unix time in milliseconds.
  uint64_t deadline_ms;
  const char *trace_id;
  const char *client_context;
  const char *tenant_id;
} sparkler_context;

// Yours: handles one event, which is JSON text in UTF-8.
void sparkler_handle(sparkler_bytes event, const sparkler_context *context);

// Answers with JSON text. The bytes are copied; the last answer counts. Without one the answer is `null`.
void sparkler_answer(const void *json, size_t length);

// The same for a string.
void sparkler_answer_text(const char *json);

// Fails with a type that programs can match on and a sentence for people; the place where it is called
// becomes the stack trace. It returns, and so should the caller: whatever is answered does not count then.
#define sparkler_fail(type, message) sparkler_fail_at((type), (message), __func__, __FILE__, __LINE__)

// What `sparkler_fail` calls.
void sparkler_fail_at(const char *type, const char *message, const char *function, const char *file, int line);

// The time that is left to this invocation, in milliseconds; 0 when its deadline has passed.
uint64_t sparkler_remaining_ms(const sparkler_context *context);

#endif
