/* bf FILE: runs a Brainfuck program. So that programs of millions of steps end within a run's time, it counts equal
 * commands once, and turns loops that only add and move into a few multiplications.
 *
 * A cell is one byte and wraps around. A read at the end of the input gives 0. The tape grows to the right only.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "1.0"
#define CELLS (16L << 20) /* a cell costs memory only once it is written */

enum kind { ADD, MOVE, CLEAR, MULTIPLY, READ, WRITE, OPEN, CLOSE, END };
struct command {
    enum kind kind;
    int amount; /* what is added or moved; the factor; the index of the other bracket */
    int offset; /* of the cell that a multiple is added to */
};

static struct command *commands;
static size_t count;

static void die(const char *format, ...)
{
    va_list values;
    fflush(stdout);
    va_start(values, format);
    fputs("bf: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    exit(1);
}

static void emit(enum kind kind, int amount, int offset)
{
    static size_t room;
    if (count == room && !(commands = realloc(commands, (room = room * 2 + 1024) * sizeof *commands)))
        die("out of memory");
    commands[count++] = (struct command){kind, amount, offset};
}

/* Adds to the command before if it is of the same kind, so that +++ becomes one command. */
static void emit_or_add(enum kind kind, int amount)
{
    if (count && commands[count - 1].kind == kind)
        commands[count - 1].amount += amount;
    else
        emit(kind, amount, 0);
}

/* Replaces the loop that begins at `open` if all it does is to add multiples of its cell to others: [->++<]. */
static int multiplies(size_t open)
{
    enum { MOST = 32 };
    int offsets[MOST], factors[MOST], used = 1, at = 0;
    offsets[0] = factors[0] = 0;
    for (size_t i = open + 1; i < count; i++) {
        int slot = 0;
        if (commands[i].kind == MOVE) {
            at += commands[i].amount;
            continue;
        }
        if (commands[i].kind != ADD)
            return 0;
        while (slot < used && offsets[slot] != at)
            slot++;
        if (slot == MOST)
            return 0;
        if (slot == used) {
            offsets[used] = at;
            factors[used++] = 0;
        }
        factors[slot] += commands[i].amount;
    }
    int step = factors[0] & 255;
    if (at || (step != 255 && !(step == 1 && used == 1)))
        return 0;
    count = open;
    for (int slot = 1; slot < used; slot++)
        emit(MULTIPLY, factors[slot], offsets[slot]);
    emit(CLEAR, 0, 0);
    return 1;
}

static void compile(FILE *file)
{
    size_t *open = NULL, depth = 0, room = 0;
    int line = 1, c, *lines = NULL;
    if ((c = getc(file)) == '#') /* a first line such as #!/usr/bin/bf is none of the program */
        while (c != EOF && c != '\n')
            c = getc(file);
    for (; c != EOF; c = getc(file))
        switch (c) {
        case '+': emit_or_add(ADD, 1); break;
        case '-': emit_or_add(ADD, -1); break;
        case '>': emit_or_add(MOVE, 1); break;
        case '<': emit_or_add(MOVE, -1); break;
        case '.': emit(WRITE, 0, 0); break;
        case ',': emit(READ, 0, 0); break;
        case '\n': line++; break;
        case '[':
            if (depth == room) {
                room = room * 2 + 64;
                open = realloc(open, room * sizeof *open);
                lines = realloc(lines, room * sizeof *lines);
                if (!open || !lines)
                    die("out of memory");
            }
            open[depth] = count;
            lines[depth++] = line;
            emit(OPEN, 0, 0);
            break;
        case ']':
            if (!depth)
                die("line %d: this ] has no [", line);
            if (!multiplies(open[--depth])) {
                commands[open[depth]].amount = (int)count;
                emit(CLOSE, (int)open[depth], 0);
            }
            break;
        }
    if (depth)
        die("line %d: this [ has no ]", lines[depth - 1]);
    emit(END, 0, 0);
}

static void run(unsigned char *tape)
{
    long at = 0;
    for (const struct command *now = commands;; now++)
        switch (now->kind) {
        case ADD: tape[at] = (unsigned char)(tape[at] + now->amount); break;
        case MOVE:
            at += now->amount;
            if (at < 0 || at >= CELLS)
                die("the program leaves its tape on the %s", at < 0 ? "left" : "right");
            break;
        case CLEAR: tape[at] = 0; break;
        case MULTIPLY:
            if (tape[at]) {
                long other = at + now->offset;
                if (other < 0 || other >= CELLS)
                    die("the program leaves its tape on the %s", other < 0 ? "left" : "right");
                tape[other] = (unsigned char)(tape[other] + tape[at] * now->amount);
            }
            break;
        case READ: {
            fflush(stdout);
            int c = getchar();
            tape[at] = c == EOF ? 0 : (unsigned char)c;
            break;
        }
        case WRITE: putchar(tape[at]); break;
        case OPEN:
            if (!tape[at])
                now = commands + now->amount;
            break;
        case CLOSE:
            if (tape[at])
                now = commands + now->amount;
            break;
        case END: return;
        }
}

int main(int argc, char *argv[])
{
    if (argc > 1 && !strcmp(argv[1], "--version"))
        return puts("bf " VERSION) < 0;
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    unsigned char *tape = calloc(CELLS, 1);
    if (!file || !tape)
        die("no file, or no memory for the tape");
    setvbuf(stdout, NULL, _IOLBF, 0);
    compile(file);
    fclose(file);
    run(tape);
    return fflush(stdout) ? 1 : 0;
}
