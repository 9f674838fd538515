/* The close look: a question beside a few entries, one row of numbers for each; `knowledge/closeness.py` names them. */
#include "kernel_close.h"
#include "kernel_meaning.h"
#include <math.h>

enum { OF_PASSAGE = 2, OF_BOTH = 5, WIDTH = 2 * OF_WORDS + OF_FULL + OF_PLACES + OF_TEXT + OF_PASSAGE + OF_BOTH };
enum { VECTORS, SCALES, RARITY, PLACE, SOUND, CLOSE_VIEWS };
enum { MOST_SENSES = 512 };

typedef struct {
    PyObject_HEAD
    Py_buffer views[CLOSE_VIEWS];
    Phrases *interrogatives, *synonyms;
    Lexicon lexicon;
} Close;

static int filled(Close *self, PyObject **given)
{
    static const char types[] = {'b', 'f', 'f', '?', 'H'};
    static const char *names[] = {"vectors", "scales", "rarity", "place", "sounds"};
    for (int view = 0; view < CLOSE_VIEWS; view++)
        if (kernel_take(given[view], &self->views[view], types[view], FROZEN, names[view]) < 0)
            return -1;
    Py_ssize_t rows = kernel_length(&self->views[SCALES]);
    if (kernel_length(&self->views[VECTORS]) != rows * MEANINGS || kernel_length(&self->views[RARITY]) != rows ||
        kernel_length(&self->views[PLACE]) != rows || kernel_length(&self->views[SOUND]) != SOUNDS)
        return kernel_refuse("every word needs 64 numbers, a scale, a rarity and a mark, and there are 65,536 sounds");
    self->lexicon = (Lexicon){self->views[VECTORS].buf, self->views[SCALES].buf, self->views[RARITY].buf, self->views[PLACE].buf, rows};
    return self->interrogatives->most < 32 ? 0 : kernel_refuse("what is asked for is a number below 32");
}

