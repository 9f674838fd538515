/* Texts of a question: its runs of characters and what they weigh; fingerprints. */
#include "kernel.h"
#include <math.h>

#define BITS 21 /* every code point fits */
#define MOST_SIZE 3

static uint64_t mixed(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    return key ^ (key >> 33);
}

static int32_t place_of(const uint64_t *keys, Py_ssize_t count, uint64_t wanted)
{
    Py_ssize_t low = 0, high = count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (keys[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && keys[low] == wanted ? (int32_t)low : -1;
}

/* The distinct runs of `size` letters and digits in the order they come, and how often each does; their number. */
static Py_ssize_t distinct_runs(PyObject *text, int size, uint64_t *keys, int32_t *often, int32_t *table, size_t mask)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), found = 0, held = 0;
    uint64_t key = 0, whole = ((uint64_t)1 << (BITS * size)) - 1;
    for (Py_ssize_t place = 0; place < length; place++) {
        Py_UCS4 point = PyUnicode_READ(kind, data, place);
        if (!Py_UNICODE_ISALNUM(point)) {
            held = 0;
            continue;
        }
        key = ((key << BITS) | point) & whole;
        if (++held < size)
            continue;
        size_t slot = mixed(key) & mask;
        while (table[slot] && keys[table[slot] - 1] != key)
            slot = (slot + 1) & mask;
        if (!table[slot]) {
            keys[found] = key;
            often[found] = 0;
            table[slot] = (int32_t)++found;
        }
        often[table[slot] - 1]++;
    }
    return found;
}

/* ask_grams(text, size, (keys, ...)) -> (often: bytes of int32, (places: bytes of int32, ...)); a place is -1 where the sorted
   keys lack the run. */
