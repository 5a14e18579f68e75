/* Starts programs, as the user that they run as. */

#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A pre-started interpreter reads its command line from this descriptor (images/python/waiting.c). */
#define COMMAND_LINE 63

uid_t user;

static struct program ahead; /* the pre-started interpreter; its pid is 0 if there is none */
static int command_line;     /* our end of the pipe from which it reads its command line */

/* Under gVisor, where process 1 is root: what we make from now on belongs to the user `id`, the program's or root. */
void as(uid_t id)
{
    if (user && (seteuid(0) || setegid(id) || seteuid(id)))
        fail("process 1 cannot be user %u: %s", id, strerror(errno));
}

/* Takes the program's user id for good. The process cannot become root again. */
static int become_user(void)
{
    if (!user)
        return 0;
    for (int capability = 0; !prctl(PR_CAPBSET_DROP, capability); capability++)
        ;
    return setgroups(0, NULL) || setresgid(user, user, user) || setresuid(user, user, user);
}

/* When memory runs out, the kernel kills the program and not process 1. Only a dumpable process may set this for
 * itself. Nothing foreign is alive that could read this copy of us before exec. */
static void be_killed_first(void)
{
    prctl(PR_SET_DUMPABLE, 1);
    int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (oom >= 0 && write(oom, "1000", 4) < 0)
        close(oom);
}

/* In the new process: becomes the program, or writes to `failure` why it cannot. The listener goes through `socket`. */
static void become_program(char *argv[], int failure, int socket, int tell_of_reads)
{
    setsid();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    be_killed_first();
    if (!become_user() && !chdir(ROOM "/gist") && !listener_install(socket, tell_of_reads))
        execvpe(argv[0], argv, job.environment);
    int error = errno;
    if (write(failure, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

/* Starts a process. `in` becomes its standard input, and `line`, unless it is -1, its descriptor COMMAND_LINE. */
static struct program spawn(char *argv[], int in, int line, int tell_of_reads)
{
    struct program program = {0};
    int sockets[2]; /* for the listener */
    int pipes[3][2]; /* standard output, standard error, and one that says why exec failed */
    as(user); /* the program owns the pipes, so it may open them again as /dev/stdout */
    for (int i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC))
            fail("no pipe: %s", strerror(errno));
    as(0);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
        fail("no socket: %s", strerror(errno));
    program.pid = fork();
    if (program.pid < 0)
        fail("no process: %s", strerror(errno));
    if (!program.pid) {
        dup2(in, 0);
        dup2(pipes[0][1], 1);
        dup2(pipes[1][1], 2);
        if (line >= 0)
            dup2(line, COMMAND_LINE);
        become_program(argv, pipes[2][1], sockets[1], tell_of_reads);
    }
    for (int i = 0; i < 3; i++)
        close(pipes[i][1]);
    if (read(pipes[2][0], &program.exec_error, sizeof program.exec_error) <= 0)
        program.exec_error = 0;
    close(pipes[2][0]);
    program.listener = listener_take(sockets[0]);
    for (int i = 0; i < 2; i++)
        close(sockets[i]);
    for (int i = 0; i < 2; i++) {
        program.output[i] = pipes[i][0];
        fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
    }
    return program;
}

void start_ahead(void)
{
    int line[2];
    if (!job.ahead[0] || !job.environment[0] || ahead.pid)
        fail("an interpreter is to be started ahead twice, or without its environment");
    if (pipe2(line, O_CLOEXEC))
        fail("no pipe: %s", strerror(errno));
    ahead = spawn(job.ahead, job.input, line[0], 1); /* it may turn out to have no input */
    close(line[0]);
    command_line = line[1];
}

/* Gives the pre-started interpreter its command line. False if `argv` starts something else, or if it has ended. */
static int hand_over(char *argv[])
{
    int taken = !strcmp(argv[0], job.ahead[0]) && !waitpid(ahead.pid, NULL, WNOHANG);
    for (size_t i = 0; taken && argv[i]; i++)
        for (size_t size = strlen(argv[i]) + 1, done = 0; taken && done < size;) {
            ssize_t n = write(command_line, argv[i] + done, size - done);
            taken = n > 0 || errno == EINTR;
            done += n > 0 ? (size_t)n : 0;
        }
    close(command_line);
    return taken;
}

/* The phase's program: the pre-started interpreter if it is the right one, else a new process. */
struct program start(char phase, char *argv[])
{
    if (phase == 'r' && ahead.pid) {
        if (hand_over(argv))
            return ahead;
        kill(ahead.pid, SIGKILL);
        waitpid(ahead.pid, NULL, 0);
        for (int i = 0; i < 2; i++)
            close(ahead.output[i]);
        close(ahead.listener);
    }
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int run = phase == 'r';
    struct program program = spawn(argv, run ? job.input : nothing, -1, run && input_is_empty());
    close(nothing);
    return program;
}