static PyObject *close_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"vectors", "scales", "rarity", "place", "sounds", "interrogatives", "synonyms", NULL};
    PyObject *given[CLOSE_VIEWS], *interrogatives, *synonyms;
    if (!PyArg_ParseTupleAndKeywords(args, names, "OOOOOO!O!", keywords, &given[0], &given[1], &given[2], &given[3], &given[4],
                                     &KernelPhrasesType, &interrogatives, &KernelPhrasesType, &synonyms))
        return NULL;
    Close *self = (Close *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->interrogatives = (Phrases *)Py_NewRef(interrogatives);
    self->synonyms = (Phrases *)Py_NewRef(synonyms);
    if (filled(self, given) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void close_free(Close *self)
{
    kernel_release(self->views, CLOSE_VIEWS);
    Py_XDECREF(self->interrogatives);
    Py_XDECREF(self->synonyms);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* What one call works with. */
typedef struct {
    const Close *self;
    Shape shape;
    Meaning meaning;
    Overlapping words, pairs;
    PyObject *texts;
    int32_t *asked_senses, *named_senses, *passage_senses; /* MOST_SENSES each */
    Py_ssize_t wanted;
} Glance;

/* Reads a unit's text. */
static int read_unit(Glance *glance, const Unit *unit)
{
    glance->shape.held.count = 0;
    for (int32_t atom = unit->first; atom < unit->last; atom++) {
        PyObject *text = PyTuple_GET_ITEM(glance->texts, atom);
        if (!PyUnicode_Check(text))
            return kernel_refuse("texts must be a tuple of str");
        if (run_add(&glance->shape.held, text) < 0)
            return -1;
    }
    return 0;
}

static Py_ssize_t distinct(int32_t *values, Py_ssize_t count)
{
    Py_ssize_t kept = 0;
    for (Py_ssize_t place = 0; place < count; place++) {
        Py_ssize_t before = 0;
        while (before < kept && values[before] != values[place])
            before++;
        if (before == kept)
            values[kept++] = values[place];
    }
    return kept;
}

static Py_ssize_t senses_of(const Glance *glance, const Run *text, int32_t *values)
{
    return distinct(values, phrases_longest(glance->self->synonyms, text, values, MOST_SENSES));
}

static Py_ssize_t common_of(const int32_t *left, Py_ssize_t lefts, const int32_t *right, Py_ssize_t rights)
{
    Py_ssize_t common = 0;
    for (Py_ssize_t one = 0; one < lefts; one++)
        for (Py_ssize_t other = 0; other < rights; other++)
            if (left[one] == right[other]) {
                common++;
                break;
            }
    return common;
}

/* The senses: what of the question's the entry has, and what of the title's the question has. */
static void of_senses(Glance *glance, Py_ssize_t named, Py_ssize_t others, double *out)
{
    for (Py_ssize_t sense = 0; sense < named && others < 2 * MOST_SENSES; sense++)
        glance->passage_senses[others++] = glance->named_senses[sense];
    Py_ssize_t held = common_of(glance->asked_senses, glance->wanted, glance->passage_senses, others);
    Py_ssize_t asked = common_of(glance->named_senses, named, glance->asked_senses, glance->wanted);
    out[0] = glance->wanted ? (double)held / (double)glance->wanted : 0.5;
    out[1] = named ? (double)asked / (double)named : 0.5;
}

static int looked_at(Glance *glance, int32_t entry, double *out)
{
    static const Unit none = {0, 0, 0, 0};
    int32_t question = overlapping_best(&glance->words, &glance->pairs, entry, 1, HARMONIC);
    int32_t passage = overlapping_best(&glance->words, &glance->pairs, entry, 2, SCORE);
    const Unit *titled = question < 0 ? &none : &glance->words.postings->units[question];
    const Unit *said = passage < 0 ? &none : &glance->words.postings->units[passage];
    double *of_text = out + 2 * OF_WORDS + OF_FULL + OF_PLACES, *of_passage = of_text + OF_TEXT, *of_both = of_passage + OF_PASSAGE;
    Meaning *meaning = &glance->meaning;
    if (meaning_of(meaning, &glance->words, titled, MET_IN_TITLE, out) < 0 ||
        meaning_of(meaning, &glance->words, said, MET_IN_PASSAGE, out + OF_WORDS) < 0)
        return -1;
    meaning_of_full(meaning, &glance->words, entry, out + 2 * OF_WORDS);
    meaning_of_places(meaning, out + 2 * OF_WORDS + OF_FULL);
    meaning_of_both(meaning, of_both);
    of_both[2] = overlapping_share(&glance->pairs, titled, said);
    if (read_unit(glance, titled) < 0 || shape_of_text(&glance->shape, &glance->shape.held, of_text) < 0)
        return -1;
    Py_ssize_t named = senses_of(glance, &glance->shape.held, glance->named_senses);
    if (read_unit(glance, said) < 0 || shape_of_passage(&glance->shape, &glance->shape.held, of_passage) < 0)
        return -1;
    of_senses(glance, named, senses_of(glance, &glance->shape.held, glance->passage_senses), of_both + 3);
    return 0;
}

enum { TERM_ROWS, TERM_SENSES, KEPT, PLACES, IDF, WEIGHTS, PAIR_PLACES, PAIR_IDF, PAIR_WEIGHTS, MEANS, PAIR_MEANS,
       ROWS, SENSES, FREQUENCY, IDFS, ENTRIES, INTO, TABLE, VIEWS_TAKEN };

static int sound(const Glance *glance, const Py_buffer *views, Py_ssize_t column)
{
    const Postings *words = glance->words.postings, *pairs = glance->pairs.postings;
    Py_ssize_t terms = kernel_length(&views[PLACES]), entries = kernel_length(&views[ENTRIES]), atoms = PyTuple_GET_SIZE(glance->texts);
    if (words->entries != pairs->entries || words->field_count < 3 || pairs->field_count < 3 ||
        kernel_length(&words->views[STARTS]) != atoms + 1 || kernel_length(&pairs->views[STARTS]) != atoms + 1)
        return kernel_refuse("both postings must be of the same entries, three fields and as many texts");
    if (kernel_length(&views[IDF]) != terms || kernel_length(&views[WEIGHTS]) != terms || kernel_length(&views[KEPT]) != terms ||
        kernel_length(&views[PAIR_IDF]) != kernel_length(&views[PAIR_PLACES]) ||
        kernel_length(&views[PAIR_WEIGHTS]) != kernel_length(&views[PAIR_PLACES]) ||
        kernel_length(&views[TERM_SENSES]) != kernel_length(&views[TERM_ROWS]) ||
        !kernel_within(views[KEPT].buf, terms, kernel_length(&views[TERM_ROWS])) ||
        !kernel_within(views[TERM_ROWS].buf, kernel_length(&views[TERM_ROWS]), glance->self->lexicon.rows))
        return kernel_refuse("every term of the question needs its weights, and every word its row of the lexicon");
    if (kernel_length(&views[MEANS]) != words->field_count || kernel_length(&views[PAIR_MEANS]) != pairs->field_count ||
        kernel_length(&views[ROWS]) != words->terms || kernel_length(&views[SENSES]) != words->terms ||
        kernel_length(&views[FREQUENCY]) != words->terms || !kernel_length(&views[IDFS]))
        return kernel_refuse("every word of the segment needs a row, a sense and a frequency, every field a mean");
    if (views[TABLE].ndim != 2 || column < 0 || views[TABLE].shape[1] - column < WIDTH || kernel_length(&views[INTO]) != entries ||
        !kernel_within(views[ENTRIES].buf, entries, words->entries) || !kernel_within(views[INTO].buf, entries, views[TABLE].shape[0]))
        return kernel_refuse("every entry needs a row of the table, which must be wide enough");
    return kernel_places(words, &views[PLACES]) < 0 ? -1 : kernel_places(pairs, &views[PAIR_PLACES]);
}

static int prepared(Glance *glance, const Py_buffer *views, PyObject *text)
{
    glance->asked_senses = PyMem_Malloc(5 * MOST_SENSES * sizeof(int32_t));
    if (glance->asked_senses == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    glance->named_senses = glance->asked_senses + MOST_SENSES;
    glance->passage_senses = glance->named_senses + MOST_SENSES; /* and room for those of the title */
    if (overlapping_begin(&glance->words, &views[PLACES], 0) < 0 || overlapping_begin(&glance->pairs, &views[PAIR_PLACES], 1) < 0 ||
        shape_begin(&glance->shape, text, glance->self->interrogatives, glance->self->views[SOUND].buf) < 0)
        return -1;
    glance->wanted = senses_of(glance, &glance->shape.raw, glance->asked_senses);
    return meaning_begin(&glance->meaning, views[TERM_ROWS].buf, views[TERM_SENSES].buf, kernel_length(&views[TERM_ROWS]),
                         views[KEPT].buf, &glance->words);
}

/* look(text, word_rows, word_senses, unknown, entries, words, pairs, segment, idfs, chosen, into, table, column), where words and pairs
   are (postings, places, idf, weights, means) and words have `kept` behind it, pairs the weight of the unknown ones, and a segment
   is (texts, rows, senses, frequency). Writes a row of WIDTH numbers for each entry into its row of the table. */
static PyObject *close_look(Close *self, PyObject *args)
{
    static const char types[] = {'i', 'i', 'i', 'i', 'd', 'd', 'i', 'd', 'd', 'd', 'd', 'i', 'i', 'i', 'd', 'i', 'i', 'd'};
    static const char *names[] = {"word_rows", "word_senses", "kept", "places", "idf", "weights", "places of pairs", "idf of pairs",
                                  "weights of pairs", "means", "means of pairs", "rows", "senses", "frequency", "idfs", "entries",
                                  "into", "table"};
    PyObject *given[VIEWS_TAKEN], *text, *words, *pairs, *result = NULL;
    Py_buffer views[VIEWS_TAKEN] = {{0}};
    double unknown, entries_in_all, unknown_pairs;
    Py_ssize_t column;
    Glance *glance = PyMem_Calloc(1, sizeof *glance);
    if (glance == NULL)
        return PyErr_NoMemory();
    glance->self = self;
    if (!PyArg_ParseTuple(args, "UOOdd(O!OOOOO)(O!OOOOd)(O!OOO)OOOOn", &text, &given[TERM_ROWS], &given[TERM_SENSES], &unknown,
                          &entries_in_all,
                          &KernelPostingsType, &words, &given[PLACES], &given[IDF], &given[WEIGHTS], &given[MEANS], &given[KEPT],
                          &KernelPostingsType, &pairs, &given[PAIR_PLACES], &given[PAIR_IDF], &given[PAIR_WEIGHTS],
                          &given[PAIR_MEANS], &unknown_pairs, &PyTuple_Type, &glance->texts, &given[ROWS], &given[SENSES],
                          &given[FREQUENCY], &given[IDFS], &given[ENTRIES], &given[INTO], &given[TABLE], &column))
        goto done;
    for (int view = 0; view < VIEWS_TAKEN; view++)
        if (kernel_take(given[view], &views[view], types[view], view == TABLE ? WRITABLE : READABLE, names[view]) < 0)
            goto done;
    glance->words = (Overlapping){.postings = (Postings *)words, .idf = views[IDF].buf, .weights = views[WEIGHTS].buf,
                                  .means = views[MEANS].buf};
    glance->pairs = (Overlapping){.postings = (Postings *)pairs, .idf = views[PAIR_IDF].buf, .weights = views[PAIR_WEIGHTS].buf,
                                  .means = views[PAIR_MEANS].buf, .unknown = unknown_pairs};
    glance->meaning = (Meaning){.lexicon = &self->lexicon, .unknown = unknown, .rows = views[ROWS].buf, .senses = views[SENSES].buf,
                                .frequency = views[FREQUENCY].buf, .idfs = views[IDFS].buf,
                                .idf_count = kernel_length(&views[IDFS]), .entries = entries_in_all};
    if (sound(glance, views, column) < 0 || prepared(glance, views, text) < 0)
        goto done;
    const int32_t *entries = views[ENTRIES].buf, *into = views[INTO].buf;
    for (Py_ssize_t entry = 0; entry < kernel_length(&views[ENTRIES]); entry++)
        if (looked_at(glance, entries[entry],
                      (double *)views[TABLE].buf + into[entry] * views[TABLE].shape[1] + column) < 0)
            goto done;
    result = Py_NewRef(Py_None);
done:
    overlapping_free(&glance->words);
    overlapping_free(&glance->pairs);
    meaning_free(&glance->meaning);
    shape_free(&glance->shape);
    PyMem_Free(glance->asked_senses);
    PyMem_Free(glance);
    kernel_release(views, VIEWS_TAKEN);
    return result;
}

static PyMethodDef methods[] = {
    {"look", (PyCFunction)close_look, METH_VARARGS, "A row of numbers for a question and each of some entries."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject KernelCloseType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "knowledge.kernel.Close",
    .tp_doc = "What words mean, and how characters sound: all that the close look knows of the language.",
    .tp_basicsize = sizeof(Close),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = close_new,
    .tp_dealloc = (destructor)close_free,
    .tp_methods = methods,
};
