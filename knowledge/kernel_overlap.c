/* The overlap: entries are measured closely; each atom is read once and serves every field. */
#include "kernel_postings.h"

typedef struct {
    int32_t asked; /* which term of the question */
    int32_t often;
} Match;

static Scratch filter_scratch[2];

int kernel_prepare(Question *question, const Py_buffer *places, int which)
{
    size_t slots = 16;
    question->places = places->buf;
    question->count = kernel_length(places);
    while (slots < 2 * (size_t)question->count)
        slots *= 2;
    question->mask = slots - 1;
    question->filter = kernel_scratch(&filter_scratch[which], FILTER);
    question->table = PyMem_Calloc(slots, sizeof *question->table);
    if (question->filter == NULL || question->table == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int32_t asked = 0; asked < question->count; asked++) {
        int32_t term = question->places[asked];
        if (term < 0)
            continue;
        size_t slot = ((uint32_t)term * 2654435761u) & question->mask;
        while (question->table[slot])
            slot = (slot + 1) & question->mask;
        question->table[slot] = asked + 1;
        question->filter[term % FILTER] = 1;
    }
    return 0;
}

void kernel_forget(Question *question)
{
    if (question->filter != NULL)
        for (Py_ssize_t asked = 0; asked < question->count; asked++)
            if (question->places[asked] >= 0)
                question->filter[question->places[asked] % FILTER] = 0;
    PyMem_Free(question->table);
}

typedef struct {
    const double *idf, *weights, *means;
    double seen, asked_weight, most;
    Match *matches; /* of the entry's atoms in a row */
    int64_t *match_start;
    Py_ssize_t match_room, atom_room;
    int32_t *often;   /* by asked term, 0 where it was not met in this unit */
    int32_t *met;
} Measure;

