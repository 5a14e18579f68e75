/* holder: process 1 of a container that keeps a network namespace for sandboxes to be made in, one after the other.
 *
 * It makes nothing and waits. Asked by a byte on standard input it answers 'n' when the namespace is as new, 'u' when
 * it shows that it was used: a socket that is there, a packet or an error that was counted, an address that changed.
 * End of file means that the worker is gone, and ends it. So does silence at first: an engine that was killed while it
 * started us has not opened the other end, which then nobody closes.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOM (256 << 10)
#define SETTLED_US 20000 /* nothing has changed for so long */
#define SETTLES 50
#define FIRST_SIGN_MS 60000 /* the worker asks at once */

/* All that the kernel tells of a namespace, but for what it counts for the whole host. What one kernel has not, is as
 * good as empty. See proc_net(5) and net/ipv4/proc.c, net/ipv6/proc.c. */
static const char *const tables[] = {
    "dev",  "snmp",   "snmp6", "netstat",  "rt6_stats",  "unix",     "tcp",          "tcp6",         "udp",
    "udp6", "udplite", "udplite6", "raw",  "raw6",       "icmp",     "icmp6",        "packet",       "arp",
    "route", "ipv6_route", "if_inet6", "fib_trie", "igmp", "igmp6", "mcfilter", "mcfilter6", "anycast6",
    "ip6_flowlabel", "nf_conntrack", "nf_conntrack_expect",
};

/* How much there was to read, at most ROOM. */
static size_t look(char *into)
{
    size_t size = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char path[64];
        ssize_t n = 0;
        snprintf(path, sizeof path, "/proc/self/net/%s", tables[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && size < ROOM && (n = read(fd, into + size, ROOM - size)) > 0)
            size += (size_t)n;
        if (n < 0)
            size = ROOM; /* unknown is not new */
        if (fd >= 0)
            close(fd);
    }
    return size;
}

int main(void)
{
    static char first[ROOM], now[ROOM];
    char asked, answer = 'n';
    int patience = FIRST_SIGN_MS;
    size_t before = look(first);
    /* The kernel goes on for a moment with what it does for a new namespace: as new is how it is when it has settled. */
    for (int i = 0; i < SETTLES; i++) {
        usleep(SETTLED_US);
        size_t size = look(now);
        if (size == before && !memcmp(first, now, size))
            break;
        memcpy(first, now, before = size);
    }
    do {
        size_t size = look(now);
        if (size == ROOM || size != before || memcmp(first, now, size))
            answer = 'u'; /* for good */
        if (write(1, &answer, 1) != 1 || poll(&(struct pollfd){.fd = 0, .events = POLLIN}, 1, patience) <= 0)
            return 1;
        patience = -1;
    } while (read(0, &asked, 1) == 1);
    return 0;
}
