/* supervisor: process 1 of every sandbox.
 *
 * It waits for one job on standard input and runs the job's phases (compile, run). It passes on what they write,
 * reports on standard output how they ended, and exits. The container ends with it. It starts before anything foreign
 * does.
 *
 * Why its report can be believed: only the supervisor holds the container's standard output; the program has pipes. The
 * binary belongs to root and has mode 0711, and the process does not run as root. The kernel does not let a process be
 * traced, read or dumped if it executes a file that it may not read. So /proc/1 is closed to the program, although both
 * have the same user id. Process 1 of a pid namespace cannot be killed or stopped from inside it, and every signal is
 * blocked here as well.
 *
 * Under gVisor each sandbox has its own kernel. There a process can kill process 1 if it may signal it, and only files
 * that may be read can be executed. So process 1 is started there as root, with the program's user id as its argument.
 * It makes files with that id, supervises the program as root, and the program takes that id for good.
 *
 * Frames, both ways: one byte of type, four bytes of length (big-endian), the payload.
 *
 *   to the supervisor                                from the supervisor
 *   L  limits: "run_ms compile_ms output_bytes pause" h  hello: the protocol's version; ready for a job
 *   E  environment, NUL after each "NAME=value"      p  a phase begins: 'c' or 'r'
 *   A  argv of an interpreter to pre-start           o  output: 8 bytes of microseconds since the phase began, data
 *   C  argv of the compile phase, NUL after each     e  the same, standard error
 *   R  argv of the run phase, NUL after each         x  the end: "key=value ..." (see report.c)
 *   T  a piece of the tar archive with the files     f  it could not be done: a sentence
 *   I  a piece of the program's standard input
 *   G  go; and go on, after the compile phase, if the job pauses there
 *
 * An interpreter can be pre-started, before anything foreign is here. It reads its command line from a descriptor of
 * its own (see spawn.c) and continues as if it had been started with that command line. It becomes the run phase if the
 * run phase has the same first word.
 *
 * The kernel asks process 1 before the program writes to standard error. So both streams are passed on in the order in
 * which they were written (see listener.c).
 *
 * End of file on standard input means that the worker is gone. Then everything is killed at once.
 */

#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    user = argc > 1 ? (uid_t)atoi(argv[1]) : 0;
    as(user);
    prctl(PR_SET_DUMPABLE, 0);
    watch_children();
    fcntl(1, F_SETFL, O_NONBLOCK | fcntl(1, F_GETFL));
    umask(022);
    static const char *const folders[] = {ROOM "/gist", ROOM "/build", ROOM "/home", ROOM "/tmp"};
    for (size_t i = 0; i < 4; i++)
        if (mkdir(folders[i], 0755))
            fail("%s could not be made: %s", folders[i], strerror(errno));
    archive_into(open(ROOM "/gist", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    job.input = memfd_create("stdin", MFD_CLOEXEC);
    tell('h', VERSION);
    flush_all();
    expect_first_sign();
    receive();
    as(0);
    output_left = job.output_bytes;
    if (job.compile[0]) {
        if (!do_phase('c', job.compile, job.compile_ms, 0)) {
            flush_all();
            return 0;
        }
        if (job.pause)
            await_go_on();
    }
    do_phase('r', job.run, job.run_ms, 1);
    flush_all();
    return 0;
}
