/* supervisor: process 1 of every sandbox.
 *
 * It waits for one job on standard input, runs the job's phases (compile, run), passes on what they write and tells how
 * they ended on standard output, and ends; with it ends the container. It starts before anything foreign does.
 *
 * Why its report can be believed: it alone holds the container's standard output. The program has pipes. The binary
 * is root's, mode 0711, and the process is not: the kernel does not let a process be traced, read or dumped that
 * executes a file it may not read, so /proc/1 is closed to the program although both have the same user id. Process 1
 * of a pid namespace cannot be killed or stopped from inside it, and every signal is blocked here besides.
 *
 * gVisor, a kernel of the sandbox's own, does kill process 1 where it may be signalled, and executes only what may be
 * read. There it is started as root, with the program's user id as its argument: with that id it makes files, as root
 * it looks after the program, which becomes that user for good.
 *
 * Frames, both ways: one byte of type, four bytes of length (big-endian), the payload.
 *
 *   to the supervisor                                from the supervisor
 *   L  limits: "run_ms compile_ms output_bytes"      h  hello: the protocol's version; ready for a job
 *   E  environment, NUL after each "NAME=value"      p  a phase begins: 'c' or 'r'
 *   A  argv of an interpreter to be started ahead    o  output: 8 bytes of microseconds since the phase began, data
 *   C  argv of the compile phase, NUL after each     e  the same, standard error
 *   R  argv of the run phase, NUL after each         x  the end: "key=value ..." (see tell_end)
 *   T  a piece of the tar archive with the files     f  it could not be done: a sentence
 *   I  a piece of the program's standard input
 *   G  go
 *
 * An interpreter that is started ahead, before anything foreign is here, reads from descriptor COMMAND_LINE how it would
 * have been started otherwise, and goes on as that. It becomes the run phase if that has the same first word.
 *
 * End of file on standard input means that the worker is gone: everything is killed at once. Nothing at all, at first,
 * means that too: an engine that was killed while it started us had not opened the other end, which then nobody closes.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define VERSION "2"
#define ROOM "/sandbox"     /* the one writable place: a tmpfs of limited size and number of files */
#define SHARED "/dev/shm"
#define MAX_FRAME (1 << 20)
#define MAX_WORDS (256 << 10)
#define MAX_ARGV 1024
#define NAME_BYTES 255
#define CHUNK (64 << 10)    /* as much as a pipe holds */
#define QUIET_US 10000      /* after a small piece of output, the next is awaited so long: small writes become one frame */
#define TICK_US 20000       /* between two looks at the writable space */
#define REAPED 256          /* at most in one turn: a program that leaves orphans for ever must not keep us from the clock */
#define BACKLOG (1 << 20)   /* while so much waits for the worker to read, the program's pipes are left full */
#define COMMAND_LINE 63     /* of an interpreter that was started ahead; it has the same number */

#ifndef FIRST_SIGN_MS
#define FIRST_SIGN_MS 60000 /* after the hello; the worker sends the environment at once */
#endif

enum stop { STOP_NONE, STOP_TIME, STOP_OUTPUT };

static struct {
    long run_ms, compile_ms;
    uint64_t output_bytes;
    char *environment[MAX_ARGV], *ahead[MAX_ARGV], *compile[MAX_ARGV], *run[MAX_ARGV];
    int input; /* a memfd: what the program finds as its standard input */
} job;

static uint64_t output_left;
static uid_t user; /* of programs, where process 1 is root in a kernel of the sandbox's own; 0 elsewhere */
static int truncated, children_fd = -1;

/* ------------------------------------------------------------------ frames */

static char *backlog;
static size_t backlog_size, backlog_room;

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* The worker is gone, or cannot be told: the kernel kills everything in the container with process 1. */
static void die(void)
{
    _exit(70);
}

