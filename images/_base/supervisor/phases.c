/* Runs the program of one phase: enforces its time, watches the space that it uses, and kills what is left of it. */

#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_US 20000 /* between two checks of the writable space */
#define REAPED 256    /* in one turn: a program that leaves orphans for ever must not keep us from the clock */

static int children_fd = -1; /* a signalfd that reports ended children */

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
static void check_space(struct phase *phase)
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

static void begin(struct phase *phase, char *argv[], long limit_ms)
{
    tell('p', phase->name == 'c' ? "c" : "r");
    phase->begun = now_us();
    phase->deadline = phase->begun + (uint64_t)limit_ms * 1000;
    phase->next_check = phase->begun + TICK_US;
    struct program program = start(phase->name, argv);
    phase->main = program.pid;
    phase->exec_error = program.exec_error;
    phase->listener = program.listener;
    phase->ordered = program.listener >= 0;
    output_open(phase, &program);
}

/* Polls `fds` until something happens, but not beyond the moment `wake`. */
static void poll_until(struct pollfd *fds, nfds_t count, uint64_t now, uint64_t wake)
{
    struct timespec pause = {0};
    if (wake > now)
        pause = (struct timespec){(time_t)((wake - now) / 1000000), (long)((wake - now) % 1000000 * 1000)};
    if (ppoll(fds, count, &pause, NULL) < 0 && errno != EINTR)
        die();
}

/* Waits for output, for an ended child, for the worker or for the next check, and handles what has come. */
static void handle_events(struct phase *phase)
{
    uint64_t now = now_us(), wake = phase->next_check < phase->deadline ? phase->next_check : phase->deadline;
    int gathering = now < phase->next_flush && backlog() < CHUNK;
    struct pollfd fds[6] = {{.fd = children_fd, .events = POLLIN},
                            {.fd = 0, .events = POLLIN},
                            {.fd = backlog() && !gathering ? 1 : -1, .events = POLLOUT}};
    if (backlog() && gathering && phase->next_flush < wake)
        wake = phase->next_flush;
    wake = output_to_poll(phase, fds + 3, now, wake);
    poll_until(fds, 6, now, wake);
    char rest[512];
    if (fds[1].revents && read(0, rest, sizeof rest) <= 0)
        die(); /* the worker is gone */
    output_read(phase, fds + 3);
    if (!gathering || backlog() >= CHUNK || now_us() >= phase->next_flush) {
        flush_some();
        phase->next_flush = fds[5].revents ? now + QUIET_US : 0;
    }
    /* One read only: a program can send signals faster than we read them. */
    struct signalfd_siginfo info;
    if (fds[0].revents && read(children_fd, &info, sizeof info) < 0 && errno != EAGAIN)
        die();
    reap(phase, WNOHANG);
}

static void check_limits(struct phase *phase)
{
    uint64_t now = now_us();
    if (now >= phase->next_check) {
        check_space(phase);
        phase->next_check = now + TICK_US;
    }
    if (phase->main && now >= phase->deadline && phase->stop == STOP_NONE)
        phase->stop = STOP_TIME;
}

void run_phase(struct phase *phase, char *argv[], long limit_ms)
{
    begin(phase, argv, limit_ms);
    while (phase->main && phase->stop == STOP_NONE) {
        handle_events(phase);
        check_limits(phase);
    }
    check_space(phase);
    if (phase->main)
        phase->ended = now_us();
    kill_all(phase);
    output_drain(phase);
}