/* The matches of the atoms from `first` to before `last`. */
static int matched(const Postings *self, const Question *question, Measure *measure, int32_t first, int32_t last)
{
    const int64_t *starts = self->views[STARTS].buf;
    const int32_t *terms = self->views[TERMS].buf;
    const uint8_t *counts = self->views[COUNTS].buf;
    Py_ssize_t postings = (Py_ssize_t)(starts[last] - starts[first]), atoms = last - first;
    if (postings > measure->match_room) {
        PyMem_Free(measure->matches);
        measure->match_room = 2 * postings;
        measure->matches = PyMem_Malloc((size_t)measure->match_room * sizeof(Match));
    }
    if (atoms + 1 > measure->atom_room) {
        PyMem_Free(measure->match_start);
        measure->atom_room = 2 * (atoms + 1);
        measure->match_start = PyMem_Malloc((size_t)measure->atom_room * sizeof(int64_t));
    }
    if ((postings && measure->matches == NULL) || measure->match_start == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int64_t found = 0;
    for (int32_t atom = first; atom < last; atom++) {
        measure->match_start[atom - first] = found;
        for (int64_t place = starts[atom]; place < starts[atom + 1]; place++) {
            if (!question->filter[terms[place] % FILTER])
                continue;
            int32_t asked = asked_of(question, terms[place]);
            if (asked >= 0)
                measure->matches[found++] = (Match){asked, counts[place]};
        }
    }
    measure->match_start[atoms] = found;
    return 0;
}

/* One unit against the question; raises each of the four columns to what the unit has. */
static void measured(Measure *measure, const Match *match, const Match *end, double length, double weight, double mean, double *best)
{
    Py_ssize_t met = 0;
    for (; match < end; match++) {
        if (!measure->often[match->asked])
            measure->met[met++] = match->asked;
        measure->often[match->asked] += match->often;
    }
    double shared = 0, score = 0, damp = BM25_K1 * (1 - BM25_B + BM25_B * length / mean);
    for (Py_ssize_t place = 0; place < met; place++) {
        int32_t asked = measure->met[place];
        double often = measure->often[asked];
        measure->often[asked] = 0;
        shared += measure->idf[asked];
        score += measure->weights[asked] * measure->idf[asked] * often * (BM25_K1 + 1) / (often + damp);
    }
    double share = shared / measure->asked_weight * measure->seen, held = shared / (weight > 1e-9 ? weight : 1e-9);
    double values[COLUMNS] = {score / measure->most * measure->seen, share, held, share + held > 0 ? 2 * share * held / (share + held) : 0};
    for (int column = 0; column < COLUMNS; column++)
        best[column] = values[column] > best[column] ? values[column] : best[column];
}

static int measured_entry(const Postings *self, const Question *question, Measure *measure, int32_t entry, double *out)
{
    const int32_t *begin = self->begin + (size_t)entry * self->field_count;
    int32_t first = INT32_MAX, last = 0;
    for (int32_t unit = begin[0]; unit < begin[self->field_count]; unit++) {
        first = self->units[unit].first < first ? self->units[unit].first : first;
        last = self->units[unit].last > last ? self->units[unit].last : last;
    }
    memset(out, 0, (size_t)(self->field_count * COLUMNS) * sizeof *out);
    if (first >= last)
        return 0;
    if (matched(self, question, measure, first, last) < 0)
        return -1;
    for (int number = 0; number < self->field_count; number++, out += COLUMNS)
        for (int32_t place = begin[number]; place < begin[number + 1]; place++) {
            const Unit *unit = &self->units[place];
            measured(measure, measure->matches + measure->match_start[unit->first - first],
                     measure->matches + measure->match_start[unit->last - first], unit->length, unit->weight,
                     measure->means[number], out);
        }
    return 0;
}

#define AHEAD(place) __builtin_prefetch(place)

/* Asks for all that the entries will be measured with, level by level, so that the memory's answers overlap. */
static void fetched(const Postings *self, const int32_t *entries, Py_ssize_t count)
{
    const int64_t *starts = self->views[STARTS].buf;
    const int32_t *terms = self->views[TERMS].buf;
    const uint8_t *counts = self->views[COUNTS].buf;
    for (Py_ssize_t place = 0; place < count; place++)
        AHEAD(self->begin + (size_t)entries[place] * self->field_count);
    for (Py_ssize_t place = 0; place < count; place++)
        AHEAD(self->units + self->begin[(size_t)entries[place] * self->field_count]);
    /* An entry without units, at the very end, has none of this. */
    for (Py_ssize_t place = 0; place < count; place++) {
        const int32_t *begin = self->begin + (size_t)entries[place] * self->field_count;
        if (begin[0] < begin[self->field_count])
            AHEAD(starts + self->units[begin[0]].first);
    }
    for (Py_ssize_t place = 0; place < count; place++) {
        const int32_t *begin = self->begin + (size_t)entries[place] * self->field_count;
        if (begin[0] == begin[self->field_count])
            continue;
        int64_t posting = starts[self->units[begin[0]].first];
        for (int line = 0; line < 6; line++)
            AHEAD(terms + posting + 16 * line);
        AHEAD(counts + posting);
        AHEAD(counts + posting + 64);
    }
}

enum { PLACES, IDF, WEIGHTS, MEANS, ENTRIES, ROWS, OUT, OVERLAP_VIEWS };

static int sound_overlap(const Postings *self, const Py_buffer *views, Py_ssize_t column)
{
    static const char *why = "every term needs an idf and a weight, every field a mean above 0, every entry a row of the table";
    Py_ssize_t asked = kernel_length(&views[PLACES]), entries = kernel_length(&views[ENTRIES]);
    if (kernel_length(&views[IDF]) != asked || kernel_length(&views[WEIGHTS]) != asked ||
        kernel_length(&views[MEANS]) != self->field_count || kernel_length(&views[ROWS]) != entries || views[OUT].ndim != 2)
        return kernel_refuse(why);
    for (int number = 0; number < self->field_count; number++)
        if (!(((const double *)views[MEANS].buf)[number] > 0))
            return kernel_refuse(why);
    Py_ssize_t width = views[OUT].shape[1];
    if (column < 0 || column > width || width - column < self->field_count * COLUMNS)
        return kernel_refuse("the table is too narrow");
    if (!kernel_within(views[ENTRIES].buf, entries, self->entries) || !kernel_within(views[ROWS].buf, entries, views[OUT].shape[0]))
        return kernel_refuse(why);
    return kernel_places(self, &views[PLACES]);
}

/* overlap(places, idf, weights, seen, means, entries, rows, table, column): writes for each entry, into its row of the table
   from the column on, four numbers a field: bm25 over the highest possible, the share of the question's weight that is held,
   the share of the unit's weight that is asked, and the harmonic mean of both; each is the best among the entry's units. */
PyObject *postings_overlap(Postings *self, PyObject *args)
{
    static const char types[] = {'i', 'd', 'd', 'd', 'i', 'i', 'd'};
    static const char *names[] = {"places", "idf", "weights", "means", "entries", "rows", "table"};
    PyObject *given[OVERLAP_VIEWS], *result = NULL;
    Py_buffer views[OVERLAP_VIEWS] = {{0}};
    Question question = {0};
    Measure measure = {0};
    Py_ssize_t column;
    if (!PyArg_ParseTuple(args, "OOOdOOOOn", &given[0], &given[1], &given[2], &measure.seen, &given[3], &given[4], &given[5],
                          &given[6], &column))
        return NULL;
    for (int view = 0; view < OVERLAP_VIEWS; view++)
        if (kernel_take(given[view], &views[view], types[view], view == OUT ? WRITABLE : READABLE, names[view]) < 0)
            goto done;
    if (sound_overlap(self, views, column) < 0 || kernel_prepare(&question, &views[PLACES], 0) < 0)
        goto done;
    measure.idf = views[IDF].buf;
    measure.weights = views[WEIGHTS].buf;
    measure.means = views[MEANS].buf;
    for (Py_ssize_t asked = 0; asked < question.count; asked++) {
        measure.asked_weight += measure.idf[asked];
        measure.most += measure.idf[asked] * measure.weights[asked] * (BM25_K1 + 1);
    }
    measure.asked_weight = measure.asked_weight ? measure.asked_weight : 1;
    measure.most = measure.most ? measure.most : 1;
    measure.often = PyMem_Calloc((size_t)question.count + 1, sizeof *measure.often);
    measure.met = PyMem_Malloc(((size_t)question.count + 1) * sizeof *measure.met);
    if (measure.often == NULL || measure.met == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    const int32_t *entries = views[ENTRIES].buf, *rows = views[ROWS].buf;
    fetched(self, entries, kernel_length(&views[ENTRIES]));
    for (Py_ssize_t number = 0; number < kernel_length(&views[ENTRIES]); number++)
        if (measured_entry(self, &question, &measure, entries[number],
                           (double *)views[OUT].buf + rows[number] * views[OUT].shape[1] + column) < 0)
            goto done;
    result = Py_NewRef(Py_None);
done:
    kernel_forget(&question);
    PyMem_Free(measure.matches);
    PyMem_Free(measure.match_start);
    PyMem_Free(measure.often);
    PyMem_Free(measure.met);
    kernel_release(views, OVERLAP_VIEWS);
    return result;
}

/* shared(field, entries, places, idf, most) -> bytes of int32: for each entry, which of a question's places its units hold, the
   heaviest first; `most` numbers an entry, -1 where there are fewer. */
PyObject *postings_shared(Postings *self, PyObject *args)
{
    static const char types[] = {'i', 'i', 'd'};
    static const char *names[] = {"entries", "places", "idf"};
    PyObject *given[3], *result = NULL;
    int number, most;
    Py_buffer views[3] = {{0}};
    Question question = {0};
    int32_t *met = NULL;
    if (!PyArg_ParseTuple(args, "iOOOi", &number, &given[0], &given[1], &given[2], &most) || kernel_field(self, number) < 0)
        return NULL;
    for (int view = 0; view < 3; view++)
        if (kernel_take(given[view], &views[view], types[view], READABLE, names[view]) < 0)
            goto done;
    Py_ssize_t entries = kernel_length(&views[0]), asked_count = kernel_length(&views[1]);
    if (!kernel_within(views[0].buf, entries, self->entries) || kernel_length(&views[2]) != asked_count || most < 0 || most > 1000) {
        kernel_refuse("there is no such entry, or a term has no weight");
        goto done;
    }
    if (kernel_places(self, &views[1]) < 0 || kernel_prepare(&question, &views[1], 0) < 0)
        goto done;
    met = PyMem_Calloc((size_t)asked_count + 1, sizeof *met);
    result = PyBytes_FromStringAndSize(NULL, entries * most * (Py_ssize_t)sizeof(int32_t));
    if (met == NULL || result == NULL) {
        Py_CLEAR(result);
        PyErr_NoMemory();
        goto done;
    }
    const Py_buffer *field = self->fields[number];
    const int32_t *first_unit = field[FIRST_UNIT].buf, *first = field[FIRST].buf, *last = field[LAST].buf;
    const int64_t *starts = self->views[STARTS].buf;
    const int32_t *terms = self->views[TERMS].buf;
    const double *idf = views[2].buf;
    for (Py_ssize_t row = 0; row < entries; row++) {
        int32_t entry = ((const int32_t *)views[0].buf)[row], *out = (int32_t *)PyBytes_AS_STRING(result) + row * most;
        int held = 0;
        for (int32_t unit = first_unit[entry]; unit < first_unit[entry + 1]; unit++)
            for (int64_t place = starts[first[unit]]; place < starts[last[unit]]; place++) {
                int32_t asked = question.filter[terms[place] % FILTER] ? asked_of(&question, terms[place]) : -1;
                if (asked < 0 || met[asked] == row + 1)
                    continue;
                met[asked] = (int32_t)row + 1;
                int rank = held < most ? held++ : most;
                for (; rank > 0 && (idf[out[rank - 1]] < idf[asked] || (idf[out[rank - 1]] == idf[asked] && out[rank - 1] > asked)); rank--)
                    if (rank < most)
                        out[rank] = out[rank - 1];
                if (rank < most)
                    out[rank] = asked;
            }
        while (held < most)
            out[held++] = -1;
    }
done:
    kernel_forget(&question);
    PyMem_Free(met);
    kernel_release(views, 3);
    return result;
}
