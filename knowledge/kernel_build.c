/* Building: from texts to counted terms, to units, to the lists of each term. All of it without the GIL.

   An atom is one stretch of text that is cut once; a unit is a row of neighbouring atoms that is scored as a whole. Counts are
   bytes: a term that stands more often than 255 times in an atom has several postings there, whose counts add up. */
#include "kernel.h"

#define BITS 21
#define MOST_SIZE 3
#define MOST_COUNT 255

static uint64_t mixed(uint64_t key)
{
    key ^= key >> 33;
    key *= 0xff51afd7ed558ccdULL;
    key ^= key >> 33;
    key *= 0xc4ceb9fe1a85ec53ULL;
    return key ^ (key >> 33);
}

typedef struct {
    int64_t *starts;
    int32_t *terms;
    uint8_t *counts;
    int64_t used, room;
} Lists;

static int grown(Lists *lists)
{
    if (lists->used < lists->room)
        return 1;
    int64_t room = lists->room + lists->room / 2 + 1024;
    int32_t *terms = realloc(lists->terms, (size_t)room * sizeof *terms);
    if (terms != NULL)
        lists->terms = terms;
    uint8_t *counts = realloc(lists->counts, (size_t)room);
    if (counts != NULL)
        lists->counts = counts;
    if (terms == NULL || counts == NULL)
        return 0;
    lists->room = room;
    return 1;
}

/* Where a term was last counted. */
typedef struct {
    int64_t place;
    int32_t atom; /* counted from 1, so that zeroed memory means never */
} Last;

static int counted(Lists *lists, Last *last, int32_t term, int32_t atom)
{
    if (last->atom == atom + 1 && lists->counts[last->place] < MOST_COUNT) {
        lists->counts[last->place]++;
        return 1;
    }
    if (!grown(lists))
        return 0;
    lists->terms[lists->used] = term;
    lists->counts[lists->used] = 1;
    last->atom = atom + 1;
    last->place = lists->used++;
    return 1;
}

static PyObject *given_back(Lists *lists, Py_ssize_t atoms, PyObject *more)
{
    PyObject *starts = kernel_bytes(lists->starts, (atoms + 1) * (Py_ssize_t)sizeof(int64_t));
    PyObject *terms = kernel_bytes(lists->terms, lists->used * (Py_ssize_t)sizeof(int32_t));
    PyObject *counts = kernel_bytes(lists->counts, lists->used);
    PyObject *result = NULL;
    if (starts != NULL && terms != NULL && counts != NULL)
        result = more == NULL ? PyTuple_Pack(3, starts, terms, counts) : PyTuple_Pack(4, starts, terms, counts, more);
    Py_XDECREF(starts);
    Py_XDECREF(terms);
    Py_XDECREF(counts);
    return result;
}

static void let_go(Lists *lists)
{
    free(lists->starts);
    free(lists->terms);
    free(lists->counts);
}

/* --- runs of characters ------------------------------------------------------------------------------------------------- */

typedef struct {
    int kind;
    Py_ssize_t length;
    const void *data;
} Text;

typedef struct {
    uint64_t key;
    int32_t number;
} Known;

typedef struct {
    Known *slots; /* number -1 is a free slot */
    size_t mask;
    Last *last;
    int32_t count, room;
} Vocabulary;

static int doubled(Vocabulary *vocabulary)
{
    size_t size = 2 * (vocabulary->mask + 1);
    Known *slots = malloc(size * sizeof *slots);
    if (slots == NULL)
        return 0;
    for (size_t slot = 0; slot < size; slot++)
        slots[slot].number = -1;
    for (size_t old = 0; old <= vocabulary->mask; old++)
        if (vocabulary->slots[old].number >= 0) {
            size_t slot = mixed(vocabulary->slots[old].key) & (size - 1);
            while (slots[slot].number >= 0)
                slot = (slot + 1) & (size - 1);
            slots[slot] = vocabulary->slots[old];
        }
    free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->mask = size - 1;
    return 1;
}

