/* Runs the program of one phase: passes on what it writes, enforces its time and its output, and kills what is left. */

#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET_US 10000    /* after a small piece of output we wait so long for more: small writes become one frame */
#define TICK_US 20000     /* between two checks of the writable space */
#define REAPED 256        /* in one turn: a program that leaves orphans for ever must not keep us from the clock */
#define BACKLOG (1 << 20) /* while so much waits for the worker to read, we do not read the program's pipes */

uint64_t output_left;
int truncated;

static int children_fd = -1; /* a signalfd that tells of ended children */

/* Blocks all signals, and has ended children reported through a descriptor. */
void watch_children(void)
{
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

struct pipe_end {
    int fd;
    char type;
    uint64_t next; /* it is not read before this moment */
};

/* Waits for children that have ended: until none is left, or with WNOHANG for at most REAPED. */
static void reap(struct phase *phase, int flags)
{
    struct rusage used;
    int status, left = REAPED;
    pid_t pid;
    while ((!(flags & WNOHANG) || left--) &&
           ((pid = wait4(-1, &status, flags, &used)) > 0 || (pid < 0 && errno == EINTR))) {
        if (pid < 0)
            continue;
        if (used.ru_maxrss > phase->max_rss_kib)
            phase->max_rss_kib = used.ru_maxrss;
        if (pid == phase->main) {
            phase->main = 0;
            phase->status = status;
            phase->ended = now_us();
        }
    }
}

/* Kills everything but process 1, whatever its session, group or parent. Returns when nothing is left. */
static void kill_all(struct phase *phase)
{
    do {
        errno = 0;
        kill(-1, SIGKILL);
        /* gVisor does not kill processes that are being made at that moment, so we repeat until none is left. */
        reap(phase, user ? WNOHANG : 0);
    } while (errno != ECHILD);
}

/* Remembers what is full at this moment, and how much memory is used. */
static void look_at_space(struct phase *phase)
{
    /* /tmp is a link into the first place, except in gVisor: one bit for both. */
    static const char *const places[] = {ROOM, SHARED, "/tmp"};
    for (size_t i = 0; i < 3; i++) {
        struct statvfs space;
        if (statvfs(places[i], &space) || !space.f_blocks)
            continue;
        phase->disk_full |= !space.f_bavail << (i & 1);
        phase->files_full |= (space.f_files && !space.f_ffree) << (i & 1);
    }
    phase->processes_full |= processes_full();
    long long memory = memory_now();
    if (memory > phase->memory_seen)
        phase->memory_seen = memory;
}

/* Passes on what one read gives; returns what read() does. */
static ssize_t pass_on(struct phase *phase, struct pipe_end *end)
{
    static char data[CHUNK];
    ssize_t n = read(end->fd, data, sizeof data);
    if (n <= 0)
        return n;
    uint64_t moment = now_us();
    end->next = n < CHUNK ? moment + QUIET_US : 0;
    size_t keep = (uint64_t)n <= output_left ? (size_t)n : (size_t)output_left;
    if (keep < (size_t)n) {
        truncated = 1;
        if (phase->stop == STOP_NONE)
            phase->stop = STOP_OUTPUT;
    }
    output_left -= keep;
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

void run_phase(struct phase *phase, char *argv[], long limit_ms)
{
    struct pipe_end ends[2];
    tell('p', phase->name == 'c' ? "c" : "r");
    phase->begun = now_us();
    struct program program = start(phase->name, argv);
    phase->main = program.pid;
    phase->exec_error = program.exec_error;
    for (int i = 0; i < 2; i++)
        ends[i] = (struct pipe_end){.fd = program.output[i], .type = "oe"[i]};
    uint64_t deadline = phase->begun + (uint64_t)limit_ms * 1000, tick = phase->begun + TICK_US;
    while (phase->main && phase->stop == STOP_NONE) {
        uint64_t now = now_us(), wake = tick < deadline ? tick : deadline;
        struct pollfd fds[5] = {{.fd = children_fd, .events = POLLIN},
                                {.fd = 0, .events = POLLIN},
                                {.fd = backlog() ? 1 : -1, .events = POLLOUT}};
        for (int i = 0; i < 2; i++) {
            int wanted = ends[i].fd >= 0 && backlog() < BACKLOG;
            fds[3 + i] = (struct pollfd){.fd = wanted && now >= ends[i].next ? ends[i].fd : -1, .events = POLLIN};
            if (wanted && now < ends[i].next && ends[i].next < wake)
                wake = ends[i].next;
        }
        struct timespec pause = {0};
        if (wake > now)
            pause = (struct timespec){(time_t)((wake - now) / 1000000), (long)((wake - now) % 1000000 * 1000)};
        if (ppoll(fds, 5, &pause, NULL) < 0 && errno != EINTR)
            die();
        char rest[512];
        if (fds[1].revents && read(0, rest, sizeof rest) <= 0)
            die(); /* the worker is gone */
        for (int i = 0; i < 2; i++)
            if (fds[3 + i].revents && pass_on(phase, &ends[i]) == 0) {
                close(ends[i].fd);
                ends[i].fd = -1; /* the program has closed it, and may go on working */
            }
        flush_some();
        /* One read only: a program can send signals faster than we read them. */
        struct signalfd_siginfo info;
        if (fds[0].revents && read(children_fd, &info, sizeof info) < 0 && errno != EAGAIN)
            die();
        reap(phase, WNOHANG);
        now = now_us();
        if (now >= tick) {
            look_at_space(phase);
            tick = now + TICK_US;
        }
        if (phase->main && now >= deadline && phase->stop == STOP_NONE)
            phase->stop = STOP_TIME;
    }
    look_at_space(phase);
    if (phase->main)
        phase->ended = now_us();
    kill_all(phase);
    for (int i = 0; i < 2; i++) /* what is still in the pipes; nothing is left that could write more */
        while (ends[i].fd >= 0 && pass_on(phase, &ends[i]) > 0)
            ;
    for (int i = 0; i < 2; i++)
        if (ends[i].fd >= 0)
            close(ends[i].fd);
    flush_some();
}
