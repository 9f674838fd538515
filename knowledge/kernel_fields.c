/* Fields: which rows of atoms are scored as a whole, how long and how heavy they are, and which hold a term. */
#include "kernel.h"

/* units(atoms, roles, mask, window) -> (first_unit, owner, first, last), int32 as bytes. atoms[e] is entry e's first atom. Atoms
   whose role (a bit number) is in the mask count; they must be neighbours within an entry. Window 0: one unit an entry, of all
   of them; else every `window` neighbours are a unit, at least one unit for an entry that has such atoms. */
PyObject *kernel_units(PyObject *self, PyObject *args)
{
    PyObject *given[2], *result = NULL, *parts[4] = {NULL};
    unsigned int mask;
    int window;
    Py_buffer views[2] = {{0}};
    if (!PyArg_ParseTuple(args, "OOIi", &given[0], &given[1], &mask, &window))
        return NULL;
    if (kernel_take(given[0], &views[0], 'q', READABLE, "atoms") < 0 ||
        kernel_take(given[1], &views[1], 'B', READABLE, "roles") < 0)
        goto done;
    const int64_t *atoms = views[0].buf;
    const uint8_t *roles = views[1].buf;
    Py_ssize_t entries = kernel_length(&views[0]) - 1, count = kernel_length(&views[1]), most = count + entries;
    if (window < 0 || most >= INT32_MAX || !kernel_ascends(atoms, entries + 1, count)) {
        kernel_refuse("atoms must ascend from 0 to the number of roles");
        goto done;
    }
    int32_t *first_unit = malloc(((size_t)entries + 1) * sizeof(int32_t)), *owner = malloc(((size_t)most + 1) * sizeof(int32_t));
    int32_t *first = malloc(((size_t)most + 1) * sizeof(int32_t)), *last = malloc(((size_t)most + 1) * sizeof(int32_t));
    Py_ssize_t unit = 0;
    int sound = 1;
    if (first_unit == NULL || owner == NULL || first == NULL || last == NULL) {
        PyErr_NoMemory();
        goto free_all;
    }
    for (Py_ssize_t entry = 0; sound && entry < entries; entry++) {
        int32_t begin = -1, end = -1;
        first_unit[entry] = (int32_t)unit;
        for (int64_t atom = atoms[entry]; sound && atom < atoms[entry + 1]; atom++) {
            sound = roles[atom] < 32;
            if (!sound || !(mask >> roles[atom] & 1))
                continue;
            sound = begin < 0 || end == atom;
            begin = begin < 0 ? (int32_t)atom : begin;
            end = (int32_t)atom + 1;
        }
        if (begin < 0 && window)
            continue;
        begin = begin < 0 ? (int32_t)atoms[entry] : begin;
        end = end < 0 ? begin : end;
        int32_t wide = window ? window : end - begin;
        for (int32_t place = begin; place == begin || place + wide <= end; place++) {
            owner[unit] = (int32_t)entry;
            first[unit] = place;
            last[unit++] = place + wide < end ? place + wide : end;
            if (!window)
                break;
        }
    }
    first_unit[entries] = (int32_t)unit;
    if (!sound) {
        kernel_refuse("the atoms of a field must be neighbours, with roles below 32");
        goto free_all;
    }
    parts[0] = kernel_bytes(first_unit, (entries + 1) * (Py_ssize_t)sizeof(int32_t));
    parts[1] = kernel_bytes(owner, unit * (Py_ssize_t)sizeof(int32_t));
    parts[2] = kernel_bytes(first, unit * (Py_ssize_t)sizeof(int32_t));
    parts[3] = kernel_bytes(last, unit * (Py_ssize_t)sizeof(int32_t));
    if (parts[0] != NULL && parts[1] != NULL && parts[2] != NULL && parts[3] != NULL)
        result = PyTuple_Pack(4, parts[0], parts[1], parts[2], parts[3]);
free_all:
    for (int part = 0; part < 4; part++)
        Py_XDECREF(parts[part]);
    free(first_unit);
    free(owner);
    free(first);
    free(last);
done:
    kernel_release(views, 2);
    return result;
}

enum { STARTS, TERMS, COUNTS, FIRST, LAST, EXTRA, VIEWS };

static const char types[] = {'q', 'i', 'B', 'i', 'i'};
static const char *names[] = {"starts", "terms", "counts", "first", "last"};

