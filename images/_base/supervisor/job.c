/* Reads one job: the frames that say what to run. */

#include "supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_WORDS (256 << 10)

struct job job;

/* Takes a list of words, each followed by a NUL. */
static void words(char *into[], const char *data, size_t size)
{
    size_t count = 0;
    if (into[0] || size > MAX_WORDS || (size && data[size - 1]))
        fail("a list of words is doubled, too long or not ended");
    char *copy = malloc(size + 1);
    if (!copy)
        fail("out of memory");
    memcpy(copy, data, size);
    for (char *word = copy; word < copy + size; word += strlen(word) + 1) {
        if (count == MAX_ARGV - 1)
            fail("a list has more than %d words", MAX_ARGV - 1);
        into[count++] = word;
    }
    into[count] = NULL;
}

/* Takes a piece of the program's standard input. */
static void input(const char *data, size_t size)
{
    static off_t place; /* the descriptor's own offset stays at the beginning, where the program starts to read */
    while (size) {
        ssize_t n = pwrite(job.input, data, size, place);
        if (n < 0 && errno != EINTR)
            fail("the standard input could not be kept: %s", strerror(errno));
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        place += n > 0 ? n : 0;
    }
}

static void limits(const char *text)
{
    unsigned long long output;
    if (sscanf(text, "%ld %ld %llu %d", &job.run_ms, &job.compile_ms, &output, &job.pause) != 4)
        fail("the limits are not four numbers");
    job.output_bytes = output;
}

static void require_whole_job(void)
{
    if (!job.run[0] || job.run_ms <= 0 || job.compile_ms <= 0 || !job.output_bytes)
        fail("the job lacks its limits or what to run");
    if (!archive_is_whole())
        fail("the archive ends in the middle of a file");
}

/* Reads one frame. Returns its type; its payload is followed by a NUL. */
static char read_frame(char *payload, size_t *size)
{
    unsigned char head[5];
    read_whole(head, sizeof head);
    *size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (*size > MAX_FRAME)
        fail("a frame is longer than %d bytes", MAX_FRAME);
    read_whole(payload, *size);
    payload[*size] = 0;
    return (char)head[0];
}

/* Reads frames until the job is complete. */
void receive(void)
{
    char *payload = malloc(MAX_FRAME + 1), type;
    size_t size;
    if (!payload)
        fail("out of memory");
    while ((type = read_frame(payload, &size)) != 'G')
        switch (type) {
        case 'L': limits(payload); break;
        case 'E': words(job.environment, payload, size); break;
        case 'A':
            words(job.ahead, payload, size);
            start_ahead();
            break;
        case 'C': words(job.compile, payload, size); break;
        case 'R': words(job.run, payload, size); break;
        case 'T': archive_feed((unsigned char *)payload, size); break;
        case 'I': input(payload, size); break;
        default: fail("a frame has an unknown type");
        }
    require_whole_job();
    free(payload);
}

/* Whether the program was given no input. */
int input_is_empty(void)
{
    struct stat given;
    return !fstat(job.input, &given) && !given.st_size;
}

/* Waits until the worker has lowered the limits for the run phase. Nothing of the compile phase is left by now. */
void await_go_on(void)
{
    char *payload = malloc(MAX_FRAME + 1);
    size_t size;
    flush_all();
    if (!payload || read_frame(payload, &size) != 'G')
        fail("the job does not go on");
    free(payload);
}
