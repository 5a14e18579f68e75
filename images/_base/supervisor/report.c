/* Reports how a phase ended and what it used. */

#include "supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The most memory that the phase used. The group's peak is that of the whole job. After a compiler it says nothing
 * about the program, so there we take how much memory grew while the program ran. A group is not charged for pages of
 * the image that were in memory before. The largest process is, so the result is at least that process's memory. */
static long long peak_of(const struct phase *phase)
{
    int after_compiler = phase->name == 'r' && job.compile[0];
    long long memory = after_compiler || user ? phase->memory_seen - phase->memory_before : memory_peak();
    if (memory < (long long)phase->max_rss_kib * 1024)
        memory = (long long)phase->max_rss_kib * 1024;
    return memory;
}

static void report(const struct phase *phase, long long cpu_before, long long kills, long long refused, int last)
{
    long long cpu = cpu_us();
    if (cpu >= 0)
        cpu -= cpu_before; /* gVisor counts the time that it was itself kept waiting, so there it stays -1 */
    int signalled = WIFSIGNALED(phase->status) ? WTERMSIG(phase->status) : 0;
    char text[512];
    snprintf(text, sizeof text,
             "phase=%c last=%d stop=%s exit=%d signal=%d exec=%d wall_us=%llu cpu_us=%lld memory=%lld "
             "memory_kills=%lld refused=%lld disk=%d files=%d truncated=%d asked=%d",
             phase->name, last, (const char *[]){"none", "time", "output"}[phase->stop],
             signalled ? -1 : WEXITSTATUS(phase->status), signalled, phase->exec_error,
             (unsigned long long)(phase->ended - phase->begun), cpu, peak_of(phase), memory_kills() - kills,
             phase->processes_full + refused_processes() - refused, phase->disk_full, phase->files_full, truncated,
             phase->asked);
    tell('x', text);
}

/* Runs one phase and reports its end; returns whether the next one may begin. */
int do_phase(char name, char *argv[], long limit_ms, int last)
{
    struct phase phase = {.name = name, .memory_before = memory_now()};
    long long cpu = cpu_us(), kills = memory_kills(), refused = refused_processes();
    run_phase(&phase, argv, limit_ms);
    int done = phase.stop == STOP_NONE && !phase.exec_error && WIFEXITED(phase.status) && !WEXITSTATUS(phase.status);
    report(&phase, cpu, kills, refused, last || !done);
    return done;
}
