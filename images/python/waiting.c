/* waiting: has a started Python wait for the program that it is to run.
 *
 * Started as `python3 /usr/local/lib/gistrun/waiting.so`, Python gets as far as it can without the program: everything
 * is initialised and `site` is being imported, whose last step (sitecustomize) imports this module. It reads the
 * command line of the run from process 1, puts it where the configuration and `sys` hold the one that Python was
 * started with, has itself unloaded, and fails to be imported. Python then goes on as it always does, with its own code:
 * it finds sys.path[0], opens the file, runs it, prints the traceback, ends.
 *
 * Where the kernel does not let the command line be replaced (CONFIG_CHECKPOINT_RESTORE), the program could tell from
 * /proc/self/cmdline; then this process ends, and process 1 starts the program in the ordinary way.
 */

#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define COMMAND_LINE 63 /* the descriptor from which process 1 is read; supervisor/spawn.c has the same number */
#define MOST (1 << 20)
#define NOT_SO 71

/* Not declared for extensions, but exported: the configuration of the interpreter, which main() reads afterwards. */
PyAPI_FUNC(const PyConfig *) _Py_GetConfig(void);

static struct prctl_mm_map memory;

/* What the kernel has of this process's memory: it takes the map as a whole only. proc(5), /proc/pid/stat. */
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

/* All words, NUL after each, until process 1 closes its end. */
static char *read_words(size_t *size)
{
    char *words = malloc(MOST);
    ssize_t n = 1;
    for (*size = 0; words && *size < MOST; *size += (size_t)n)
        if ((n = read(COMMAND_LINE, words + *size, MOST - *size)) <= 0)
            break;
    return words;
}

/* As Python makes the path of its main file absolute (Python/fileutils.c, _Py_abspath, for POSIX). */
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

/* The configuration as if Python had been started with these words. */
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
    memory.arg_start = (unsigned long long)words; /* kept for ever: this is where the kernel reads it now */
    memory.arg_end = memory.arg_start + size;
    if (write_memory_map())
        _exit(NOT_SO);
    /* Nothing of us is to be left. We cannot unload the code that is running; Python can, a moment later. Once for the
     * dlopen() of the import, which nobody takes back where it fails, and once for our own. */
    if (dladdr((void *)PyInit_waiting, &ours)) {
        void *self = dlopen(ours.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        for (int i = 0; self && i < 2; i++)
            Py_AddPendingCall(dlclose, self);
    }
    PyErr_SetString(PyExc_ImportError, "waited");
    return NULL;
}