/* The number of a key, a new one for a new key; -1 without memory. */
static int32_t number_of(Vocabulary *vocabulary, uint64_t key)
{
    size_t slot = mixed(key) & vocabulary->mask;
    while (vocabulary->slots[slot].number >= 0) {
        if (vocabulary->slots[slot].key == key)
            return vocabulary->slots[slot].number;
        slot = (slot + 1) & vocabulary->mask;
    }
    if (vocabulary->count == vocabulary->room) {
        if (vocabulary->room > INT32_MAX / 2)
            return -1;
        int32_t room = 2 * vocabulary->room;
        Last *last = realloc(vocabulary->last, (size_t)room * sizeof *last);
        if (last == NULL)
            return -1;
        memset(last + vocabulary->room, 0, (size_t)(room - vocabulary->room) * sizeof *last);
        vocabulary->last = last;
        vocabulary->room = room;
    }
    vocabulary->slots[slot] = (Known){key, vocabulary->count};
    int32_t number = vocabulary->count++;
    if ((size_t)vocabulary->count * 3 > (vocabulary->mask + 1) * 2 && !doubled(vocabulary))
        return -1;
    return number;
}

static int run_through(const Text *text, int32_t atom, int size, Vocabulary *vocabulary, Lists *lists)
{
    uint64_t key = 0, whole = ((uint64_t)1 << (BITS * size)) - 1;
    int held = 0;
    for (Py_ssize_t place = 0; place < text->length; place++) {
        Py_UCS4 point = PyUnicode_READ(text->kind, text->data, place);
        if (!Py_UNICODE_ISALNUM(point)) {
            held = 0;
            continue;
        }
        key = ((key << BITS) | point) & whole;
        if (held < size)
            held++;
        if (held < size)
            continue;
        int32_t number = number_of(vocabulary, key);
        if (number < 0 || !counted(lists, &vocabulary->last[number], number, atom))
            return 0;
    }
    return 1;
}

static int by_key(const void *left, const void *right)
{
    uint64_t one = ((const Known *)left)->key, other = ((const Known *)right)->key;
    return (one > other) - (one < other);
}

/* Sorts the vocabulary, so that it can be searched without a table, and numbers the terms anew. */
static uint64_t *sorted_keys(Vocabulary *vocabulary, Lists *lists)
{
    size_t count = (size_t)vocabulary->count, used = 0;
    uint64_t *keys = malloc((count + 1) * sizeof *keys);
    int32_t *rank = malloc((count + 1) * sizeof *rank);
    if (keys == NULL || rank == NULL) {
        free(keys);
        free(rank);
        return NULL;
    }
    for (size_t slot = 0; slot <= vocabulary->mask; slot++)
        if (vocabulary->slots[slot].number >= 0)
            vocabulary->slots[used++] = vocabulary->slots[slot];
    qsort(vocabulary->slots, used, sizeof(Known), by_key);
    for (size_t place = 0; place < used; place++) {
        keys[place] = vocabulary->slots[place].key;
        rank[vocabulary->slots[place].number] = (int32_t)place;
    }
    for (int64_t posting = 0; posting < lists->used; posting++)
        lists->terms[posting] = rank[lists->terms[posting]];
    free(rank);
    return keys;
}

/* gather_grams(texts, size) -> (starts: int64, terms: int32, counts: uint8, keys: uint64), as bytes; atom by atom the distinct
   runs of `size` letters or digits. Term n is keys[n], and the keys ascend. */