/* Writes what the pipe takes now. */
static void flush_some(void)
{
    size_t done = 0;
    while (done < backlog_size) {
        ssize_t n = write(1, backlog + done, backlog_size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die();
        done += (size_t)n;
    }
    memmove(backlog, backlog + done, backlog_size - done);
    backlog_size -= done;
}

static void put(const void *data, size_t size)
{
    if (backlog_size + size > backlog_room) {
        backlog_room = backlog_size + size + CHUNK;
        backlog = realloc(backlog, backlog_room);
        if (!backlog)
            die();
    }
    memcpy(backlog + backlog_size, data, size);
    backlog_size += size;
}

static void put_head(char type, size_t size)
{
    unsigned char head[5] = {(unsigned char)type, (unsigned char)(size >> 24), (unsigned char)(size >> 16),
                             (unsigned char)(size >> 8), (unsigned char)size};
    put(head, sizeof head);
}

static void tell(char type, const char *text)
{
    put_head(type, strlen(text));
    put(text, strlen(text));
    flush_some();
}

/* Until everything is written, or the worker is gone. */
static void flush_all(void)
{
    for (flush_some(); backlog_size; flush_some()) {
        struct pollfd fds[2] = {{.fd = 1, .events = POLLOUT}, {.fd = 0, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            die();
        char rest[512];
        if (fds[1].revents && read(0, rest, sizeof rest) <= 0)
            die();
    }
}

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
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

/* Whose what we make from now on is: the program's or, in a kernel of our own, root's. */
static void as(uid_t whom)
{
    if (user && (seteuid(0) || setegid(whom) || seteuid(whom)))
        fail("process 1 cannot be user %u: %s", whom, strerror(errno));
}

static void read_whole(void *buffer, size_t size)
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

static void expect_first_sign(void)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll(&in, 1, FIRST_SIGN_MS) <= 0)
        die();
}

/* --------------------------------------------------------------------- tar */

static struct {
    unsigned char block[512];
    size_t filled;              /* of the block */
    uint64_t left, padding;     /* of the entry's data, of the zeros behind it */
    int file;                   /* being written, or -1 */
    int long_name;              /* the entry's data is the name of the next entry (GNU 'L') */
    char name[NAME_BYTES + 2];
    size_t name_filled;
    int folder;
} tar = {.file = -1};

static uint64_t octal(const unsigned char *field, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size && field[i] && field[i] != ' '; i++) {
        if (field[i] < '0' || field[i] > '7')
            fail("tar: a number is not octal");
        value = value * 8 + (uint64_t)(field[i] - '0');
    }
    return value;
}

