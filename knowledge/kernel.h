/* What the parts of the kernel share: checked buffers and the scratch memory of a question. */
#ifndef MINGBAI_KERNEL_H
#define MINGBAI_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define BM25_K1 1.2
#define BM25_B 0.75
#define IMPACT_SCALE 65535.0

/* One argument: where its buffer goes, the type of its numbers ('B' 'H' 'i' 'q' 'Q' 'f' 'd' '?') and its name in an error.
   WRITABLE asks for one that may be written, FROZEN for one that nobody may write. */
enum { READABLE = 0, WRITABLE = 1, FROZEN = 2 };

int kernel_take(PyObject *given, Py_buffer *view, char type, int use, const char *name);
void kernel_release(Py_buffer *views, int count);
PyObject *kernel_bytes(const void *from, Py_ssize_t size);
int kernel_refuse(const char *why); /* sets ValueError; returns -1 */

/* The number of items of a view. */
static inline Py_ssize_t kernel_length(const Py_buffer *view)
{
    return view->itemsize ? view->len / view->itemsize : 0;
}

/* True if starts[0] is 0, the starts never fall, and the last is `end`. */
int kernel_ascends(const int64_t *starts, Py_ssize_t count, int64_t end);

/* Scratch memory that stays zeroed between calls; it is used only while the GIL is held and never across a release of it. */
typedef struct {
    void *memory;
    size_t size;
} Scratch;
/* Asks for huge pages: a question reads at thousands of places, and looking up so many small pages takes longer than reading. */
void kernel_huge(void *start, size_t size);
void *kernel_scratch(Scratch *scratch, size_t size); /* NULL with MemoryError */

extern PyTypeObject KernelPostingsType;
extern PyTypeObject KernelTreesType;
extern PyTypeObject KernelPhrasesType;
extern PyTypeObject KernelCloseType;

PyObject *kernel_gather_grams(PyObject *self, PyObject *args);
PyObject *kernel_gather_numbers(PyObject *self, PyObject *args);
PyObject *kernel_units(PyObject *self, PyObject *args);
PyObject *kernel_tally(PyObject *self, PyObject *args);
PyObject *kernel_weigh(PyObject *self, PyObject *args);
PyObject *kernel_invert(PyObject *self, PyObject *args);
PyObject *kernel_splice(PyObject *self, PyObject *args);

PyObject *kernel_ask_grams(PyObject *self, PyObject *args);
PyObject *kernel_weighed(PyObject *self, PyObject *args);
PyObject *kernel_shortlist(PyObject *self, PyObject *args);
PyObject *kernel_fingerprints(PyObject *self, PyObject *args);

#endif
