/* GNU Smalltalk goes on after an error, and ends with 0. Loaded into it, this has it end with 1 if there was one: if the
   compiler told of a line that it cannot read, or if a statement was ended by an error that nothing handled. It looks at what
   Smalltalk itself writes by C's streams; what a program prints goes another way, straight to the descriptors. */

#define _GNU_SOURCE
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct told {
    int descriptor;
    regex_t error;
    char line[1000];  /* what has come of the line, as far as there is room */
    size_t length;
};

static struct told output = {.descriptor = 1}, errors = {.descriptor = 2};
static int failed;

static void look_at(struct told *told, char character)
{
    if (character != '\n') {
        if (told->length < sizeof told->line - 1)
            told->line[told->length++] = character;
        return;
    }
    told->line[told->length] = '\0';
    told->length = 0;
    if (regexec(&told->error, told->line, 0, NULL, 0) == 0)
        failed = 1;
}

static ssize_t pass_on(void *cookie, const char *bytes, size_t size)
{
    struct told *told = cookie;
    for (size_t i = 0; i < size; i++)
        look_at(told, bytes[i]);
    for (size_t done = 0; done < size;) {
        ssize_t written = write(told->descriptor, bytes + done, size - done);
        if (written < 0)
            return 0;
        done += (size_t)written;
    }
    return (ssize_t)size;
}

static FILE *watched(struct told *told, const char *error, int buffering)
{
    FILE *stream = fopencookie(told, "w", (cookie_io_functions_t){.write = pass_on});
    if (stream == NULL || regcomp(&told->error, error, REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    setvbuf(stream, NULL, buffering, BUFSIZ);
    return stream;
}

static void end(int status, void *nothing)
{
    (void)nothing;
    fflush(NULL);
    look_at(&output, '\n');
    look_at(&errors, '\n');
    if (status == 0 && failed)
        _exit(1);
}

__attribute__((constructor)) static void begin(void)
{
    stdout = watched(&output, "^Object: ", _IOFBF);
    stderr = watched(&errors, "^[^\"]*:[0-9]+: ", _IOLBF);
    on_exit(end, NULL);
}