/* Takes the arrays of one kind's atoms and of one field's units, and sees that they fit together. */
static int took(PyObject **given, Py_buffer *views, Py_ssize_t term_count)
{
    for (int view = 0; view < EXTRA; view++)
        if (kernel_take(given[view], &views[view], types[view], READABLE, names[view]) < 0)
            return -1;
    Py_ssize_t postings = kernel_length(&views[TERMS]), atoms = kernel_length(&views[STARTS]) - 1;
    Py_ssize_t units = kernel_length(&views[FIRST]);
    if (term_count < 0 || term_count > INT32_MAX || units >= INT32_MAX)
        return kernel_refuse("too many terms or units");
    if (kernel_length(&views[COUNTS]) != postings || !kernel_ascends(views[STARTS].buf, atoms + 1, postings))
        return kernel_refuse("starts must ascend from 0 to the number of postings");
    const int32_t *terms = views[TERMS].buf, *first = views[FIRST].buf, *last = views[LAST].buf;
    if (kernel_length(&views[LAST]) != units)
        return kernel_refuse("every unit needs a first and a last atom");
    for (Py_ssize_t unit = 0; unit < units; unit++)
        if (first[unit] < 0 || first[unit] > last[unit] || last[unit] > atoms)
            return kernel_refuse("a unit must be a row of atoms");
    for (Py_ssize_t posting = 0; posting < postings; posting++)
        if (terms[posting] < 0 || terms[posting] >= term_count)
            return kernel_refuse("a posting's term is not among the terms");
    return 0;
}

/* tally(starts, terms, counts, first, last, term_count) -> (frequency, length), int32 as bytes. */
PyObject *kernel_tally(PyObject *self, PyObject *args)
{
    PyObject *given[EXTRA], *result = NULL, *frequencies = NULL, *lengths = NULL;
    Py_ssize_t term_count;
    Py_buffer views[VIEWS] = {{0}};
    int32_t *seen = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOn", &given[0], &given[1], &given[2], &given[3], &given[4], &term_count))
        return NULL;
    if (took(given, views, term_count) < 0)
        goto done;
    const int64_t *starts = views[STARTS].buf;
    const int32_t *terms = views[TERMS].buf, *first = views[FIRST].buf, *last = views[LAST].buf;
    const uint8_t *counts = views[COUNTS].buf;
    Py_ssize_t units = kernel_length(&views[FIRST]);
    frequencies = PyBytes_FromStringAndSize(NULL, term_count * (Py_ssize_t)sizeof(int32_t));
    lengths = PyBytes_FromStringAndSize(NULL, units * (Py_ssize_t)sizeof(int32_t));
    seen = calloc((size_t)term_count + 1, sizeof *seen);
    if (frequencies == NULL || lengths == NULL || seen == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    int32_t *frequency = (int32_t *)PyBytes_AS_STRING(frequencies), *length = (int32_t *)PyBytes_AS_STRING(lengths);
    Py_BEGIN_ALLOW_THREADS
    memset(frequency, 0, (size_t)term_count * sizeof *frequency);
    for (Py_ssize_t unit = 0; unit < units; unit++) {
        int64_t sum = 0;
        for (int64_t place = starts[first[unit]]; place < starts[last[unit]]; place++) {
            sum += counts[place];
            if (seen[terms[place]] != unit + 1) {
                seen[terms[place]] = (int32_t)unit + 1;
                frequency[terms[place]]++;
            }
        }
        length[unit] = sum < INT32_MAX ? (int32_t)sum : INT32_MAX;
    }
    Py_END_ALLOW_THREADS
    result = PyTuple_Pack(2, frequencies, lengths);
done:
    free(seen);
    Py_XDECREF(frequencies);
    Py_XDECREF(lengths);
    kernel_release(views, VIEWS);
    return result;
}

/* weigh(starts, terms, counts, first, last, weights) -> bytes of float32: for each unit the sum over its distinct terms. */
PyObject *kernel_weigh(PyObject *self, PyObject *args)
{
    PyObject *given[EXTRA + 1], *bytes = NULL;
    Py_buffer views[VIEWS] = {{0}};
    int32_t *seen = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOO", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5]))
        return NULL;
    if (kernel_take(given[EXTRA], &views[EXTRA], 'd', READABLE, "weights") < 0 ||
        took(given, views, kernel_length(&views[EXTRA])) < 0)
        goto done;
    const int64_t *starts = views[STARTS].buf;
    const int32_t *terms = views[TERMS].buf, *first = views[FIRST].buf, *last = views[LAST].buf;
    const double *weights = views[EXTRA].buf;
    Py_ssize_t units = kernel_length(&views[FIRST]);
    bytes = PyBytes_FromStringAndSize(NULL, units * (Py_ssize_t)sizeof(float));
    seen = calloc((size_t)kernel_length(&views[EXTRA]) + 1, sizeof *seen);
    if (bytes == NULL || seen == NULL) {
        Py_CLEAR(bytes);
        PyErr_NoMemory();
        goto done;
    }
    float *sums = (float *)PyBytes_AS_STRING(bytes);
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t unit = 0; unit < units; unit++) {
        double sum = 0;
        for (int64_t place = starts[first[unit]]; place < starts[last[unit]]; place++)
            if (seen[terms[place]] != unit + 1) {
                seen[terms[place]] = (int32_t)unit + 1;
                sum += weights[terms[place]];
            }
        sums[unit] = (float)sum;
    }
    Py_END_ALLOW_THREADS
done:
    free(seen);
    kernel_release(views, VIEWS);
    return bytes;
}

/* How much of a term's weight a unit of some length earns for holding it so often, without the factor K1 + 1: 0 to 1. */
static double earned(double often, double length, double mean)
{
    return often / (often + BM25_K1 * (1 - BM25_B + BM25_B * length / mean));
}

