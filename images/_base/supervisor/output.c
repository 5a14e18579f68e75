/* What the program writes: read from its two pipes, cut at the limit, and passed on to the worker. */

#include "supervisor.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BACKLOG (1 << 20) /* while this much waits for the worker, we do not read the program's pipes */

/* A terminal makes a program wait until it takes what was written. Runtimes that write to a pipe in the background do not
 * wait, and lose at an early exit what the pipe has no room for. So it gets as much room as Linux gives without rights. */
#define ROOMY (1 << 20)

/* So often we stop the program to keep the order. Each time makes a frame and an event: a program that changes the
 * stream with every byte would make as many as it writes bytes. Beyond that the order blurs. */
#define ORDERED 50000

uint64_t output_left;
int truncated;
static long order_left = ORDERED;

void output_open(struct phase *phase, const struct program *program)
{
    for (int i = 0; i < 2; i++) {
        fcntl(program->output[i], F_SETPIPE_SZ, ROOMY); /* if not, it has less room */
        phase->ends[i] = (struct pipe_end){.fd = program->output[i], .type = "oe"[i]};
    }
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

/* Passes a piece on. */
static void pass_on(struct phase *phase, struct pipe_end *end, const char *data, size_t size)
{
    uint64_t moment = now_us();
    end->next = size < CHUNK ? moment + QUIET_US : 0;
    size_t keep = within_limit(phase, size);
    if (keep)
        put_output(end->type, moment - phase->begun, data, keep);
}

/* Reads one piece and passes it on; returns what read() returns. */
static ssize_t read_piece(struct phase *phase, struct pipe_end *end)
{
    static char data[CHUNK];
    ssize_t n = read(end->fd, data, sizeof data);
    if (n > 0)
        pass_on(phase, end, data, (size_t)n);
    return n;
}

/* How many bytes a pipe holds at this moment. */
static long held(const struct pipe_end *end)
{
    int size;
    return end->fd >= 0 && !ioctl(end->fd, FIONREAD, &size) ? size : 0;
}

/* Reads what a pipe held a moment ago, but not what a program adds meanwhile, or we would never be done. */
static void read_held(struct phase *phase, struct pipe_end *end, long size)
{
    for (ssize_t n; size > 0 && (n = read_piece(phase, end)) > 0;)
        size -= n;
}

/* Reads what is in both pipes, and passes on standard error before standard output.
 *
 * That is the order in which it was written. Whenever the program is about to write to standard error while standard
 * output holds something, it waits for us (listener.c), and we come here. So what standard error holds is older than
 * what standard output holds. Standard output is read first all the same: the program may write to both between our two
 * reads, and what we would find then in standard output alone would pass what was written before it. */
static void read_in_order(struct phase *phase)
{
    static char first[CHUNK];
    struct pipe_end *out = &phase->ends[0];
    long size = held(out);
    ssize_t n = read(out->fd, first, sizeof first);
    read_held(phase, &phase->ends[1], held(&phase->ends[1]));
    if (n > 0) {
        pass_on(phase, out, first, (size_t)n);
        read_held(phase, out, size - n);
    }
}

/* The program waits to write to standard error. What that holds already may go on gathering if it is all there is. */
void output_in_order(struct phase *phase)
{
    if (order_left && held(&phase->ends[0])) {
        order_left--;
        read_in_order(phase);
    }
}

/* Fills in what to poll now: the pipes and the listener. Returns `wake`, or the moment to read a quiet pipe again if
 * that is earlier. */
uint64_t output_to_poll(const struct phase *phase, struct pollfd fds[3], uint64_t now, uint64_t wake)
{
    int behind = backlog() >= BACKLOG;
    for (int i = 0; i < 2; i++) {
        const struct pipe_end *end = &phase->ends[i];
        int wanted = end->fd >= 0 && !behind;
        fds[i] = (struct pollfd){.fd = wanted && now >= end->next ? end->fd : -1, .events = POLLIN};
        if (wanted && now < end->next && end->next < wake)
            wake = end->next;
    }
    fds[2] = (struct pollfd){.fd = behind ? -1 : phase->listener, .events = POLLIN};
    return wake;
}

/* Reads a pipe that poll() found ready. */
static void read_ready(struct phase *phase, struct pipe_end *end)
{
    if (read_piece(phase, end) == 0) {
        close(end->fd);
        end->fd = -1; /* the program has closed it, and may go on working */
    }
}

/* Reads what poll() found ready, and answers the listener. */
void output_read(struct phase *phase, const struct pollfd fds[3])
{
    if (fds[0].revents && phase->ordered && held(&phase->ends[0]))
        read_in_order(phase);
    else if (fds[0].revents)
        read_ready(phase, &phase->ends[0]);
    if (fds[1].revents)
        read_ready(phase, &phase->ends[1]);
    if (fds[2].revents)
        listener_answer(phase, fds[2].revents);
}

/* Passes on what is still in the pipes, and closes them. No process is left that could write more. */
void output_drain(struct phase *phase)
{
    for (int i = 0; i < 2; i++) {
        struct pipe_end *end = &phase->ends[phase->ordered ? !i : i];
        while (end->fd >= 0 && read_piece(phase, end) > 0)
            ;
        if (end->fd >= 0)
            close(end->fd);
    }
    if (phase->listener >= 0)
        close(phase->listener);
    flush_some();
}
