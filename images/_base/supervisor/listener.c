/* Tells the two streams' order: the kernel asks us before the program writes to standard error.
 *
 * Two pipes carry no order. So the program runs under a seccomp filter with a listener: see seccomp(2) and
 * seccomp_unotify(2). The kernel holds the program before it writes to descriptor 2, and before it makes descriptor 1
 * another one (a shell does so for `>&2`). Process 1 then passes on what has been written so far, and lets the call go
 * on as it is. Writes to standard output are not held. Nor is a descriptor that a shell saved, at 10 or above, when it
 * becomes descriptor 1 again: what is written to it then follows standard error anyway.
 *
 * Where the program was given no input, the kernel also tells of reads of descriptor 0. This is how we know that the
 * program asked for input.
 *
 * The filter only asks; it refuses nothing. Process 1 alone has the listener. It decides nothing by what it is told, so
 * a program that changes its memory or its descriptors meanwhile gains nothing by it. */

#include "supervisor.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAVED 10   /* here and above shells keep descriptors for later */
#define ANSWERS 64 /* in one turn: a program that asks for ever must not keep us from the clock */

/* Headers may lack it. Kernels before 5.19 refuse it; the oldest that have listeners could not let a call go on. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#ifdef __NR_dup2
#define DUP2 __NR_dup2
#else
#define DUP2 __NR_dup3
#endif

/* The kernel compares 32 bits of a descriptor, and so do we: the lower half, on a little-endian machine. */
#define ARGUMENT(n) ((unsigned)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (n)))
#define LOAD(place) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (place))
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))
#define IF_LESS(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (otherwise), (then))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

/* Sends a descriptor through a socket. */
static int send_descriptor(int socket, int fd)
{
    char byte = 0;
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof fd)]; } control = {0};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET,
                                    .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* In the new process, before it becomes the program. Where the kernel has no such listeners (gVisor, before 5.19), or
 * the engine has set another one, the program runs without: that is no failure. The kernel wants no-new-privileges,
 * which the engine has set. We do not set it again, or nobody would notice an engine that does not. */
int listener_install(int socket, int tell_of_reads)
{
#ifdef ARCHITECTURE
    unsigned read = tell_of_reads ? __NR_read : __NR_write, readv = tell_of_reads ? __NR_readv : __NR_writev;
    struct sock_filter code[] = {
        LOAD(offsetof(struct seccomp_data, arch)), IF(ARCHITECTURE, 0, 17),
        LOAD(offsetof(struct seccomp_data, nr)),
        IF(__NR_write, 6, 0), IF(__NR_writev, 5, 0), IF(__NR_dup3, 6, 0), IF(DUP2, 5, 0),
        IF(read, 8, 0), IF(readv, 7, 0),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(ARGUMENT(0)), IF(2, 6, 7),                                         /* what is written to */
        LOAD(ARGUMENT(1)), IF(1, 0, 5), LOAD(ARGUMENT(0)), IF_LESS(SAVED, 2, 3), /* what becomes what */
        LOAD(ARGUMENT(0)), IF(0, 0, 1),                                         /* what is read from */
        RETURN(SECCOMP_RET_USER_NOTIF),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    /* Once process 1 has heard of a call, only a signal that ends the program breaks it off. */
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
    if (fd < 0)
        return 0;
    /* If it cannot be sent, nobody would answer, and the program cannot run: the filter stays. */
    int failed = send_descriptor(socket, (int)fd), error = errno;
    close((int)fd);
    errno = error;
    return failed;
#else
    (void)socket, (void)tell_of_reads, (void)send_descriptor;
    return 0;
#endif
}

/* The listener that the new process has sent, or -1. It has executed the program, or ended: nothing comes later. */
int listener_take(int socket)
{
    char byte;
    int fd = -1;
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof fd)]; } control;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1 &&
        message.msg_controllen >= CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
    return fd;
}

/* Whether this process reads the program's standard input, which is empty, and not something else in its place. */
static int reads_nothing(pid_t process)
{
    char path[64];
    struct stat own, its;
    snprintf(path, sizeof path, "/proc/%d/fd/0", process);
    return input_is_empty() && !fstat(job.input, &own) && !stat(path, &its) && own.st_dev == its.st_dev &&
           own.st_ino == its.st_ino;
}

/* Answers what the kernel asks now. It asks no more when all processes of the program have ended. */
void listener_answer(struct phase *phase, short events)
{
    union { struct seccomp_notif asked; char room[1024]; } from; /* newer kernels may tell more than we know */
    union { struct seccomp_notif_resp answer; char room[1024]; } to;
    struct pollfd again = {.fd = phase->listener, .events = POLLIN, .revents = events};
    for (int i = 0; i < ANSWERS && again.revents & POLLIN && phase->stop == STOP_NONE; i++) {
        memset(&from, 0, sizeof from);
        if (!ioctl(phase->listener, SECCOMP_IOCTL_NOTIF_RECV, &from)) {
            int nr = from.asked.data.nr;
            if (nr == __NR_read || nr == __NR_readv)
                phase->asked |= !phase->asked && reads_nothing((pid_t)from.asked.pid);
            else
                output_in_order(phase);
            memset(&to, 0, sizeof to);
            to.answer.id = from.asked.id;
            to.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
            ioctl(phase->listener, SECCOMP_IOCTL_NOTIF_SEND, &to); /* it fails if the process was killed meanwhile */
        } else if (errno != ENOENT && errno != EINTR) {
            break;
        }
        again.revents = 0;
        if (poll(&again, 1, 0) < 0)
            break;
    }
    if (again.revents & (POLLHUP | POLLERR | POLLNVAL)) {
        close(phase->listener);
        phase->listener = -1;
    }
}
