// Stands between `sparkler_handle` and the host: the canonical ABI of `sparkler:function/handler`, by hand.
//
// The host passes one pointer to a struct that it has laid out in this memory, since the parameters are too
// many to be passed one by one, and is given a pointer to another. Both have the layout that C gives the
// structs below: the ABI aligns each member as C does on wasm32.

#include "sparkler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  char *data;
  size_t length;
} buffer;

typedef struct {
  uint8_t is_some;
  buffer value;
} optional_buffer;

typedef struct {
  buffer event;
  buffer request_id;
  buffer invoked_function_arn;
  buffer function_version;
  uint64_t deadline_ms;
  optional_buffer trace_id;
  optional_buffer client_context;
  optional_buffer tenant_id;
} parameters;

typedef struct {
  uint8_t is_error;
  union {
    buffer answer;
    struct {
      buffer type;
      buffer message;
      struct {
        buffer *frames;
        size_t count;
      } stack_trace;
    } error;
  };
} outcome;

_Static_assert(sizeof(parameters) == 80 && sizeof(outcome) == 28, "the layout of the canonical ABI");

// Of the invocation that runs; there is one at a time.
static outcome current;
static buffer frame;

static void *allocated(size_t size) {
  void *place = malloc(size);
  if (!place) {
    fputs("out of memory\n", stderr);
    abort();
  }
  return place;
}

static buffer copied(const void *data, size_t length) {
  buffer copy = {allocated(length + 1), length};
  if (length > 0) {
    memcpy(copy.data, data, length);
  }
  copy.data[length] = 0;
  return copy;
}

static void release(void) {
  if (current.is_error) {
    free(current.error.type.data);
    free(current.error.message.data);
    free(frame.data);
  } else {
    free(current.answer.data);
  }
  memset(&current, 0, sizeof current);
  memset(&frame, 0, sizeof frame);
}

// The host allocates here what it passes. One byte more and a NUL in it make strings of C.
__attribute__((export_name("cabi_realloc"))) void *
sparkler_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
  (void)old_size;
  (void)alignment; // malloc aligns for everything that the contract passes.
  char *place = realloc(old, size + 1);
  if (!place) {
    fputs("out of memory\n", stderr);
    abort();
  }
  place[size] = 0;
  return place;
}

static const char *or_null(optional_buffer text) { return text.is_some ? text.value.data : NULL; }

static void free_optional(optional_buffer text) {
  if (text.is_some) {
    free(text.value.data);
  }
}

__attribute__((export_name("sparkler:function/handler@0.1.0#handle"))) outcome *
sparkler_export_handle(parameters *given) {
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  sparkler_context context = {
      .request_id = given->request_id.data,
      .invoked_function_arn = given->invoked_function_arn.data,
      .function_version = given->function_version.data,
      .deadline_ms = given->deadline_ms,
      .trace_id = or_null(given->trace_id),
      .client_context = or_null(given->client_context),
      .tenant_id = or_null(given->tenant_id),
  };
  sparkler_bytes event = {given->event.data, given->event.length};
  sparkler_handle(event, &context);
  fflush(stdout);
  if (!current.is_error && !current.answer.data) {
    sparkler_answer_text("null");
  }
  free(given->event.data);
  free(given->request_id.data);
  free(given->invoked_function_arn.data);
  free(given->function_version.data);
  free_optional(given->trace_id);
  free_optional(given->client_context);
  free_optional(given->tenant_id);
  free(given);
  return &current;
}

// The host calls this when it has read the outcome.
__attribute__((export_name("cabi_post_sparkler:function/handler@0.1.0#handle"))) void
sparkler_post_handle(outcome *given) {
  (void)given;
  release();
}

void sparkler_answer(const void *json, size_t length) {
  if (!current.is_error) {
    buffer answer = copied(json, length);
    free(current.answer.data);
    current.answer = answer;
  }
}

void sparkler_answer_text(const char *json) { sparkler_answer(json, strlen(json)); }

void sparkler_fail_at(const char *type, const char *message, const char *function, const char *file, int line) {
  buffer type_copy = copied(type, strlen(type));
  buffer message_copy = copied(message, strlen(message));
  int length = snprintf(NULL, 0, "at %s (%s:%d)", function, file, line);
  buffer place = {allocated((size_t)length + 1), (size_t)length};
  snprintf(place.data, place.length + 1, "at %s (%s:%d)", function, file, line);
  release();
  frame = place;
  current.is_error = 1;
  current.error.type = type_copy;
  current.error.message = message_copy;
  current.error.stack_trace.frames = &frame;
  current.error.stack_trace.count = 1;
}

uint64_t sparkler_remaining_ms(const sparkler_context *context) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  return now_ms < context->deadline_ms ? context->deadline_ms - now_ms : 0;
}
