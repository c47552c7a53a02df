// Answers with the event as it came: the least that a function can do.

#include <sparkler.h>

void sparkler_handle(sparkler_bytes event, const sparkler_context *context) {
  (void)context;
  sparkler_answer(event.data, event.length);
}
