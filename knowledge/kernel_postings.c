/* Postings: built and checked once, and then asked without further checks. */
#include "kernel_postings.h"
#include "structmember.h"

#define OFTEN 32 /* a term is frequent that stands in one of so many units */
#define WITHOUT_LISTS LIST

static const char field_types[] = {'i', 'i', 'i', 'i', 'i', 'f', 'q', 'i', 'H', 'H'};
static const char *field_names[] = {"first_unit", "owner", "first", "last", "length", "weight", "list", "units", "impacts", "most"};

int kernel_within(const int32_t *numbers, Py_ssize_t count, Py_ssize_t end)
{
    int sound = 1;
    for (Py_ssize_t place = 0; place < count; place++)
        sound &= numbers[place] >= 0 && numbers[place] < end;
    return sound;
}

static int sound_lists(const Postings *self, const Py_buffer *field, Py_ssize_t units)
{
    const int64_t *list = field[LIST].buf;
    const int32_t *unit_of = field[UNITS].buf;
    Py_ssize_t postings = kernel_length(&field[UNITS]);
    if (kernel_length(&field[LIST]) != self->terms + 1 || kernel_length(&field[MOST]) != self->terms ||
        kernel_length(&field[IMPACTS]) != postings || !kernel_ascends(list, self->terms + 1, postings) ||
        !kernel_within(unit_of, postings, units))
        return 0;
    for (Py_ssize_t term = 0; term < self->terms; term++)
        for (int64_t place = list[term] + 1; place < list[term + 1]; place++)
            if (unit_of[place] <= unit_of[place - 1])
                return 0;
    return 1;
}

static int sound_field(const Postings *self, const Py_buffer *field)
{
    const int32_t *first_unit = field[FIRST_UNIT].buf, *owner = field[OWNER].buf;
    const int32_t *first = field[FIRST].buf, *last = field[LAST].buf, *length = field[LENGTH].buf;
    Py_ssize_t units = kernel_length(&field[OWNER]), atoms = kernel_length(&self->views[STARTS]) - 1;
    for (int view = OWNER; view <= WEIGHT; view++)
        if (kernel_length(&field[view]) != units)
            return 0;
    if (kernel_length(&field[FIRST_UNIT]) != self->entries + 1 || first_unit[0] != 0 || first_unit[self->entries] != units)
        return 0;
    for (Py_ssize_t entry = 0; entry < self->entries; entry++) {
        if (first_unit[entry + 1] < first_unit[entry] || first_unit[entry + 1] > units)
            return 0;
        for (int32_t unit = first_unit[entry]; unit < first_unit[entry + 1]; unit++)
            if (owner[unit] != entry || first[unit] < 0 || first[unit] > last[unit] || last[unit] > atoms || length[unit] < 0)
                return 0;
    }
    return field[LIST].obj == NULL || sound_lists(self, field, units);
}

static int marked(const Postings *self, const Py_buffer *field, Frequent *frequent)
{
    const int64_t *list = field[LIST].buf;
    const int32_t *unit_of = field[UNITS].buf;
    Py_ssize_t units = kernel_length(&field[OWNER]);
    size_t count = 0;
    for (Py_ssize_t term = 0; term < self->terms; term++)
        count += (list[term + 1] - list[term]) * OFTEN >= units && list[term + 1] > list[term];
    frequent->words = (size_t)units / 64 + 1;
    frequent->terms = malloc((count + 1) * sizeof *frequent->terms);
    frequent->ranks = malloc((count * frequent->words + 1) * sizeof *frequent->ranks);
    frequent->bits = calloc(count * frequent->words + 1, sizeof *frequent->bits);
    if (frequent->terms == NULL || frequent->ranks == NULL || frequent->bits == NULL)
        return 0;
    for (int32_t term = 0; term < self->terms; term++) {
        if ((list[term + 1] - list[term]) * OFTEN < units || list[term + 1] == list[term])
            continue;
        uint64_t *bits = frequent->bits + (size_t)frequent->count * frequent->words;
        int32_t *ranks = frequent->ranks + (size_t)frequent->count * frequent->words, before = 0;
        for (int64_t place = list[term]; place < list[term + 1]; place++)
            bits[unit_of[place] / 64] |= (uint64_t)1 << (unit_of[place] % 64);
        for (size_t word = 0; word < frequent->words; word++) {
            ranks[word] = before;
            before += (int32_t)__builtin_popcountll(bits[word]);
        }
        frequent->terms[frequent->count++] = term;
    }
    return 1;
}