static void tar_entry(void)
{
    static const unsigned char zero[512];
    if (!memcmp(tar.block, zero, sizeof zero))
        return; /* the end marker */
    uint64_t size = octal(tar.block + 124, 12);
    char type = (char)tar.block[156];
    tar.left = size;
    tar.padding = (512 - size % 512) % 512;
    if (type == 'L') {
        if (!size || size > NAME_BYTES + 1)
            fail("tar: a name is empty or longer than %d bytes", NAME_BYTES);
        tar.long_name = 1;
        tar.name_filled = 0;
        return;
    }
    if (type != '0' && type != 0)
        fail("tar: only plain files are taken");
    if (!tar.name_filled) {
        memcpy(tar.name, tar.block, 100);
        tar.name[100] = 0;
    }
    tar.name_filled = 0;
    if (!*tar.name || strchr(tar.name, '/') || !strcmp(tar.name, ".") || !strcmp(tar.name, ".."))
        fail("tar: a name is not that of a file in the folder itself");
    tar.file = openat(tar.folder, tar.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (tar.file < 0)
        fail("a file could not be made: %s", strerror(errno));
    if (!size) {
        close(tar.file);
        tar.file = -1;
    }
}

static void tar_data(const unsigned char *data, size_t size)
{
    if (tar.long_name) {
        memcpy(tar.name + tar.name_filled, data, size);
        tar.name_filled += size;
        tar.name[tar.name_filled] = 0;
    }
    for (size_t done = 0; tar.file >= 0 && done < size;) {
        ssize_t n = write(tar.file, data + done, size - done);
        if (n < 0 && errno != EINTR)
            fail("a file could not be written: %s", strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    tar.left -= size;
    if (!tar.left) {
        tar.long_name = 0;
        if (tar.file >= 0)
            close(tar.file);
        tar.file = -1;
    }
}

static void tar_feed(const unsigned char *data, size_t size)
{
    while (size) {
        size_t n;
        if (tar.left) {
            n = size < tar.left ? size : (size_t)tar.left;
            tar_data(data, n);
        } else if (tar.padding) {
            n = size < tar.padding ? size : (size_t)tar.padding;
            tar.padding -= n;
        } else {
            n = sizeof tar.block - tar.filled;
            n = size < n ? size : n;
            memcpy(tar.block + tar.filled, data, n);
            tar.filled += n;
            if (tar.filled == sizeof tar.block) {
                tar.filled = 0;
                tar_entry();
            }
        }
        data += n;
        size -= n;
    }
}

/* --------------------------------------------------------------------- job */

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

static void input(const char *data, size_t size)
{
    static off_t place; /* the descriptor's own stays at the beginning, for who reads from it */
    while (size) {
        ssize_t n = pwrite(job.input, data, size, place);
        if (n < 0 && errno != EINTR)
            fail("the standard input could not be kept: %s", strerror(errno));
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
        place += n > 0 ? n : 0;
    }
}

/* ---------------------------------------------------------------- programs */

struct program {
    pid_t pid;
    int output[2]; /* its standard output, its standard error */
    int exec_error;
};

static struct program ahead; /* the interpreter that was started ahead, if its pid is not 0 */
static int command_line;     /* where it reads how it would have been started */

/* The program's user id, for good: nothing is left to become root again with. */
static int become_user(void)
{
    if (!user)
        return 0;
    for (int capability = 0; !prctl(PR_CAPBSET_DROP, capability); capability++)
        ;
    return setgroups(0, NULL) || setresgid(user, user, user) || setresuid(user, user, user);
}

/* `in` is its standard input; `line`, unless it is -1, its descriptor COMMAND_LINE. */
static struct program spawn(char *argv[], int in, int line)
{
    struct program program = {0};
    int pipes[3][2]; /* stdout, stderr, and one that tells why exec failed */
    as(user); /* the pipes are the program's: it may open them again, as /dev/stdout */
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC))
            fail("no pipe: %s", strerror(errno));
    as(0);
    program.pid = fork();
    if (program.pid < 0)
        fail("no process: %s", strerror(errno));
    if (!program.pid) {
        dup2(in, 0);
        dup2(pipes[0][1], 1);
        dup2(pipes[1][1], 2);
        if (line >= 0)
            dup2(line, COMMAND_LINE);
        setsid();
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        /* When memory runs out the kernel takes the program, not process 1. Only a dumpable process may say so of
         * itself; nothing foreign is alive that could look at this copy of us before exec. */
        prctl(PR_SET_DUMPABLE, 1);
        int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (oom >= 0 && write(oom, "1000", 4) < 0)
            close(oom);
        if (!become_user() && !chdir(ROOM "/gist"))
            execvpe(argv[0], argv, job.environment);
        int error = errno;
        if (write(pipes[2][1], &error, sizeof error) < 0)
            _exit(126);
        _exit(127);
    }
    for (int i = 0; i < 3; i++)
        close(pipes[i][1]);
    if (read(pipes[2][0], &program.exec_error, sizeof program.exec_error) <= 0)
        program.exec_error = 0;
    close(pipes[2][0]);
    for (int i = 0; i < 2; i++) {
        program.output[i] = pipes[i][0];
        fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
    }
    return program;
}

static void start_ahead(void)
{
    int line[2];
    if (!job.ahead[0] || !job.environment[0] || ahead.pid)
        fail("an interpreter is to be started ahead twice, or without its environment");
    if (pipe2(line, O_CLOEXEC))
        fail("no pipe: %s", strerror(errno));
    ahead = spawn(job.ahead, job.input, line[0]);
    close(line[0]);
    command_line = line[1];
}

/* Whether the interpreter that was started ahead is what `argv` starts, and has been told the rest. */
static int hand_over(char *argv[])
{
    int told = !strcmp(argv[0], job.ahead[0]) && !waitpid(ahead.pid, NULL, WNOHANG);
    for (size_t i = 0; told && argv[i]; i++)
        for (size_t size = strlen(argv[i]) + 1, done = 0; told && done < size;) {
            ssize_t n = write(command_line, argv[i] + done, size - done);
            told = n > 0 || errno == EINTR;
            done += n > 0 ? (size_t)n : 0;
        }
    close(command_line);
    return told;
}

/* The phase's program: the one started ahead where it is that, else a new one. */
static struct program start(char phase, char *argv[])
{
    if (phase == 'r' && ahead.pid) {
        if (hand_over(argv))
            return ahead;
        kill(ahead.pid, SIGKILL);
        waitpid(ahead.pid, NULL, 0);
        for (int i = 0; i < 2; i++)
            close(ahead.output[i]);
    }
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct program program = spawn(argv, phase == 'r' ? job.input : nothing, -1);
    close(nothing);
    return program;
}

/* ------------------------------------------------------------- what is told */

static void receive(void)
{
    char *payload = malloc(MAX_FRAME + 1);
    if (!payload)
        fail("out of memory");
    for (;;) {
        unsigned char head[5];
        read_whole(head, sizeof head);
        size_t size = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        if (size > MAX_FRAME)
            fail("a frame is longer than %d bytes", MAX_FRAME);
        read_whole(payload, size);
        payload[size] = 0;
        switch (head[0]) {
        case 'L': {
            unsigned long long output;
            if (sscanf(payload, "%ld %ld %llu", &job.run_ms, &job.compile_ms, &output) != 3)
                fail("the limits are not three numbers");
            job.output_bytes = output;
            break;
        }
        case 'E': words(job.environment, payload, size); break;
        case 'A':
            words(job.ahead, payload, size);
            start_ahead();
            break;
        case 'C': words(job.compile, payload, size); break;
        case 'R': words(job.run, payload, size); break;
        case 'T': tar_feed((unsigned char *)payload, size); break;
        case 'I': input(payload, size); break;
        case 'G':
            if (!job.run[0] || job.run_ms <= 0 || job.compile_ms <= 0 || !job.output_bytes)
                fail("the job lacks its limits or what to run");
            if (tar.left || tar.padding || tar.filled)
                fail("the archive ends in the middle of a file");
            free(payload);
            return;
        default: fail("a frame has an unknown type");
        }
    }
}

/* ---------------------------------------------------------------- figures */

/* The number behind `key` in a control group's file (its first number where key is NULL), or -1. Both versions of
 * control groups show a container its own group here, read-only. */
static long long figure(const char *path, const char *key)
{
    char text[2048];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = 0;
    if (!key)
        return atoll(text);
    size_t size = strlen(key);
    for (char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
        if (!strncmp(line, key, size) && line[size] == ' ')
            return atoll(line + size + 1);
    return -1;
}

#define GROUP "/sys/fs/cgroup/"

/* No control group shows in a kernel of our own, but all that runs there is this sandbox's. */
static long long memory_of_own_kernel(void)
{
    struct sysinfo all;
    return user && !sysinfo(&all) ? (long long)((all.totalram - all.freeram) * all.mem_unit) : -1;
}

static int processes_full(void)
{
    struct sysinfo all;
    struct rlimit most;
    return user && !sysinfo(&all) && !getrlimit(RLIMIT_NPROC, &most) && all.procs > most.rlim_cur;
}

static long long cpu_us(void)
{
    long long v = figure(GROUP "cpu.stat", "usage_usec");
    if (v < 0 && (v = figure(GROUP "cpuacct/cpuacct.usage", NULL)) >= 0)
        v /= 1000;
    return v;
}

static long long memory_peak(void)
{
    long long v = figure(GROUP "memory.peak", NULL);
    return v < 0 ? figure(GROUP "memory/memory.max_usage_in_bytes", NULL) : v;
}

static long long memory_now(void)
{
    long long v = figure(GROUP "memory.current", NULL);
    if (v < 0)
        v = figure(GROUP "memory/memory.usage_in_bytes", NULL);
    return v < 0 ? memory_of_own_kernel() : v;
}

static long long memory_kills(void)
{
    long long v = figure(GROUP "memory.events", "oom_kill");
    return v < 0 ? figure(GROUP "memory/memory.oom_control", "oom_kill") : v;
}

static long long refused_processes(void)
{
    long long v = figure(GROUP "pids.events", "max");
    return v < 0 ? figure(GROUP "pids/pids.events", "max") : v;
}

/* ------------------------------------------------------------------ phases */

struct pipe_end {
    int fd;
    char type;
    uint64_t next; /* not read before this moment */
};

struct phase {
    char name; /* 'c' or 'r' */
    uint64_t begun, ended;
    pid_t main;
    int status, exec_error, processes_full;
    int disk_full, files_full; /* one bit for each place that can be written to */
    enum stop stop;
    long max_rss_kib; /* of the largest process that was waited for */
    long long memory_before, memory_seen; /* the group's use when the phase began, the most seen since */
};

/* Without WNOHANG until nobody is left, with it at most REAPED. */
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

/* Everything but process 1 dies: whatever session, group or parent it has. Returns when nothing is left. */
static void kill_all(struct phase *phase)
{
    do {
        errno = 0;
        kill(-1, SIGKILL);
        /* gVisor does not reach those that are being made meanwhile: it is told again until nobody is left. */
        reap(phase, user ? WNOHANG : 0);
    } while (errno != ECHILD);
}

static void look_at_space(struct phase *phase)
{
    /* The last is a link into the first, but in gVisor: one bit for both. */
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

/* One read; returns what read() does. */
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

static void run_phase(struct phase *phase, char *argv[], long limit_ms)
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
                                {.fd = backlog_size ? 1 : -1, .events = POLLOUT}};
        for (int i = 0; i < 2; i++) {
            int wanted = ends[i].fd >= 0 && backlog_size < BACKLOG;
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
                ends[i].fd = -1; /* the program has closed it; it may go on working */
            }
        flush_some();
        /* Once: the program can send signals faster than we read them. */
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
    for (int i = 0; i < 2; i++) /* what is still in the pipes; nobody is left to write more */
        while (ends[i].fd >= 0 && pass_on(phase, &ends[i]) > 0)
            ;
    for (int i = 0; i < 2; i++)
        if (ends[i].fd >= 0)
            close(ends[i].fd);
    flush_some();
}

static void tell_end(const struct phase *phase, long long cpu_before, long long kills, long long refused, int last)
{
    long long cpu = cpu_us();
    if (cpu >= 0)
        cpu -= cpu_before; /* a kernel of our own counts the time it was itself kept waiting: then nothing is told */
    /* The group's peak is the whole job's: after a compiler it is not the program's, whose growth is what was seen. A
     * group is not charged for the pages of the image that were in memory before; the largest process is. */
    int after_compiler = phase->name == 'r' && job.compile[0];
    long long memory = after_compiler || user ? phase->memory_seen - phase->memory_before : memory_peak();
    if (memory < (long long)phase->max_rss_kib * 1024)
        memory = (long long)phase->max_rss_kib * 1024;
    int signalled = WIFSIGNALED(phase->status) ? WTERMSIG(phase->status) : 0;
    char text[512];
    snprintf(text, sizeof text,
             "phase=%c last=%d stop=%s exit=%d signal=%d exec=%d wall_us=%llu cpu_us=%lld memory=%lld memory_kills=%lld "
             "refused=%lld disk=%d files=%d truncated=%d",
             phase->name, last, (const char *[]){"none", "time", "output"}[phase->stop],
             signalled ? -1 : WEXITSTATUS(phase->status), signalled, phase->exec_error,
             (unsigned long long)(phase->ended - phase->begun), cpu, memory, memory_kills() - kills,
             phase->processes_full + refused_processes() - refused, phase->disk_full, phase->files_full, truncated);
    tell('x', text);
}

/* Runs one phase and tells its end; returns whether the next may begin. */
static int do_phase(char name, char *argv[], long limit_ms, int last)
{
    struct phase phase = {.name = name, .memory_before = memory_now()};
    long long cpu = cpu_us(), kills = memory_kills(), refused = refused_processes();
    run_phase(&phase, argv, limit_ms);
    int done = phase.stop == STOP_NONE && !phase.exec_error && WIFEXITED(phase.status) && !WEXITSTATUS(phase.status);
    tell_end(&phase, cpu, kills, refused, last || !done);
    return done;
}

int main(int argc, char *argv[])
{
    sigset_t all, child;
    user = argc > 1 ? (uid_t)atoi(argv[1]) : 0;
    as(user);
    prctl(PR_SET_DUMPABLE, 0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    fcntl(1, F_SETFL, O_NONBLOCK | fcntl(1, F_GETFL));
    umask(022);
    static const char *const folders[] = {ROOM "/gist", ROOM "/build", ROOM "/home", ROOM "/tmp"};
    for (size_t i = 0; i < 4; i++)
        if (mkdir(folders[i], 0755))
            fail("%s could not be made: %s", folders[i], strerror(errno));
    tar.folder = open(ROOM "/gist", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    job.input = memfd_create("stdin", MFD_CLOEXEC);
    tell('h', VERSION);
    flush_all();
    expect_first_sign();
    receive();
    as(0);
    output_left = job.output_bytes;
    if (!job.compile[0] || do_phase('c', job.compile, job.compile_ms, 0))
        do_phase('r', job.run, job.run_ms, 1);
    flush_all();
    return 0;
}
