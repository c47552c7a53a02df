// Fails in the ways in which a function can, as its event says.

#include <sparkler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is(sparkler_bytes event, const char *how) { return strstr(event.data, how) != NULL; }

__attribute__((noinline)) static void sell(const char *item) {
  char message[64];
  snprintf(message, sizeof message, "No %s is left.", item);
  sparkler_fail("SoldOut", message);
}

// A check of a mistake: the process ends here.
__attribute__((noinline)) static void give_up(void) {
  fprintf(stderr, "the stock is damaged\n");
  abort();
}

// Uses up the stack.
__attribute__((noinline)) static int recurse(int depth) {
  volatile char room[256];
  room[0] = (char)depth;
  return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

void sparkler_handle(sparkler_bytes event, const sparkler_context *context) {
  (void)context;
  if (is(event, "\"error\"")) {
    // An error with a type of one's own.
    sell("apple");
  } else if (is(event, "\"abort\"")) {
    give_up();
  } else if (is(event, "\"exit\"")) {
    exit(3);
  } else if (is(event, "\"recursion\"")) {
    printf("%d\n", recurse(1));
  } else if (is(event, "\"loop\"")) {
    for (volatile int forever = 1; forever;) {
    }
  } else if (is(event, "\"answer\"")) {
    // An answer that is no JSON.
    sparkler_answer_text("{");
  }
  // "none": no answer, which is null.
}
