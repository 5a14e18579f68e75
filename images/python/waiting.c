/* waiting: makes a pre-started Python wait for the program that it is to run.
 *
 * Started as `python3 /usr/local/lib/gistrun/waiting.so`, Python gets as far as it can without the program. It has
 * initialised everything and is importing `site`, and the last step of that (sitecustomize) imports this module. The
 * module reads the command line of the run from process 1. It puts it where the configuration and `sys` hold the
 * command line that Python was started with. It arranges to be unloaded, and its import fails. Python then continues as
 * it always does, with its own code: it finds sys.path[0], opens the file, runs it, prints the traceback, and ends.
 *
 * A kernel without CONFIG_CHECKPOINT_RESTORE does not let the command line be replaced, and the program could see that
 * in /proc/self/cmdline. In that case this process ends, and process 1 starts the program in the ordinary way.
 */

#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define COMMAND_LINE 63 /* process 1 writes to this descriptor; supervisor/spawn.c has the same number */
#define MOST (1 << 20)
#define NOT_SO 71       /* exit status if this way of starting a program does not work */

/* The interpreter's configuration, which main() reads afterwards. It is exported, but not declared for extensions. */
PyAPI_FUNC(const PyConfig *) _Py_GetConfig(void);

static struct prctl_mm_map memory;

/* Reads how the kernel maps this process's memory, because it accepts a new map only as a whole. See proc(5),
 * /proc/pid/stat. */
static int read_memory_map(void)
{
    char text[4096], *word, *place;
    unsigned long long field[52] = {0};
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0)
        return -1;
    text[size] = 0;
    if (!(word = strrchr(text, ')')))
        return -1;
    word = strtok_r(word + 1, " ", &place);
    for (int i = 3; word && i < 52; i++, word = strtok_r(NULL, " ", &place))
        field[i] = strtoull(word, NULL, 10);
    memory = (struct prctl_mm_map){
        .start_code = field[26], .end_code = field[27],   .start_stack = field[28], .start_data = field[45],
        .end_data = field[46],   .start_brk = field[47],  .arg_start = field[48],   .arg_end = field[49],
        .env_start = field[50],  .env_end = field[51],    .exe_fd = (unsigned)-1,
    };
    return 0;
}

static int write_memory_map(void)
{
    memory.brk = (unsigned long long)sbrk(0);
    return prctl(PR_SET_MM, PR_SET_MM_MAP, &memory, sizeof memory, 0);
}

/* Reads all words, NUL after each, until process 1 closes its end. */
static char *read_words(size_t *size)
{
    char *words = malloc(MOST);
    ssize_t n = 1;
    for (*size = 0; words && *size < MOST; *size += (size_t)n)
        if ((n = read(COMMAND_LINE, words + *size, MOST - *size)) <= 0)
            break;
    return words;
}

/* Makes a path absolute, as Python does with the path of its main file (Python/fileutils.c, _Py_abspath, for POSIX). */
static wchar_t *absolute(const wchar_t *path)
{
    char folder[4096];
    wchar_t *start, *whole;
    if (*path == L'/' || !getcwd(folder, sizeof folder) || !(start = Py_DecodeLocale(folder, NULL)))
        return NULL;
    whole = PyMem_RawMalloc((wcslen(start) + wcslen(path) + 2) * sizeof *whole);
    if (whole) {
        wcscpy(whole, start);
        wcscat(whole, L"/");
        wcscat(whole, path);
    }
    PyMem_RawFree(start);
    return whole;
}

static int set_list(const char *name, const PyWideStringList *words)
{
    PyObject *list = PyList_New(words->length);
    for (Py_ssize_t i = 0; list && i < words->length; i++) {
        PyObject *word = PyUnicode_FromWideChar(words->items[i], -1);
        if (!word)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, i, word);
    }
    int failed = !list || PySys_SetObject(name, list);
    Py_XDECREF(list);
    return failed;
}

/* Changes the configuration as if Python had been started with these words. */
static int become(const char *words, size_t size)
{
    PyConfig *config = (PyConfig *)_Py_GetConfig();
    PyWideStringList all = {0, NULL};
    for (const char *word = words; word < words + size; word += strlen(word) + 1) {
        wchar_t *wide = Py_DecodeLocale(word, NULL);
        if (!wide || PyStatus_Exception(PyWideStringList_Append(&all, wide)))
            return -1;
        PyMem_RawFree(wide);
    }
    if (all.length < 2)
        return -1;
    wchar_t *file = absolute(all.items[1]);
    return PyStatus_Exception(PyConfig_SetString(config, &config->run_filename, file ? file : all.items[1])) ||
           PyStatus_Exception(PyConfig_SetWideStringList(config, &config->orig_argv, all.length, all.items)) ||
           PyStatus_Exception(PyConfig_SetWideStringList(config, &config->argv, all.length - 1, all.items + 1)) ||
           set_list("orig_argv", &config->orig_argv) || set_list("argv", &config->argv);
}

PyMODINIT_FUNC PyInit_waiting(void)
{
    size_t size;
    Dl_info ours;
    if (read_memory_map() || write_memory_map())
        _exit(NOT_SO);
    char *words = read_words(&size);
    close(COMMAND_LINE);
    if (!words || !size || words[size - 1] || become(words, size))
        _exit(NOT_SO);
    memory.arg_start = (unsigned long long)words; /* never freed: the kernel reads it here now */
    memory.arg_end = memory.arg_start + size;
    if (write_memory_map())
        _exit(NOT_SO);
    /* Nothing of this module should stay. We cannot unload code that is running, but Python can do it a moment later.
     * It calls dlclose() twice: for the dlopen() of the import, which Python does not undo if the import fails, and for
     * our own dlopen(). */
    if (dladdr((void *)PyInit_waiting, &ours)) {
        void *self = dlopen(ours.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        for (int i = 0; self && i < 2; i++)
            Py_AddPendingCall(dlclose, self);
    }
    PyErr_SetString(PyExc_ImportError, "waited");
    return NULL;
}