/* Puts what the fields say of an entry side by side: what lies apart costs a wait for the memory each. */
static int packed(Postings *self)
{
    size_t total = 0, place = 0, fields = (size_t)self->field_count;
    for (size_t number = 0; number < fields; number++)
        total += (size_t)kernel_length(&self->fields[number][OWNER]);
    if (total >= INT32_MAX)
        return 0;
    self->units = malloc((total + 1) * sizeof *self->units);
    self->begin = malloc(((size_t)self->entries * fields + 1) * sizeof *self->begin);
    if (self->units == NULL || self->begin == NULL)
        return 0;
    for (size_t number = 0; number < fields; number++) {
        const int32_t *first_unit = self->fields[number][FIRST_UNIT].buf;
        Py_ssize_t entry = 0;
        while (entry <= self->entries && first_unit[entry] == entry)
            entry++;
        self->one_unit_each[number] = entry > self->entries;
    }
    for (Py_ssize_t entry = 0; entry < self->entries; entry++)
        for (size_t number = 0; number < fields; number++) {
            const Py_buffer *field = self->fields[number];
            const int32_t *first_unit = field[FIRST_UNIT].buf, *first = field[FIRST].buf, *last = field[LAST].buf;
            const int32_t *length = field[LENGTH].buf;
            const float *weight = field[WEIGHT].buf;
            self->begin[(size_t)entry * fields + number] = (int32_t)place;
            for (int32_t unit = first_unit[entry]; unit < first_unit[entry + 1]; unit++)
                self->units[place++] = (Unit){first[unit], last[unit], length[unit], weight[unit]};
        }
    self->begin[(size_t)self->entries * fields] = (int32_t)place;
    kernel_huge(self->units, (total + 1) * sizeof *self->units);
    kernel_huge(self->begin, ((size_t)self->entries * fields + 1) * sizeof *self->begin);
    return 1;
}

static int took_field(PyObject *given, Py_buffer *field)
{
    Py_ssize_t count = PyTuple_Check(given) ? PyTuple_GET_SIZE(given) : 0;
    if (count != WITHOUT_LISTS && count != FIELD_VIEWS)
        return kernel_refuse("a field is a tuple of 6 buffers, or of 10 with the lists of its terms");
    for (int view = 0; view < count; view++)
        if (kernel_take(PyTuple_GET_ITEM(given, view), &field[view], field_types[view], FROZEN, field_names[view]) < 0)
            return -1;
    return 0;
}

static int filled(Postings *self, PyObject *starts, PyObject *terms, PyObject *counts, PyObject *fields)
{
    if (kernel_take(starts, &self->views[STARTS], 'q', FROZEN, "starts") < 0 ||
        kernel_take(terms, &self->views[TERMS], 'i', FROZEN, "terms") < 0 ||
        kernel_take(counts, &self->views[COUNTS], 'B', FROZEN, "counts") < 0)
        return -1;
    if (PyTuple_GET_SIZE(fields) < 1 || PyTuple_GET_SIZE(fields) > MOST_FIELDS)
        return kernel_refuse("there are 1 to 8 fields");
    for (Py_ssize_t number = 0; number < PyTuple_GET_SIZE(fields); number++) {
        if (took_field(PyTuple_GET_ITEM(fields, number), self->fields[number]) < 0)
            return -1;
        self->field_count++;
    }
    self->entries = kernel_length(&self->fields[0][FIRST_UNIT]) - 1;
    Py_ssize_t postings = kernel_length(&self->views[TERMS]);
    int enough = 1, sound = self->terms >= 0 && self->terms < INT32_MAX && self->entries >= 0 &&
                kernel_length(&self->views[COUNTS]) == postings;
    Py_BEGIN_ALLOW_THREADS
    sound = sound && kernel_ascends(self->views[STARTS].buf, kernel_length(&self->views[STARTS]), postings) &&
            kernel_within(self->views[TERMS].buf, postings, self->terms);
    for (int number = 0; sound && number < self->field_count; number++)
        sound = sound_field(self, self->fields[number]);
    for (int number = 0; sound && enough && number < self->field_count; number++)
        if (self->fields[number][LIST].obj != NULL)
            enough = marked(self, self->fields[number], &self->frequent[number]);
    enough = enough && (!sound || packed(self));
    for (int view = 0; view < VIEWS; view++)
        kernel_huge(self->views[view].buf, (size_t)self->views[view].len);
    for (int number = 0; number < self->field_count; number++)
        for (int view = 0; view < FIELD_VIEWS; view++)
            if (self->fields[number][view].obj != NULL)
                kernel_huge(self->fields[number][view].buf, (size_t)self->fields[number][view].len);
    Py_END_ALLOW_THREADS
    if (!enough) {
        PyErr_NoMemory();
        return -1;
    }
    return sound ? 0 : kernel_refuse("the arrays of the postings do not fit together");
}

