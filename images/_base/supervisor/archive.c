/* Unpacks the gist's files from a tar archive that comes in pieces of any size. It takes plain files in one folder. It
 * refuses everything else: folders, links, names with a slash. */

#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
    unsigned char block[512];
    size_t filled;              /* bytes of the block */
    uint64_t left, padding;     /* of the entry's data, and of the zeros behind it */
    int file;                   /* the file that is being written, or -1 */
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

/* Makes the file that the block names. */
static void make_file(void)
{
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
}

/* Reads the head of an entry, which fills the block. */
static void begin_entry(void)
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
    make_file();
    if (!size) {
        close(tar.file);
        tar.file = -1;
    }
}

static void take_data(const unsigned char *data, size_t size)
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

void archive_feed(const unsigned char *data, size_t size)
{
    while (size) {
        size_t n;
        if (tar.left) {
            n = size < tar.left ? size : (size_t)tar.left;
            take_data(data, n);
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
                begin_entry();
            }
        }
        data += n;
        size -= n;
    }
}

/* The files go into this folder. */
void archive_into(int folder)
{
    tar.folder = folder;
}

/* False if the archive has ended in the middle of an entry. */
int archive_is_whole(void)
{
    return !tar.left && !tar.padding && !tar.filled;
}