PyObject *kernel_gather_grams(PyObject *self, PyObject *args)
{
    PyObject *texts, *result = NULL;
    int size;
    if (!PyArg_ParseTuple(args, "O!i", &PyTuple_Type, &texts, &size))
        return NULL;
    Py_ssize_t atoms = PyTuple_GET_SIZE(texts);
    if (size < 1 || size > MOST_SIZE || atoms >= INT32_MAX) {
        kernel_refuse("a run has 1 to 3 characters");
        return NULL;
    }
    for (Py_ssize_t atom = 0; atom < atoms; atom++)
        if (!PyUnicode_Check(PyTuple_GET_ITEM(texts, atom))) {
            kernel_refuse("texts must be a tuple of str");
            return NULL;
        }
    Text *read = malloc(((size_t)atoms + 1) * sizeof *read);
    Lists lists = {malloc(((size_t)atoms + 1) * sizeof(int64_t)), NULL, NULL, 0, 0};
    Vocabulary vocabulary = {malloc(sizeof(Known)), 0, calloc(1024, sizeof(Last)), 0, 1024};
    uint64_t *keys = NULL;
    int enough = read != NULL && lists.starts != NULL && vocabulary.slots != NULL && vocabulary.last != NULL;
    if (enough) {
        vocabulary.slots[0].number = -1;
        for (int times = 0; times < 12 && enough; times++)
            enough = doubled(&vocabulary);
    }
    for (Py_ssize_t atom = 0; enough && atom < atoms; atom++) {
        PyObject *text = PyTuple_GET_ITEM(texts, atom);
        read[atom] = (Text){PyUnicode_KIND(text), PyUnicode_GET_LENGTH(text), PyUnicode_DATA(text)};
    }
    /* The tuple holds the texts, and neither can change. */
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t atom = 0; enough && atom < atoms; atom++) {
        lists.starts[atom] = lists.used;
        enough = run_through(&read[atom], (int32_t)atom, size, &vocabulary, &lists);
    }
    if (enough) {
        lists.starts[atoms] = lists.used;
        keys = sorted_keys(&vocabulary, &lists);
    }
    Py_END_ALLOW_THREADS
    PyObject *known = NULL;
    if (keys == NULL)
        PyErr_NoMemory();
    else if ((known = kernel_bytes(keys, vocabulary.count * (Py_ssize_t)sizeof *keys)) != NULL)
        result = given_back(&lists, atoms, known);
    Py_XDECREF(known);
    free(keys);
    free(read);
    free(vocabulary.slots);
    free(vocabulary.last);
    let_go(&lists);
    return result;
}

/* gather_numbers(starts, occurrences, terms) -> (starts, terms, counts): the occurrences of an atom counted by term. */
PyObject *kernel_gather_numbers(PyObject *self, PyObject *args)
{
    PyObject *given[2], *result = NULL;
    Py_ssize_t terms;
    Py_buffer views[2] = {{0}};
    if (!PyArg_ParseTuple(args, "OOn", &given[0], &given[1], &terms))
        return NULL;
    if (kernel_take(given[0], &views[0], 'q', READABLE, "starts") < 0 ||
        kernel_take(given[1], &views[1], 'i', READABLE, "occurrences") < 0)
        goto done;
    const int64_t *starts = views[0].buf;
    const int32_t *occurrences = views[1].buf;
    Py_ssize_t atoms = kernel_length(&views[0]) - 1, total = kernel_length(&views[1]);
    if (terms < 0 || terms > INT32_MAX || atoms >= INT32_MAX || !kernel_ascends(starts, atoms + 1, total)) {
        kernel_refuse("starts must ascend from 0 to the number of occurrences");
        goto done;
    }
    Lists lists = {malloc(((size_t)atoms + 1) * sizeof(int64_t)), NULL, NULL, 0, 0};
    Last *last = calloc((size_t)terms + 1, sizeof *last);
    int enough = lists.starts != NULL && last != NULL, inside = 1;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t atom = 0; enough && inside && atom < atoms; atom++) {
        lists.starts[atom] = lists.used;
        for (int64_t place = starts[atom]; enough && inside && place < starts[atom + 1]; place++) {
            int32_t term = occurrences[place];
            inside = term >= 0 && term < terms;
            enough = !inside || counted(&lists, &last[term], term, (int32_t)atom);
        }
    }
    Py_END_ALLOW_THREADS
    if (!enough)
        PyErr_NoMemory();
    else if (!inside)
        kernel_refuse("an occurrence is not among the terms");
    else {
        lists.starts[atoms] = lists.used;
        result = given_back(&lists, atoms, NULL);
    }
    free(last);
    let_go(&lists);
done:
    kernel_release(views, 2);
    return result;
}

/* --- splicing ----------------------------------------------------------------------------------------------------------- */

enum { STARTS, TERMS, COUNTS, MAP, SOURCE_VIEWS };
#define MOST_SOURCES 8

static const char source_types[] = {'q', 'i', 'B', 'i'};
static const char *source_names[] = {"starts", "terms", "counts", "map"};

static int took_source(PyObject *source, Py_buffer *views)
{
    if (!PyTuple_Check(source) || PyTuple_GET_SIZE(source) != SOURCE_VIEWS)
        return kernel_refuse("a source is (starts, terms, counts, map)");
    for (int view = 0; view < SOURCE_VIEWS; view++)
        if (kernel_take(PyTuple_GET_ITEM(source, view), &views[view], source_types[view], READABLE, source_names[view]) < 0)
            return -1;
    Py_ssize_t postings = kernel_length(&views[TERMS]);
    if (kernel_length(&views[COUNTS]) != postings || !kernel_ascends(views[STARTS].buf, kernel_length(&views[STARTS]), postings))
        return kernel_refuse("a source's starts must ascend from 0 to the number of its postings");
    return 0;
}

