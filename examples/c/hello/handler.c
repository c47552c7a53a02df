// Greets who is named.

#include "name.h"

#include <sparkler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void sleep_ms(long pause) {
  struct timespec time = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000};
  nanosleep(&time, NULL);
}

void sparkler_handle(sparkler_bytes event, const sparkler_context *context) {
  const char *pause = member(event.data, "sleep_ms");
  char *name = text_member(event.data, "name");
  printf("greeting \"%s\", %llu ms before the deadline\n", name ? name : "",
         (unsigned long long)sparkler_remaining_ms(context));
  if (pause) {
    sleep_ms(strtol(pause, NULL, 10));
  }
  if (!name || !*name) {
    sparkler_fail("EmptyName",
                  "There is nobody to greet: `name` is empty. Send one, such as {\"name\": \"Ada\"}.");
  } else {
    // What the event's text escapes stays escaped, so the answer is JSON as well.
    size_t size = strlen(name) + sizeof "{\"message\":\"Hello, !\"}";
    char *answer = malloc(size);
    if (!answer) {
      abort();
    }
    snprintf(answer, size, "{\"message\":\"Hello, %s!\"}", name);
    sparkler_answer_text(answer);
    free(answer);
  }
  free(name);
}
