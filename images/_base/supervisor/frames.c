/* The conversation with the worker: frames on standard input and output. */

#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef FIRST_SIGN_MS
#define FIRST_SIGN_MS 60000 /* after the hello; the worker sends the environment at once */
#endif

/* Bytes that the pipe to the worker has not taken yet. */
static char *waiting;
static size_t waiting_size, waiting_room;
/* Where the last frame of output begins there, if more of the same stream may be added to it. */
static size_t last_output;
static int may_grow;

uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The worker is gone, or cannot be reached. The kernel kills everything in the container with process 1. */
void die(void)
{
    _exit(70);
}

/* Writes as much as the pipe takes now. */
void flush_some(void)
{
    size_t done = 0;
    while (done < waiting_size) {
        ssize_t n = write(1, waiting + done, waiting_size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die();
        done += (size_t)n;
    }
    memmove(waiting, waiting + done, waiting_size - done);
    waiting_size -= done;
    may_grow = may_grow && last_output >= done;
    last_output -= done;
}

void put(const void *data, size_t size)
{
    if (waiting_size + size > waiting_room) {
        waiting_room = waiting_size + size + CHUNK;
        waiting = realloc(waiting, waiting_room);
        if (!waiting)
            die();
    }
    memcpy(waiting + waiting_size, data, size);
    waiting_size += size;
}

void put_head(char type, size_t size)
{
    may_grow = 0;
    unsigned char head[5] = {(unsigned char)type, (unsigned char)(size >> 24), (unsigned char)(size >> 16),
                             (unsigned char)(size >> 8), (unsigned char)size};
    put(head, sizeof head);
}

/* Puts a piece of output that was written at that moment of its phase. What is not sent yet of the same stream becomes
 * one frame with it. */
void put_output(char type, uint64_t moment, const void *data, size_t size)
{
    unsigned char stamp[8];
    size_t before = waiting_size - last_output - 5;
    if (may_grow && waiting[last_output] == type && before + size <= CHUNK) {
        for (int i = 0; i < 4; i++)
            waiting[last_output + 1 + i] = (char)((before + size) >> (24 - 8 * i));
    } else {
        size_t place = waiting_size;
        for (int i = 0; i < 8; i++)
            stamp[i] = (unsigned char)(moment >> (56 - 8 * i));
        put_head(type, sizeof stamp + size);
        put(stamp, sizeof stamp);
        last_output = place;
        may_grow = 1;
    }
    put(data, size);
}

void tell(char type, const char *text)
{
    put_head(type, strlen(text));
    put(text, strlen(text));
    flush_some();
}

/* Returns when everything is written; dies if the worker is gone. */
void flush_all(void)
{
    for (flush_some(); waiting_size; flush_some()) {
        struct pollfd fds[2] = {{.fd = 1, .events = POLLOUT}, {.fd = 0, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die();
        char rest[512];
        if (fds[1].revents && read(0, rest, sizeof rest) <= 0)
            die();
    }
}

/* Reports a sentence instead of how the job ended, and exits. */
void fail(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tell('f', text);
    flush_all();
    _exit(1);
}

void read_whole(void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(0, (char *)buffer + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die();
        done += (size_t)n;
    }
}

/* Dies if the worker sends nothing. If the engine is killed while it starts us, it may not have opened the other end of
 * standard input yet. Then nobody ever closes that end. */
void expect_first_sign(void)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll(&in, 1, FIRST_SIGN_MS) <= 0)
        die();
}

/* How many bytes the pipe to the worker has not taken yet. */
size_t backlog(void)
{
    return waiting_size;
}
