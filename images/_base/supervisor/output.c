/* What the program writes: read from its two pipes, cut at the limit, and passed on to the worker. */

#include "supervisor.h"

#include <unistd.h>

#define QUIET_US 10000    /* after a small piece of output we wait this long for more: small writes become one frame */
#define BACKLOG (1 << 20) /* while this much waits for the worker, we do not read the program's pipes */

uint64_t output_left;
int truncated;

void output_open(struct phase *phase, const struct program *program)
{
    for (int i = 0; i < 2; i++)
        phase->ends[i] = (struct pipe_end){.fd = program->output[i], .type = "oe"[i]};
}

/* Cuts a piece at the limit; returns how much of it is kept. */
static size_t within_limit(struct phase *phase, size_t size)
{
    size_t keep = size <= output_left ? size : (size_t)output_left;
    if (keep < size) {
        truncated = 1;
        if (phase->stop == STOP_NONE)
            phase->stop = STOP_OUTPUT;
    }
    output_left -= keep;
    return keep;
}

/* Reads one piece and passes it on; returns what read() returns. */
static ssize_t pass_on(struct phase *phase, struct pipe_end *end)
{
    static char data[CHUNK];
    ssize_t n = read(end->fd, data, sizeof data);
    if (n <= 0)
        return n;
    uint64_t moment = now_us();
    end->next = n < CHUNK ? moment + QUIET_US : 0;
    size_t keep = within_limit(phase, (size_t)n);
    if (keep) {
        uint64_t t = moment - phase->begun;
        unsigned char stamp[8];
        for (int i = 0; i < 8; i++)
            stamp[i] = (unsigned char)(t >> (56 - 8 * i));
        put_head(end->type, sizeof stamp + keep);
        put(stamp, sizeof stamp);
        put(data, keep);
    }
    return n;
}

/* Fills in the pipes to poll now. Returns `wake`, or the moment to read a quiet pipe again if that is earlier. */
uint64_t output_to_poll(const struct phase *phase, struct pollfd fds[2], uint64_t now, uint64_t wake)
{
    for (int i = 0; i < 2; i++) {
        const struct pipe_end *end = &phase->ends[i];
        int wanted = end->fd >= 0 && backlog() < BACKLOG;
        fds[i] = (struct pollfd){.fd = wanted && now >= end->next ? end->fd : -1, .events = POLLIN};
        if (wanted && now < end->next && end->next < wake)
            wake = end->next;
    }
    return wake;
}

/* Reads the pipes that poll() found ready. */
void output_read(struct phase *phase, const struct pollfd fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i].revents && pass_on(phase, &phase->ends[i]) == 0) {
            close(phase->ends[i].fd);
            phase->ends[i].fd = -1; /* the program has closed it, and may go on working */
        }
}

/* Passes on what is still in the pipes, and closes them. No process is left that could write more. */
void output_drain(struct phase *phase)
{
    for (int i = 0; i < 2; i++)
        while (phase->ends[i].fd >= 0 && pass_on(phase, &phase->ends[i]) > 0)
            ;
    for (int i = 0; i < 2; i++)
        if (phase->ends[i].fd >= 0)
            close(phase->ends[i].fd);
    flush_some();
}
