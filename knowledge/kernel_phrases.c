/* Phrases: many short texts looked for in a text at once, and sets of pairs of characters. */
#include "kernel_close.h"

int run_add(Run *run, PyObject *text)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), wanted = run->count + length;
    if (wanted > run->room || run->points == NULL) {
        Py_ssize_t room = 2 * wanted + 64;
        Py_UCS4 *points = PyMem_Realloc(run->points, (size_t)room * sizeof *points);
        if (points == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        run->points = points;
        run->room = room;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (Py_ssize_t place = 0; place < length; place++)
        run->points[run->count++] = PyUnicode_READ(kind, data, place);
    return 0;
}

int run_letters(Run *run, const Run *text, Py_ssize_t most)
{
    run->count = 0;
    if (text->count > run->room || run->points == NULL) {
        Py_UCS4 *points = PyMem_Realloc(run->points, ((size_t)text->count + 64) * sizeof *points);
        if (points == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        run->points = points;
        run->room = text->count + 64;
    }
    for (Py_ssize_t place = 0; place < text->count && run->count < most; place++)
        if (Py_UNICODE_ISALNUM(text->points[place]))
            run->points[run->count++] = text->points[place];
    return 0;
}

static size_t slot_of(const Pairs *pairs, uint64_t key)
{
    size_t slot = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32) & pairs->mask;
    while (pairs->stamps[slot] == pairs->now && pairs->keys[slot] != key)
        slot = (slot + 1) & pairs->mask;
    return slot;
}

int pairs_begin(Pairs *pairs, Py_ssize_t most)
{
    size_t slots = 64;
    while (slots < 2 * (size_t)most)
        slots *= 2;
    pairs->count = 0;
    if (pairs->keys != NULL && slots <= pairs->mask + 1 && pairs->now < UINT32_MAX) {
        pairs->now++;
        return 0;
    }
    pairs_free(pairs);
    pairs->keys = PyMem_Malloc(slots * sizeof *pairs->keys);
    pairs->stamps = PyMem_Calloc(slots, sizeof *pairs->stamps);
    if (pairs->keys == NULL || pairs->stamps == NULL) {
        pairs_free(pairs);
        PyErr_NoMemory();
        return -1;
    }
    pairs->now = 1;
    pairs->mask = slots - 1;
    return 0;
}

int pairs_put(Pairs *pairs, uint64_t key)
{
    size_t slot = slot_of(pairs, key);
    if (pairs->stamps[slot] == pairs->now)
        return 0;
    pairs->stamps[slot] = pairs->now;
    pairs->keys[slot] = key;
    pairs->count++;
    return 1;
}

int pairs_has(const Pairs *pairs, uint64_t key)
{
    return pairs->stamps[slot_of(pairs, key)] == pairs->now;
}

void pairs_free(Pairs *pairs)
{
    PyMem_Free(pairs->keys);
    PyMem_Free(pairs->stamps);
    *pairs = (Pairs){0};
}

/* The phrases that begin with a character, as the first of them + 1; 0 for none. */
static uint32_t beginning_with(const Phrases *self, Py_UCS4 point)
{
    if (!(self->filter[(point & (SOUNDS - 1)) / 8] >> (point & 7) & 1))
        return 0;
    size_t slot = (point * 2654435761u) & self->mask;
    while (self->first[slot]) {
        if (self->points[self->start[self->first[slot] - 1]] == point)
            return self->first[slot];
        slot = (slot + 1) & self->mask;
    }
    return 0;
}

static int stands(const Phrases *self, Py_ssize_t phrase, const Run *text, Py_ssize_t place)
{
    int32_t length = self->start[phrase + 1] - self->start[phrase];
    if (length > text->count - place || (self->last[phrase] && place + length != text->count))
        return 0;
    return memcmp(self->points + self->start[phrase], text->points + place, (size_t)length * sizeof(Py_UCS4)) == 0;
}

uint32_t phrases_any(const Phrases *self, const Run *text)
{
    uint32_t found = 0;
    for (Py_ssize_t place = 0; place < text->count; place++) {
        uint32_t phrase = beginning_with(self, text->points[place]);
        for (Py_ssize_t next = (Py_ssize_t)phrase - 1; phrase && next < self->count; next++) {
            if (self->points[self->start[next]] != text->points[place])
                break;
            if (stands(self, next, text, place))
                found |= (uint32_t)1 << self->values[next];
        }
    }
    return found;
}

Py_ssize_t phrases_longest(const Phrases *self, const Run *text, int32_t *values, Py_ssize_t room)
{
    Py_ssize_t found = 0;
    for (Py_ssize_t place = 0; place < text->count;) {
        uint32_t phrase = beginning_with(self, text->points[place]);
        Py_ssize_t step = 1;
        for (Py_ssize_t next = (Py_ssize_t)phrase - 1; phrase && next < self->count; next++) {
            if (self->points[self->start[next]] != text->points[place])
                break;
            if (!stands(self, next, text, place))
                continue;
            step = self->start[next + 1] - self->start[next];
            if (found < room)
                values[found++] = self->values[next];
            break;
        }
        place += step;
    }
    return found;
}

/* Reads the phrases, which must come sorted: those with the same first character in a row. */
static int filled(Phrases *self, PyObject *phrases, const Py_buffer *values, const Py_buffer *last)
{
    size_t slots = 16, total = 0;
    for (Py_ssize_t phrase = 0; phrase < self->count; phrase++) {
        PyObject *text = PyTuple_GET_ITEM(phrases, phrase);
        if (!PyUnicode_Check(text) || !PyUnicode_GET_LENGTH(text) || ((const int32_t *)values->buf)[phrase] < 0)
            return kernel_refuse("every phrase needs a character and a value that is not below 0");
        total += (size_t)PyUnicode_GET_LENGTH(text);
    }
    if (total > INT32_MAX / 2)
        return kernel_refuse("the phrases are too long");
    while (slots < 2 * (size_t)self->count)
        slots *= 2;
    self->mask = slots - 1;
    self->points = PyMem_Malloc((total + 1) * sizeof *self->points);
    self->start = PyMem_Malloc(((size_t)self->count + 1) * sizeof *self->start);
    self->values = PyMem_Malloc(((size_t)self->count + 1) * sizeof *self->values);
    self->last = PyMem_Malloc((size_t)self->count + 1);
    self->first = PyMem_Calloc(slots, sizeof *self->first);
    if (self->points == NULL || self->start == NULL || self->values == NULL || self->last == NULL || self->first == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int32_t end = 0;
    for (Py_ssize_t phrase = 0; phrase < self->count; phrase++) {
        PyObject *text = PyTuple_GET_ITEM(phrases, phrase);
        self->start[phrase] = end;
        self->values[phrase] = ((const int32_t *)values->buf)[phrase];
        self->last[phrase] = ((const uint8_t *)last->buf)[phrase];
        self->most = self->values[phrase] > self->most ? self->values[phrase] : self->most;
        for (Py_ssize_t place = 0; place < PyUnicode_GET_LENGTH(text); place++)
            self->points[end++] = PyUnicode_READ_CHAR(text, place);
        Py_UCS4 point = self->points[self->start[phrase]];
        if (phrase && self->points[self->start[phrase - 1]] == point)
            continue;
        if (beginning_with(self, point))
            return kernel_refuse("phrases with the same first character must stand in a row");
        size_t slot = (point * 2654435761u) & self->mask;
        while (self->first[slot])
            slot = (slot + 1) & self->mask;
        self->first[slot] = (uint32_t)phrase + 1;
        self->filter[(point & (SOUNDS - 1)) / 8] |= (uint8_t)(1 << (point & 7));
    }
    self->start[self->count] = end;
    return 0;
}

static PyObject *phrases_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"phrases", "values", "last", NULL};
    PyObject *phrases, *given[2];
    Py_buffer views[2] = {{0}};
    if (!PyArg_ParseTupleAndKeywords(args, names, "O!OO", keywords, &PyTuple_Type, &phrases, &given[0], &given[1]))
        return NULL;
    Phrases *self = (Phrases *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->count = PyTuple_GET_SIZE(phrases);
    int failed = kernel_take(given[0], &views[0], 'i', READABLE, "values") < 0 ||
                 kernel_take(given[1], &views[1], 'B', READABLE, "last") < 0;
    if (!failed && (kernel_length(&views[0]) != self->count || kernel_length(&views[1]) != self->count))
        failed = kernel_refuse("every phrase needs a value and a mark") < 0;
    failed = failed || filled(self, phrases, &views[0], &views[1]) < 0;
    kernel_release(views, 2);
    if (failed) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void phrases_free(Phrases *self)
{
    PyMem_Free(self->points);
    PyMem_Free(self->start);
    PyMem_Free(self->values);
    PyMem_Free(self->last);
    PyMem_Free(self->first);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* any(text) -> int: a bit for the value of every phrase that stands in the text. */
static PyObject *phrases_any_method(Phrases *self, PyObject *text)
{
    Run run = {0};
    if (!PyUnicode_Check(text) || self->most > 31) {
        kernel_refuse("a text must be a str, and the values below 32");
        return NULL;
    }
    PyObject *result = run_add(&run, text) < 0 ? NULL : PyLong_FromUnsignedLong(phrases_any(self, &run));
    PyMem_Free(run.points);
    return result;
}

/* longest(text) -> bytes of int32: the values of the phrases in the text, of overlapping ones the leftmost and longest. */
static PyObject *phrases_longest_method(Phrases *self, PyObject *text)
{
    Run run = {0};
    PyObject *result = NULL;
    if (!PyUnicode_Check(text)) {
        kernel_refuse("a text must be a str");
        return NULL;
    }
    int32_t *values = PyMem_Malloc(((size_t)PyUnicode_GET_LENGTH(text) + 1) * sizeof *values);
    if (values == NULL)
        PyErr_NoMemory();
    else if (run_add(&run, text) == 0)
        result = kernel_bytes(values, phrases_longest(self, &run, values, run.count) * (Py_ssize_t)sizeof *values);
    PyMem_Free(values);
    PyMem_Free(run.points);
    return result;
}

static PyMethodDef methods[] = {
    {"any", (PyCFunction)phrases_any_method, METH_O, "A bit for the value of every phrase in a text."},
    {"longest", (PyCFunction)phrases_longest_method, METH_O, "The values of the phrases in a text, the leftmost and longest."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject KernelPhrasesType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "knowledge.kernel.Phrases",
    .tp_doc = "Phrases with a value each.",
    .tp_basicsize = sizeof(Phrases),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = phrases_new,
    .tp_dealloc = (destructor)phrases_free,
    .tp_methods = methods,
};
