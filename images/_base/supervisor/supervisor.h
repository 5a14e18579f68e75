/* What the files of the supervisor share. main.c says what it does and why its report can be believed. */

#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VERSION "4"
#define ROOM "/sandbox"   /* the only writable place: a tmpfs with a limit on its size and on its files */
#define SHARED "/dev/shm"
#define MAX_FRAME (1 << 20)
#define MAX_ARGV 1024
#define NAME_BYTES 255
#define CHUNK (64 << 10)  /* as much as a pipe holds at first */
#define QUIET_US 10000    /* after a small piece of output we wait this long for more: small writes become one frame */

/* frames.c: the conversation with the worker, on standard input and output. */
uint64_t now_us(void);
void die(void) __attribute__((noreturn));
void put(const void *data, size_t size);
void put_head(char type, size_t size);
void put_output(char type, uint64_t moment, const void *data, size_t size);
void tell(char type, const char *text);
void flush_some(void);
void flush_all(void);
size_t backlog(void);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void read_whole(void *buffer, size_t size);
void expect_first_sign(void);

/* archive.c: the gist's files, from a tar archive that comes in pieces. */
void archive_into(int folder);
void archive_feed(const unsigned char *data, size_t size);
int archive_is_whole(void);

/* job.c: what is to be run. */
struct job {
    long run_ms, compile_ms;
    uint64_t output_bytes;
    int pause; /* between the phases, until the worker says go on */
    char *environment[MAX_ARGV], *ahead[MAX_ARGV], *compile[MAX_ARGV], *run[MAX_ARGV];
    int input; /* a memfd: the program's standard input */
};
extern struct job job;
void receive(void);
int input_is_empty(void);
void await_go_on(void);

/* spawn.c: programs, and the user that they run as. */
extern uid_t user; /* the program's user id if process 1 is root (gVisor), else 0 */
struct program {
    pid_t pid;
    int output[2]; /* its standard output, its standard error */
    int listener;  /* by which the kernel asks us; -1 if it does not */
    int exec_error;
};
void as(uid_t id);
void start_ahead(void);
struct program start(char phase, char *argv[]);

/* figures.c: what the control group counts. -1 means unknown. */
long long cpu_us(void);
long long memory_peak(void);
long long memory_now(void);
long long memory_kills(void);
long long refused_processes(void);
int processes_full(void);

/* phases.c: runs the program of one phase until nothing of it is left. */
enum stop { STOP_NONE, STOP_TIME, STOP_OUTPUT };
struct pipe_end {
    int fd; /* -1 when closed */
    char type;
    uint64_t next; /* it is not read before this moment */
};
struct phase {
    char name; /* 'c' or 'r' */
    uint64_t begun, ended, deadline, next_check;
    pid_t main; /* 0 when it has ended */
    int listener; /* -1 if there is none, or none any more */
    int ordered;  /* there was one: what standard error holds is older than what standard output holds */
    uint64_t next_flush; /* frames that a waiting program causes are gathered until this moment */
    int asked;    /* it read its standard input, and had been given none */
    struct pipe_end ends[2];
    int status, exec_error, processes_full;
    int disk_full, files_full; /* one bit for each writable place */
    enum stop stop;
    long max_rss_kib; /* of the largest process that was waited for */
    long long memory_before, memory_seen; /* the group's memory when the phase began, and the most seen since */
};
void watch_children(void);
void run_phase(struct phase *phase, char *argv[], long limit_ms);

/* output.c: passes on what the program writes. */
extern uint64_t output_left;
extern int truncated;
void output_open(struct phase *phase, const struct program *program);
uint64_t output_to_poll(const struct phase *phase, struct pollfd fds[3], uint64_t now, uint64_t wake);
void output_read(struct phase *phase, const struct pollfd fds[3]);
void output_in_order(struct phase *phase);
void output_drain(struct phase *phase);

/* listener.c: the kernel asks before the program writes to standard error, which tells the order of the streams. */
int listener_install(int socket, int tell_of_reads);
int listener_take(int socket);
void listener_answer(struct phase *phase, short events);

/* report.c: runs a phase and reports how it ended. */
int do_phase(char name, char *argv[], long limit_ms, int last);

#endif
