/* .NET tells each new thread which processors it may use: all. A sandbox allows a thread that for itself only, and so the
 * thread would not be made. Here the wish is not heard. Programs that .NET starts are not to be troubled with this. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

int pthread_attr_setaffinity_np(pthread_attr_t *attributes, size_t size, const cpu_set_t *processors)
{
    (void)attributes, (void)size, (void)processors;
    return 0;
}

__attribute__((constructor)) static void leave_no_trace(void)
{
    unsetenv("LD_PRELOAD");
}