/* invert(starts, terms, counts, first, last, frequency, length, mean) -> (starts: int64, units: int32, impacts: uint16,
   most: uint16), as bytes: for each term the units that hold it in ascending order, with their impacts (1 is 65535), and its
   highest impact. frequency and length are what `tally` says of the same units. */
PyObject *kernel_invert(PyObject *self, PyObject *args)
{
    PyObject *given[EXTRA + 1], *given_length, *result = NULL, *parts[4] = {NULL};
    Py_buffer views[VIEWS] = {{0}}, lengths = {0};
    double mean;
    int64_t *next = NULL;
    int32_t *seen = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOOOd", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5], &given_length, &mean))
        return NULL;
    if (kernel_take(given[EXTRA], &views[EXTRA], 'i', READABLE, "frequency") < 0 ||
        kernel_take(given_length, &lengths, 'i', READABLE, "length") < 0 ||
        took(given, views, kernel_length(&views[EXTRA])) < 0)
        goto done;
    const int64_t *starts = views[STARTS].buf;
    const int32_t *terms = views[TERMS].buf, *first = views[FIRST].buf, *last = views[LAST].buf, *length = lengths.buf;
    const int32_t *frequency = views[EXTRA].buf;
    const uint8_t *counts = views[COUNTS].buf;
    Py_ssize_t units = kernel_length(&views[FIRST]), term_count = kernel_length(&views[EXTRA]);
    int64_t total = 0;
    for (Py_ssize_t term = 0; term < term_count; term++)
        total += frequency[term] > 0 ? frequency[term] : 0;
    int sound = kernel_length(&lengths) == units && mean > 0;
    for (Py_ssize_t unit = 0; sound && unit < units; unit++)
        sound = length[unit] >= 0;
    if (!sound) {
        kernel_refuse("every unit needs a length, and the mean must be above 0");
        goto done;
    }
    if (total > kernel_length(&views[TERMS]) * (int64_t)(units + 1)) {
        kernel_refuse("the frequencies are not those of the units");
        goto done;
    }
    parts[0] = PyBytes_FromStringAndSize(NULL, (term_count + 1) * (Py_ssize_t)sizeof(int64_t));
    parts[1] = PyBytes_FromStringAndSize(NULL, total * (Py_ssize_t)sizeof(int32_t));
    parts[2] = PyBytes_FromStringAndSize(NULL, total * (Py_ssize_t)sizeof(uint16_t));
    parts[3] = PyBytes_FromStringAndSize(NULL, term_count * (Py_ssize_t)sizeof(uint16_t));
    next = malloc(((size_t)term_count + 1) * sizeof *next);
    seen = calloc((size_t)term_count + 1, sizeof *seen);
    if (parts[0] == NULL || parts[1] == NULL || parts[2] == NULL || parts[3] == NULL || next == NULL || seen == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    int64_t *list = (int64_t *)PyBytes_AS_STRING(parts[0]);
    int32_t *unit_of = (int32_t *)PyBytes_AS_STRING(parts[1]);
    uint16_t *impacts = (uint16_t *)PyBytes_AS_STRING(parts[2]), *most = (uint16_t *)PyBytes_AS_STRING(parts[3]);
    Py_BEGIN_ALLOW_THREADS
    list[0] = 0;
    for (Py_ssize_t term = 0; term < term_count; term++) {
        next[term] = list[term];
        list[term + 1] = list[term] + (frequency[term] > 0 ? frequency[term] : 0);
    }
    for (Py_ssize_t unit = 0; sound && unit < units; unit++)
        for (int64_t place = starts[first[unit]]; sound && place < starts[last[unit]]; place++) {
            int32_t term = terms[place];
            if (seen[term] != unit + 1) {
                seen[term] = (int32_t)unit + 1;
                sound = next[term] < list[term + 1];
                if (!sound)
                    break;
                unit_of[next[term]] = (int32_t)unit;
                impacts[next[term]++] = counts[place];
            } else {
                /* For now the impacts hold how often the term stands in the unit. */
                int sum = impacts[next[term] - 1] + counts[place];
                impacts[next[term] - 1] = (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
            }
        }
    for (Py_ssize_t term = 0; sound && term < term_count; term++) {
        sound = next[term] == list[term + 1];
        most[term] = 0;
        for (int64_t place = list[term]; sound && place < list[term + 1]; place++) {
            double share = earned(impacts[place], length[unit_of[place]], mean);
            int impact = (int)(share * IMPACT_SCALE + 0.5);
            impacts[place] = (uint16_t)(impact < 1 ? 1 : impact);
            most[term] = impacts[place] > most[term] ? impacts[place] : most[term];
        }
    }
    Py_END_ALLOW_THREADS
    if (!sound)
        kernel_refuse("the frequencies are not those of the units");
    else
        result = PyTuple_Pack(4, parts[0], parts[1], parts[2], parts[3]);
done:
    for (int part = 0; part < 4; part++)
        Py_XDECREF(parts[part]);
    free(next);
    free(seen);
    kernel_release(&lengths, 1);
    kernel_release(views, VIEWS);
    return result;
}