/* Copies the chosen atoms; 1 when done, 0 without memory, -1 for a term that the map lacks or maps below 0. */
static int spliced(Lists *lists, Py_buffer (*sources)[SOURCE_VIEWS], const int32_t *source, const int32_t *first,
                   const int32_t *last, Py_ssize_t picks)
{
    Py_ssize_t atoms = 0;
    for (Py_ssize_t pick = 0; pick < picks; pick++) {
        const Py_buffer *views = sources[source[pick]];
        const int64_t *starts = views[STARTS].buf;
        const int32_t *terms = views[TERMS].buf, *map = views[MAP].buf;
        const uint8_t *counts = views[COUNTS].buf;
        Py_ssize_t mapped = kernel_length(&views[MAP]);
        for (int32_t atom = first[pick]; atom < last[pick]; atom++) {
            lists->starts[atoms++] = lists->used;
            for (int64_t place = starts[atom]; place < starts[atom + 1]; place++) {
                if (terms[place] < 0 || terms[place] >= mapped || map[terms[place]] < 0)
                    return -1;
                if (!grown(lists))
                    return 0;
                lists->terms[lists->used] = map[terms[place]];
                lists->counts[lists->used++] = counts[place];
            }
        }
    }
    lists->starts[atoms] = lists->used;
    return 1;
}

/* splice(sources, source, first, last) -> (starts, terms, counts): of source[n] the atoms from first[n] to before last[n], for
   every n in a row, with the terms that each source's map gives. */
PyObject *kernel_splice(PyObject *self, PyObject *args)
{
    PyObject *given[4], *result = NULL;
    Py_buffer sources[MOST_SOURCES][SOURCE_VIEWS] = {{{0}}}, picked[3] = {{0}};
    static const char *names[] = {"source", "first", "last"};
    if (!PyArg_ParseTuple(args, "O!OOO", &PyTuple_Type, &given[0], &given[1], &given[2], &given[3]))
        return NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(given[0]), atoms = 0;
    if (count > MOST_SOURCES) {
        kernel_refuse("too many sources");
        return NULL;
    }
    for (Py_ssize_t number = 0; number < count; number++)
        if (took_source(PyTuple_GET_ITEM(given[0], number), sources[number]) < 0)
            goto done;
    for (int view = 0; view < 3; view++)
        if (kernel_take(given[1 + view], &picked[view], 'i', READABLE, names[view]) < 0)
            goto done;
    Py_ssize_t picks = kernel_length(&picked[0]);
    const int32_t *source = picked[0].buf, *first = picked[1].buf, *last = picked[2].buf;
    int sound = kernel_length(&picked[1]) == picks && kernel_length(&picked[2]) == picks;
    for (Py_ssize_t pick = 0; sound && pick < picks; pick++) {
        sound = source[pick] >= 0 && source[pick] < count && first[pick] >= 0 && first[pick] <= last[pick] &&
                last[pick] < kernel_length(&sources[source[pick]][STARTS]);
        atoms += sound ? last[pick] - first[pick] : 0;
    }
    if (!sound || atoms >= INT32_MAX) {
        kernel_refuse("what is picked must be rows of atoms of the sources");
        goto done;
    }
    Lists lists = {malloc(((size_t)atoms + 1) * sizeof(int64_t)), NULL, NULL, 0, 0};
    int ended = lists.starts != NULL;
    Py_BEGIN_ALLOW_THREADS
    if (ended)
        ended = spliced(&lists, sources, source, first, last, picks);
    Py_END_ALLOW_THREADS
    if (ended == 0)
        PyErr_NoMemory();
    else if (ended < 0)
        kernel_refuse("a term has no number in the map");
    else
        result = given_back(&lists, atoms, NULL);
    let_go(&lists);
done:
    for (Py_ssize_t number = 0; number < count; number++)
        kernel_release(sources[number], SOURCE_VIEWS);
    kernel_release(picked, 3);
    return result;
}
