#include "name.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *text) { return text + strspn(text, " \t\r\n"); }

// Behind the closing quote of the text that begins at `text`, which is behind its opening one.
static const char *end_of_text(const char *text) {
  while (*text && *text != '"') {
    text += *text == '\\' && text[1] ? 2 : 1;
  }
  return text;
}

const char *member(const char *json, const char *name) {
  size_t length = strlen(name);
  for (const char *at = strchr(json, '"'); at; at = strchr(at, '"')) {
    const char *end = end_of_text(++at);
    const char *colon = *end ? skip_blanks(end + 1) : end;
    if (*colon == ':' && (size_t)(end - at) == length && !strncmp(at, name, length)) {
      return skip_blanks(colon + 1);
    }
    at = *end ? end + 1 : end;
  }
  return NULL;
}

char *text_member(const char *json, const char *name) {
  const char *value = member(json, name);
  if (!value || *value != '"') {
    return NULL;
  }
  return strndup(value + 1, (size_t)(end_of_text(value + 1) - (value + 1)));
}