PyObject *kernel_ask_grams(PyObject *self, PyObject *args)
{
    PyObject *text, *vocabularies, *result = NULL, *places = NULL;
    int size;
    if (!PyArg_ParseTuple(args, "UiO!", &text, &size, &PyTuple_Type, &vocabularies))
        return NULL;
    if (size < 1 || size > MOST_SIZE) {
        kernel_refuse("a run has 1 to 3 characters");
        return NULL;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (length > (1 << 28)) {
        kernel_refuse("the text is too long");
        return NULL;
    }
    size_t slots = 16;
    while (slots < 2 * (size_t)length)
        slots *= 2;
    uint64_t *keys = PyMem_Malloc(((size_t)length + 1) * sizeof *keys);
    int32_t *often = PyMem_Malloc(((size_t)length + 1) * sizeof *often);
    int32_t *table = PyMem_Calloc(slots, sizeof *table);
    if (keys == NULL || often == NULL || table == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    Py_ssize_t found = distinct_runs(text, size, keys, often, table, slots - 1);
    places = PyTuple_New(PyTuple_GET_SIZE(vocabularies));
    if (places == NULL)
        goto done;
    for (Py_ssize_t number = 0; number < PyTuple_GET_SIZE(vocabularies); number++) {
        Py_buffer known = {0};
        PyObject *bytes = NULL;
        if (kernel_take(PyTuple_GET_ITEM(vocabularies, number), &known, 'Q', READABLE, "keys") == 0 &&
            (bytes = PyBytes_FromStringAndSize(NULL, found * (Py_ssize_t)sizeof(int32_t))) != NULL) {
            int32_t *written = (int32_t *)PyBytes_AS_STRING(bytes);
            Py_ssize_t count = kernel_length(&known);
            if (count > INT32_MAX) {
                kernel_refuse("too many keys");
                Py_CLEAR(bytes);
            } else
                for (Py_ssize_t run = 0; run < found; run++)
                    written[run] = place_of(known.buf, count, keys[run]);
        }
        kernel_release(&known, 1);
        if (bytes == NULL)
            goto done;
        PyTuple_SET_ITEM(places, number, bytes);
    }
    PyObject *counted = kernel_bytes(often, found * (Py_ssize_t)sizeof *often);
    if (counted != NULL) {
        result = PyTuple_Pack(2, counted, places);
        Py_DECREF(counted);
    }
done:
    Py_XDECREF(places);
    PyMem_Free(keys);
    PyMem_Free(often);
    PyMem_Free(table);
    return result;
}

/* The weight of a term that `frequency` of the entries hold. */
static double idf_of(double frequency, double entries)
{
    return log1p((entries - frequency + 0.5) / (frequency + 0.5));
}

#define MOST_SEGMENTS 8

/* weighed(often, (places, ...), (frequency, ...), entries, plain) -> ((places, ...), idf, weights, kept, known, unknown): what the
   terms of a question weigh among `entries` entries in several segments, each with its own numbers. Terms that no entry holds
   are dropped, and their weight is `unknown`; that of the others is `known`. `kept` are the positions of those in what came in.
   Plain terms all weigh 1. Everything but the last two is bytes, of int32 or float64. */
PyObject *kernel_weighed(PyObject *self, PyObject *args)
{
    PyObject *given_often, *given_places, *given_frequencies, *result = NULL, *outs[MOST_SEGMENTS + 3] = {NULL}, *places_out = NULL;
    Py_buffer often = {0}, places[MOST_SEGMENTS] = {{0}}, frequencies[MOST_SEGMENTS] = {{0}};
    double entries;
    int plain;
    if (!PyArg_ParseTuple(args, "OO!O!dp", &given_often, &PyTuple_Type, &given_places, &PyTuple_Type, &given_frequencies, &entries, &plain))
        return NULL;
    Py_ssize_t segments = PyTuple_GET_SIZE(given_places);
    if (segments > MOST_SEGMENTS || PyTuple_GET_SIZE(given_frequencies) != segments || !(entries >= 0)) {
        kernel_refuse("every segment needs places and frequencies, and there are at most 8");
        return NULL;
    }
    if (kernel_take(given_often, &often, 'i', READABLE, "often") < 0)
        goto done;
    Py_ssize_t asked = kernel_length(&often), kept = 0;
    for (Py_ssize_t segment = 0; segment < segments; segment++) {
        if (kernel_take(PyTuple_GET_ITEM(given_places, segment), &places[segment], 'i', READABLE, "places") < 0 ||
            kernel_take(PyTuple_GET_ITEM(given_frequencies, segment), &frequencies[segment], 'i', READABLE, "frequency") < 0)
            goto done;
        Py_ssize_t terms = kernel_length(&frequencies[segment]);
        int sound = kernel_length(&places[segment]) == asked;
        for (Py_ssize_t term = 0; sound && term < asked; term++) {
            int32_t place = ((const int32_t *)places[segment].buf)[term];
            sound = place >= -1 && place < terms;
        }
        if (!sound) {
            kernel_refuse("a question's term is not among the terms");
            goto done;
        }
    }
    for (Py_ssize_t out = 0; out < segments + 3; out++) {
        Py_ssize_t size = out < segments || out == segments + 2 ? (Py_ssize_t)sizeof(int32_t) : (Py_ssize_t)sizeof(double);
        if ((outs[out] = PyBytes_FromStringAndSize(NULL, asked * size)) == NULL)
            goto done;
    }
    double *idf = (double *)PyBytes_AS_STRING(outs[segments]), *weights = (double *)PyBytes_AS_STRING(outs[segments + 1]);
    int32_t *positions = (int32_t *)PyBytes_AS_STRING(outs[segments + 2]);
    double known = 0, unknown = 0;
    for (Py_ssize_t term = 0; term < asked; term++) {
        double frequency = 0;
        for (Py_ssize_t segment = 0; segment < segments; segment++) {
            int32_t place = ((const int32_t *)places[segment].buf)[term];
            frequency += place < 0 ? 0 : ((const int32_t *)frequencies[segment].buf)[place];
            ((int32_t *)PyBytes_AS_STRING(outs[segment]))[kept] = place;
        }
        if (!(frequency > 0)) {
            unknown += plain ? 1 : idf_of(0, entries);
            continue;
        }
        int32_t times = ((const int32_t *)often.buf)[term];
        positions[kept] = (int32_t)term;
        idf[kept] = plain ? 1 : idf_of(frequency < entries ? frequency : entries, entries);
        weights[kept] = 1 + log(times > 1 ? times : 1);
        known += idf[kept++];
    }
    for (Py_ssize_t out = 0; kept < asked && out < segments + 3; out++) {
        Py_ssize_t size = out < segments || out == segments + 2 ? (Py_ssize_t)sizeof(int32_t) : (Py_ssize_t)sizeof(double);
        if (_PyBytes_Resize(&outs[out], kept * size) < 0)
            goto done;
    }
    if ((places_out = PyTuple_New(segments)) == NULL)
        goto done;
    for (Py_ssize_t segment = 0; segment < segments; segment++)
        PyTuple_SET_ITEM(places_out, segment, Py_NewRef(outs[segment]));
    result = Py_BuildValue("OOOOdd", places_out, outs[segments], outs[segments + 1], outs[segments + 2], known, unknown);
done:
    Py_XDECREF(places_out);
    for (Py_ssize_t out = 0; out < MOST_SEGMENTS + 3; out++)
        Py_XDECREF(outs[out]);
    kernel_release(&often, 1);
    kernel_release(places, MOST_SEGMENTS);
    kernel_release(frequencies, MOST_SEGMENTS);
    return result;
}

/* fingerprints(texts) -> bytes of uint64: texts with the same letters and digits have the same one. */
PyObject *kernel_fingerprints(PyObject *self, PyObject *args)
{
    PyObject *texts;
    if (!PyArg_ParseTuple(args, "O!", &PyTuple_Type, &texts))
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(texts);
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(uint64_t));
    if (bytes == NULL)
        return NULL;
    uint64_t *written = (uint64_t *)PyBytes_AS_STRING(bytes);
    for (Py_ssize_t number = 0; number < count; number++) {
        PyObject *text = PyTuple_GET_ITEM(texts, number);
        if (!PyUnicode_Check(text)) {
            kernel_refuse("texts must be a tuple of str");
            Py_DECREF(bytes);
            return NULL;
        }
        int kind = PyUnicode_KIND(text);
        const void *data = PyUnicode_DATA(text);
        uint64_t print = 0xcbf29ce484222325ULL;
        for (Py_ssize_t place = 0; place < PyUnicode_GET_LENGTH(text); place++) {
            Py_UCS4 point = PyUnicode_READ(kind, data, place);
            if (Py_UNICODE_ISALNUM(point))
                print = mixed(print ^ point) * 0x100000001b3ULL;
        }
        written[number] = print;
    }
    return bytes;
}
