// Waits for its stdin as programs do that have more to wait for, and answers in capitals.
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char event[8 * 1024 * 1024];
    size_t length = 0;
    for (;;) {
        struct pollfd stdin_ready = {.fd = 0, .events = POLLIN};
        if (poll(&stdin_ready, 1, -1) != 1) {
            perror("poll");
            return 2;
        }
        ssize_t more = read(0, event + length, sizeof event - length);
        if (more < 0) {
            perror("read");
            return 3;
        }
        if (more == 0) {
            break;
        }
        length += (size_t)more;
    }
    fprintf(stderr, "%s read %zu bytes\n", argc == 1 ? argv[0] : "?", length);
    if (length >= 6 && memcmp(event, "\"fail\"", 6) == 0) {
        exit(4);
    }
    for (size_t i = 0; i < length; i++) {
        event[i] = (char)toupper((unsigned char)event[i]);
    }
    return fwrite(event, 1, length, stdout) == length ? 0 : 5;
}
