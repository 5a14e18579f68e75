/* holder: process 1 of a container that keeps a network namespace. Sandboxes use the namespace one after the other.
 *
 * It makes nothing and waits. For each byte on standard input it answers 'n' if the namespace is pristine, or 'u' if
 * the namespace shows that it was used: a socket exists, a packet or an error was counted, an address changed.
 * It ends at end of file, which means that the worker is gone. It also ends if the first byte does not come in time: if
 * the engine is killed while it starts us, it may not have opened the other end yet, and then nobody closes that end.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROOM (256 << 10)
#define SETTLED_US 20000 /* the namespace has settled if nothing changes for this long */
#define SETTLES 50       /* we wait for that at most this often */
#define FIRST_SIGN_MS 60000 /* the worker asks at once */

/* Everything that the kernel shows of a namespace, except what it counts for the whole host. A file that this kernel
 * lacks counts as empty. See proc_net(5) and net/ipv4/proc.c, net/ipv6/proc.c. */
static const char *const tables[] = {
    "dev",  "snmp",   "snmp6", "netstat",  "rt6_stats",  "unix",     "tcp",          "tcp6",         "udp",
    "udp6", "udplite", "udplite6", "raw",  "raw6",       "icmp",     "icmp6",        "packet",       "arp",
    "route", "ipv6_route", "if_inet6", "fib_trie", "igmp", "igmp6", "mcfilter", "mcfilter6", "anycast6",
    "ip6_flowlabel", "nf_conntrack", "nf_conntrack_expect",
};

/* Reads all tables; returns how many bytes they have, at most ROOM. */
static size_t read_tables(char *into)
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
            size = ROOM; /* a table that cannot be read counts as used */
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
    size_t before = read_tables(first);
    /* The kernel works on a new namespace for a moment longer. Pristine is its state when it has settled. */
    for (int i = 0; i < SETTLES; i++) {
        usleep(SETTLED_US);
        size_t size = read_tables(now);
        if (size == before && !memcmp(first, now, size))
            break;
        memcpy(first, now, before = size);
    }
    do {
        size_t size = read_tables(now);
        if (size == ROOM || size != before || memcmp(first, now, size))
            answer = 'u'; /* from now on */
        if (write(1, &answer, 1) != 1 || poll(&(struct pollfd){.fd = 0, .events = POLLIN}, 1, patience) <= 0)
            return 1;
        patience = -1;
    } while (read(0, &asked, 1) == 1);
    return 0;
}
