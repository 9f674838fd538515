/* The kernel: the inner loops of the search, over flat arrays. docs/adr/0025-a-kernel-in-c.md says why it is written in C.

   Everything that comes in is checked; what is wrong raises ValueError. Functions that build release the GIL; those that serve a
   question keep it, because they take microseconds and waiting for the GIL again could take milliseconds. */
#define _GNU_SOURCE
#include "kernel.h"
#ifdef __linux__
#include <sys/mman.h>
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* since Linux 6.1; older ones refuse it */
#endif
#endif

int kernel_refuse(const char *why)
{
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, why);
    return -1;
}

static int right_type(const char *format, Py_ssize_t itemsize, char type)
{
    static const char *alike[] = {"B", "H", "il", "ql", "QL", "f", "d", "?", "b"};
    static const Py_ssize_t sizes[] = {1, 2, 4, 8, 8, 4, 8, 1, 1};
    if (format == NULL)
        format = "B";
    if (*format == '<' || *format == '=' || *format == '@')
        format++;
    for (int kind = 0; kind < 9; kind++)
        if (alike[kind][0] == type)
            return format[0] && !format[1] && strchr(alike[kind], format[0]) && itemsize == sizes[kind];
    return 0;
}

int kernel_take(PyObject *given, Py_buffer *view, char type, int use, const char *name)
{
    int flags = PyBUF_FORMAT | PyBUF_C_CONTIGUOUS | (use == WRITABLE ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(given, view, flags) < 0) {
        view->obj = NULL;
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s must be a contiguous %sbuffer", name, use == WRITABLE ? "writable " : "");
        return -1;
    }
    if (PyBytes_CheckExact(given)) {
        /* What the kernel gave back as bytes comes in again as the numbers it is. */
        static const char letters[] = "BHiqQfd?b";
        static const Py_ssize_t sizes[] = {1, 2, 4, 8, 8, 4, 8, 1, 1};
        view->itemsize = sizes[strchr(letters, type) - letters];
        if (view->len % view->itemsize) {
            PyErr_Format(PyExc_ValueError, "%s must hold numbers of type '%c'", name, type);
            return -1;
        }
    } else if (!right_type(view->format, view->itemsize, type)) {
        PyErr_Format(PyExc_ValueError, "%s must hold numbers of type '%c'", name, type);
        return -1;
    }
    if (use == FROZEN && !view->readonly) {
        PyErr_Format(PyExc_ValueError, "%s must be read-only", name);
        return -1;
    }
    return 0;
}

void kernel_release(Py_buffer *views, int count)
{
    for (int number = 0; number < count; number++)
        if (views[number].obj != NULL)
            PyBuffer_Release(&views[number]);
}

PyObject *kernel_bytes(const void *from, Py_ssize_t size)
{
    return PyBytes_FromStringAndSize(from, size);
}

int kernel_ascends(const int64_t *starts, Py_ssize_t count, int64_t end)
{
    if (count < 1 || starts[0] != 0 || starts[count - 1] != end)
        return 0;
    for (Py_ssize_t place = 1; place < count; place++)
        if (starts[place] < starts[place - 1])
            return 0;
    return 1;
}

#define HUGE_PAGE ((size_t)2 << 20)

void kernel_huge(void *start, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    uintptr_t begin = ((uintptr_t)start + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uintptr_t end = ((uintptr_t)start + size) / HUGE_PAGE * HUGE_PAGE;
    if (end <= begin)
        return;
    /* Both are wishes: where they are not granted, questions are slower and nothing else. */
    madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#ifdef MADV_COLLAPSE
    madvise((void *)begin, end - begin, MADV_COLLAPSE);
#endif
#endif
}

void *kernel_scratch(Scratch *scratch, size_t size)
{
    if (size > scratch->size) {
        size_t wanted = size + size / 2 + 64;
        wanted = wanted < HUGE_PAGE / 8 ? (wanted + 63) / 64 * 64 : (wanted + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        void *memory = aligned_alloc(wanted < HUGE_PAGE ? 64 : HUGE_PAGE, wanted);
        if (memory == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        kernel_huge(memory, wanted);
        memset(memory, 0, wanted);
        free(scratch->memory);
        scratch->memory = memory;
        scratch->size = wanted;
    }
    return scratch->memory;
}

static PyMethodDef functions[] = {
    {"gather_grams", kernel_gather_grams, METH_VARARGS, "The runs of characters of many texts, counted text by text."},
    {"gather_numbers", kernel_gather_numbers, METH_VARARGS, "Occurrences of numbered terms, counted text by text."},
    {"units", kernel_units, METH_VARARGS, "The units of a field, from the roles of the texts."},
    {"tally", kernel_tally, METH_VARARGS, "In how many units each term stands, and how long each unit is."},
    {"weigh", kernel_weigh, METH_VARARGS, "The sum of the weights of each unit's terms."},
    {"invert", kernel_invert, METH_VARARGS, "The units of each term with their impacts."},
    {"splice", kernel_splice, METH_VARARGS, "The chosen texts of several sources in a row."},
    {"ask_grams", kernel_ask_grams, METH_VARARGS, "The runs of characters of a question, found in vocabularies."},
    {"weighed", kernel_weighed, METH_VARARGS, "What the terms of a question weigh."},
    {"shortlist", kernel_shortlist, METH_VARARGS, "The most promising of many measured candidates."},
    {"fingerprints", kernel_fingerprints, METH_VARARGS, "A number for each text's letters and digits."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "knowledge.kernel", "The inner loops of the search.", -1, functions, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_kernel(void)
{
    static PyTypeObject *types[] = {&KernelPostingsType, &KernelTreesType, &KernelPhrasesType, &KernelCloseType};
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    for (size_t type = 0; type < sizeof types / sizeof *types; type++)
        if (PyModule_AddType(module, types[type]) < 0) {
            Py_DECREF(module);
            return NULL;
        }
    PyObject *k1 = PyFloat_FromDouble(BM25_K1), *b = PyFloat_FromDouble(BM25_B);
    int failed = k1 == NULL || b == NULL || PyModule_AddObjectRef(module, "K1", k1) < 0 ||
                 PyModule_AddObjectRef(module, "B", b) < 0;
    Py_XDECREF(k1);
    Py_XDECREF(b);
    if (failed) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
