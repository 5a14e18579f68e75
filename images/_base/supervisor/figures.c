/* What the sandbox's control group counts: CPU time, memory, processes. Version 2 is tried first, then version 1. */

#include "supervisor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* The number after `key` in a file of the control group, or -1; without a key, the file's first number. Both versions
 * of control groups show a container its own group here, read-only. */
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

/* gVisor shows no control group, but everything that runs in its kernel belongs to this sandbox. */
static long long memory_of_own_kernel(void)
{
    struct sysinfo all;
    return user && !sysinfo(&all) ? (long long)((all.totalram - all.freeram) * all.mem_unit) : -1;
}

int processes_full(void)
{
    struct sysinfo all;
    struct rlimit most;
    return user && !sysinfo(&all) && !getrlimit(RLIMIT_NPROC, &most) && all.procs > most.rlim_cur;
}

long long cpu_us(void)
{
    long long v = figure(GROUP "cpu.stat", "usage_usec");
    if (v < 0 && (v = figure(GROUP "cpuacct/cpuacct.usage", NULL)) >= 0)
        v /= 1000;
    return v;
}

long long memory_peak(void)
{
    long long v = figure(GROUP "memory.peak", NULL);
    return v < 0 ? figure(GROUP "memory/memory.max_usage_in_bytes", NULL) : v;
}

long long memory_now(void)
{
    long long v = figure(GROUP "memory.current", NULL);
    if (v < 0)
        v = figure(GROUP "memory/memory.usage_in_bytes", NULL);
    return v < 0 ? memory_of_own_kernel() : v;
}

long long memory_kills(void)
{
    long long v = figure(GROUP "memory.events", "oom_kill");
    return v < 0 ? figure(GROUP "memory/memory.oom_control", "oom_kill") : v;
}

long long refused_processes(void)
{
    long long v = figure(GROUP "pids.events", "max");
    return v < 0 ? figure(GROUP "pids/pids.events", "max") : v;
}