static PyObject *postings_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"terms", "starts", "postings", "counts", "fields", NULL};
    PyObject *starts, *terms, *counts, *fields;
    Py_ssize_t term_count;
    if (!PyArg_ParseTupleAndKeywords(args, names, "nOOOO!", keywords, &term_count, &starts, &terms, &counts, &PyTuple_Type, &fields))
        return NULL;
    Postings *self = (Postings *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->terms = term_count;
    if (filled(self, starts, terms, counts, fields) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void postings_free(Postings *self)
{
    free(self->units);
    free(self->begin);
    kernel_release(self->views, VIEWS);
    for (int number = 0; number < MOST_FIELDS; number++) {
        kernel_release(self->fields[number], FIELD_VIEWS);
        free(self->frequent[number].terms);
        free(self->frequent[number].ranks);
        free(self->frequent[number].bits);
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

int kernel_field(const Postings *self, int number)
{
    if (number < 0 || number >= self->field_count)
        return kernel_refuse("there is no such field");
    return 0;
}

/* A question's places: -1 or a term. */
int kernel_places(const Postings *self, const Py_buffer *places)
{
    const int32_t *place = places->buf;
    for (Py_ssize_t number = 0; number < kernel_length(places); number++)
        if (place[number] < -1 || place[number] >= self->terms)
            return kernel_refuse("a question's term is not among the terms");
    return 0;
}


/* held(field, entry, unit) -> bytes of int32: the distinct terms of an entry's unit (counted from 0; -1 for all of them), in the
   order they first stand there. */
static PyObject *postings_held(Postings *self, PyObject *args)
{
    int number;
    Py_ssize_t entry, chosen_unit;
    if (!PyArg_ParseTuple(args, "inn", &number, &entry, &chosen_unit) || kernel_field(self, number) < 0)
        return NULL;
    if (entry < 0 || entry >= self->entries) {
        kernel_refuse("there is no such entry");
        return NULL;
    }
    const Py_buffer *field = self->fields[number];
    const int32_t *first_unit = field[FIRST_UNIT].buf, *first = field[FIRST].buf, *last = field[LAST].buf;
    const int64_t *starts = self->views[STARTS].buf;
    const int32_t *terms = self->views[TERMS].buf;
    int32_t begin = first_unit[entry], end = first_unit[entry + 1];
    if (chosen_unit < -1 || chosen_unit >= end - begin) {
        kernel_refuse("the entry has no such unit");
        return NULL;
    }
    if (chosen_unit >= 0) {
        begin += (int32_t)chosen_unit;
        end = begin + 1;
    }
    int64_t total = 0;
    for (int32_t unit = begin; unit < end; unit++)
        total += starts[last[unit]] - starts[first[unit]];
    int32_t *found = PyMem_Malloc(((size_t)total + 1) * sizeof *found);
    size_t slots = 16;
    while (slots < 2 * (size_t)total)
        slots *= 2;
    int32_t *table = PyMem_Calloc(slots, sizeof *table);
    PyObject *result = NULL;
    if (found == NULL || table == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t count = 0;
    for (int32_t unit = begin; unit < end; unit++)
        for (int64_t place = starts[first[unit]]; place < starts[last[unit]]; place++) {
            size_t slot = ((uint32_t)terms[place] * 2654435761u) & (slots - 1);
            while (table[slot] && found[table[slot] - 1] != terms[place])
                slot = (slot + 1) & (slots - 1);
            if (!table[slot]) {
                found[count] = terms[place];
                table[slot] = (int32_t)++count;
            }
        }
    result = kernel_bytes(found, count * (Py_ssize_t)sizeof *found);
done:
    PyMem_Free(found);
    PyMem_Free(table);
    return result;
}

static PyMethodDef methods[] = {
    {"look", (PyCFunction)postings_look, METH_VARARGS, "The best entries of a field by BM25."},
    {"overlap", (PyCFunction)postings_overlap, METH_VARARGS, "How a question and each of some entries overlap, field by field."},
    {"held", (PyCFunction)postings_held, METH_VARARGS, "The distinct terms of an entry in a field."},
    {"shared", (PyCFunction)postings_shared, METH_VARARGS, "Which of a question's terms an entry holds in a field."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"terms", T_PYSSIZET, offsetof(Postings, terms), READONLY, "How many terms there are."},
    {"entries", T_PYSSIZET, offsetof(Postings, entries), READONLY, "How many entries there are."},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject KernelPostingsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "knowledge.kernel.Postings",
    .tp_doc = "One kind of term over the atoms of some entries.",
    .tp_basicsize = sizeof(Postings),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = postings_new,
    .tp_dealloc = (destructor)postings_free,
    .tp_methods = methods,
    .tp_members = members,
};
