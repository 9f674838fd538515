/* Postings: one kind of term over the atoms of some entries, checked once and then asked without further checks.

   `look` gives the best entries of a field by BM25: term by term, the rarest first, until what is left can bring nothing new into
   the best; from there on only what can still get there is looked at. The result is exact but for the 16 bits of an impact.
   `overlap` measures entries closely: each atom is read once and serves every field. */
#include "kernel.h"
#include "structmember.h"
#include <math.h>

#define MOST_FIELDS 8
#define COLUMNS 4 /* bm25, asked, held, dice */
#define FEW 16 /* postings for every touched unit: then reading them all is faster than searching them */
#define LONG 1024 /* postings, before which it is worth while to see whether they must be read */
#define LONGER 8192
#define OFTEN 32 /* a term is frequent that stands in one of so many units */
#define NOTHING 1e-6
#define FILTER 65536
#define LEAST_GAIN 1e-9 /* what is smaller could add up to nothing, and a unit be touched twice */
#define MOST_GAIN 1e12
#define SLACK 1e-4 /* of a score: what 32 bits lose while they add up */

enum { FIRST_UNIT, OWNER, FIRST, LAST, LENGTH, WEIGHT, LIST, UNITS, IMPACTS, MOST, FIELD_VIEWS };
#define WITHOUT_LISTS LIST

static const char field_types[] = {'i', 'i', 'i', 'i', 'i', 'f', 'q', 'i', 'H', 'H'};
static const char *field_names[] = {"first_unit", "owner", "first", "last", "length", "weight", "list", "units", "impacts", "most"};

enum { STARTS, TERMS, COUNTS, VIEWS };

/* The frequent terms of a field, ascending, each with a bit for every unit and, for every 64 units, how many bits are set before:
   so a unit's place in a long list is found without searching it. */
typedef struct {
    int32_t *terms, *ranks;
    uint64_t *bits;
    int32_t count;
    size_t words;
} Frequent;

/* One unit, with all that a close look at it needs in one place. */
typedef struct {
    int32_t first, last, length;
    float weight;
} Unit;

typedef struct {
    PyObject_HEAD
    Unit *units;    /* of all fields, entry by entry, and within an entry field by field */
    int32_t *begin; /* entry * field_count + field -> the first of them; one more at the end */
    Py_buffer views[VIEWS];
    Py_buffer fields[MOST_FIELDS][FIELD_VIEWS];
    Frequent frequent[MOST_FIELDS];
    int one_unit_each[MOST_FIELDS]; /* whether unit n is entry n's only one */
    int field_count;
    Py_ssize_t terms, entries;
} Postings;

/* --- building and checking ------------------------------------------------------------------------------------------------ */

static int within(const int32_t *numbers, Py_ssize_t count, Py_ssize_t end)
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
        !within(unit_of, postings, units))
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
            within(self->views[TERMS].buf, postings, self->terms);
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

static int field_of(const Postings *self, int number)
{
    if (number < 0 || number >= self->field_count)
        return kernel_refuse("there is no such field");
    return 0;
}

/* A question's places: -1 or a term. */
static int sound_places(const Postings *self, const Py_buffer *places)
{
    const int32_t *place = places->buf;
    for (Py_ssize_t number = 0; number < kernel_length(places); number++)
        if (place[number] < -1 || place[number] >= self->terms)
            return kernel_refuse("a question's term is not among the terms");
    return 0;
}

/* --- the first look ------------------------------------------------------------------------------------------------------- */

typedef struct {
    int32_t term, frequent; /* the latter among the frequent terms; -1 for others */
    int64_t length;
    float gain;
    double bound; /* the most that this term adds to a unit */
} Sought;

typedef struct {
    float score;
    int32_t entry;
} Found;

typedef struct {
    const Py_buffer *field;
    const Frequent *frequent;
    const uint8_t *allowed;
    float *scores; /* by unit, 0 where untouched */
    float *bests;  /* by entry, for fields of several units an entry */
    int32_t *touched;
    Py_ssize_t touched_count;
    int sorted; /* score so far */
    Found *heap; /* the best so far, the worst of them first */
    Py_ssize_t room, held;
} Look;

static Scratch score_scratch, best_scratch, touched_scratch;

static int by_length(const void *left, const void *right)
{
    const Sought *one = left, *other = right;
    if (one->length != other->length)
        return (one->length > other->length) - (one->length < other->length);
    return (one->term > other->term) - (one->term < other->term);
}

static int worse(Found one, Found other)
{
    return one.score < other.score || (one.score == other.score && one.entry > other.entry);
}

static void offered(Look *look, Found found)
{
    Found *heap = look->heap;
    Py_ssize_t place;
    if (look->held < look->room) {
        place = look->held++;
        while (place && worse(found, heap[(place - 1) / 2])) {
            heap[place] = heap[(place - 1) / 2];
            place = (place - 1) / 2;
        }
        heap[place] = found;
        return;
    }
    if (!worse(heap[0], found))
        return;
    place = 0;
    for (;;) {
        Py_ssize_t child = 2 * place + 1;
        if (child >= look->held)
            break;
        if (child + 1 < look->held && worse(heap[child + 1], heap[child]))
            child++;
        if (!worse(heap[child], found))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = found;
}

/* Fills the heap with the best allowed entries of what is touched; the score of the last of them, 0 while there is room. */
static float chosen(Look *look)
{
    const int32_t *owner = look->field[OWNER].buf;
    look->held = 0;
    for (Py_ssize_t place = 0; place < look->touched_count; place++) {
        int32_t unit = look->touched[place], entry = owner[unit];
        if (look->allowed != NULL && !look->allowed[entry])
            continue;
        if (look->bests == NULL) {
            if (look->held < look->room || look->scores[unit] >= look->heap[0].score)
                offered(look, (Found){look->scores[unit], entry});
        } else if (look->scores[unit] > look->bests[entry])
            look->bests[entry] = look->scores[unit];
    }
    if (look->bests != NULL)
        for (Py_ssize_t place = 0; place < look->touched_count; place++) {
            int32_t entry = owner[look->touched[place]];
            if (look->bests[entry] > 0)
                offered(look, (Found){look->bests[entry], entry});
            look->bests[entry] = 0;
        }
    return look->held == look->room ? look->heap[0].score : 0;
}

static void added_all(Look *look, const Sought *sought)
{
    const int32_t *units = look->field[UNITS].buf;
    const uint16_t *impacts = look->field[IMPACTS].buf;
    int64_t begin = ((const int64_t *)look->field[LIST].buf)[sought->term], end = begin + sought->length;
    float gain = sought->gain, *scores = look->scores;
    int32_t *touched = look->touched;
    Py_ssize_t count = look->touched_count;
    for (int64_t place = begin; place < end; place++) {
        int32_t unit = units[place];
        float score = scores[unit];
        touched[count] = unit;
        count += score == 0;
        score += gain * (float)impacts[place];
        scores[unit] = score;
    }
    look->touched_count = count;
}

/* Adds a term to the touched units alone, reading the whole list. */
static void added_to_touched(Look *look, const Sought *sought)
{
    const int32_t *units = look->field[UNITS].buf;
    const uint16_t *impacts = look->field[IMPACTS].buf;
    int64_t begin = ((const int64_t *)look->field[LIST].buf)[sought->term], end = begin + sought->length;
    float gain = sought->gain, *scores = look->scores;
    for (int64_t place = begin; place < end; place++) {
        float score = scores[units[place]];
        scores[units[place]] = score > 0 ? score + gain * (float)impacts[place] : score;
    }
}

static int by_number(const void *left, const void *right)
{
    int32_t one = *(const int32_t *)left, other = *(const int32_t *)right;
    return (one > other) - (one < other);
}

/* A frequent term's number among the frequent ones; -1 if it is not one. */
static int32_t frequent_of(const Frequent *frequent, int32_t term)
{
    int32_t low = 0, high = frequent->count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (frequent->terms[middle] < term)
            low = middle + 1;
        else
            high = middle;
    }
    return low < frequent->count && frequent->terms[low] == term ? low : -1;
}

/* Adds a frequent term to the touched units alone. */
static void added_frequent(Look *look, const Sought *sought)
{
    const uint64_t *bits = look->frequent->bits + (size_t)sought->frequent * look->frequent->words;
    const int32_t *ranks = look->frequent->ranks + (size_t)sought->frequent * look->frequent->words;
    const uint16_t *impacts = (const uint16_t *)look->field[IMPACTS].buf + ((const int64_t *)look->field[LIST].buf)[sought->term];
    for (Py_ssize_t number = 0; number < look->touched_count; number++) {
        int32_t unit = look->touched[number];
        uint64_t word = bits[unit / 64], bit = (uint64_t)1 << (unit % 64);
        if (word & bit)
            look->scores[unit] += sought->gain * (float)impacts[ranks[unit / 64] + __builtin_popcountll(word & (bit - 1))];
    }
}

/* What a term adds to one unit. */
static float added_to(const Look *look, const Sought *sought, int32_t unit)
{
    const int32_t *units = look->field[UNITS].buf;
    const uint16_t *impacts = look->field[IMPACTS].buf;
    int64_t begin = ((const int64_t *)look->field[LIST].buf)[sought->term], low = begin, high = begin + sought->length;
    if (sought->frequent >= 0) {
        size_t place = (size_t)sought->frequent * look->frequent->words + (size_t)unit / 64;
        uint64_t word = look->frequent->bits[place], bit = (uint64_t)1 << (unit % 64);
        if (!(word & bit))
            return 0;
        return sought->gain * (float)impacts[begin + look->frequent->ranks[place] + __builtin_popcountll(word & (bit - 1))];
    }
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (units[middle] < unit)
            low = middle + 1;
        else
            high = middle;
    }
    return low < begin + sought->length && units[low] == unit ? sought->gain * (float)impacts[low] : 0;
}

/* What the entries in the heap reach when all terms are read: as many reach the least of it, so the best do. */
static double reached(const Look *look, const Sought *unread, Py_ssize_t count)
{
    const int32_t *first_unit = look->field[FIRST_UNIT].buf;
    double least = HUGE_VAL;
    for (Py_ssize_t place = 0; place < look->held; place++) {
        float best = 0;
        for (int32_t unit = first_unit[look->heap[place].entry]; unit < first_unit[look->heap[place].entry + 1]; unit++) {
            float score = look->scores[unit];
            if (score < look->heap[place].score)
                continue;
            for (Py_ssize_t number = 0; number < count; number++)
                score += added_to(look, &unread[number], unit);
            best = score > best ? score : best;
        }
        least = best < least ? best : least;
    }
    return least;
}

/* Adds a term to the touched units alone, in the way that reads least. */
static void added_some(Look *look, const Sought *sought)
{
    if (sought->frequent >= 0) {
        added_frequent(look, sought);
        return;
    }
    if (sought->length < FEW * look->touched_count) {
        added_to_touched(look, sought);
        return;
    }
    if (!look->sorted)
        qsort(look->touched, (size_t)look->touched_count, sizeof *look->touched, by_number);
    look->sorted = 1; /* and what is dropped leaves the others in order */
    const int32_t *units = look->field[UNITS].buf;
    const uint16_t *impacts = look->field[IMPACTS].buf;
    int64_t place = ((const int64_t *)look->field[LIST].buf)[sought->term], end = place + sought->length;
    for (Py_ssize_t number = 0; number < look->touched_count; number++) {
        int32_t unit = look->touched[number];
        int64_t step = 1, low = place;
        while (place + step < end && units[place + step] < unit) {
            low = place + step;
            step *= 2;
        }
        int64_t high = place + step < end ? place + step + 1 : end;
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (units[middle] < unit)
                low = middle + 1;
            else
                high = middle;
        }
        place = low;
        if (place >= end)
            return;
        if (units[place] == unit)
            look->scores[unit] += sought->gain * (float)impacts[place];
    }
}

/* Forgets the touched units that cannot reach the best any more. */
static void dropped(Look *look, double least, double left)
{
    const int32_t *owner = look->field[OWNER].buf;
    Py_ssize_t kept = 0;
    for (Py_ssize_t place = 0; place < look->touched_count; place++) {
        int32_t unit = look->touched[place];
        if (look->scores[unit] + left >= least * (1 - SLACK) && (look->allowed == NULL || look->allowed[owner[unit]]))
            look->touched[kept++] = unit;
        else
            look->scores[unit] = 0;
    }
    look->touched_count = kept;
}

/* Goes through the terms; the heap then holds the best. */
static void looked(Look *look, const Sought *sought, Py_ssize_t count)
{
    double left = 0;
    for (Py_ssize_t number = 0; number < count; number++)
        left += sought[number].bound;
    double least = 0; /* what the last of the best has at least */
    int some = 0;
    for (Py_ssize_t number = 0; number < count; number++) {
        if (some)
            added_some(look, &sought[number]);
        else
            added_all(look, &sought[number]);
        left = number + 1 < count ? left - sought[number].bound : 0;
        /* What is touched is gone through again only where that costs less than it may save. */
        if (number + 1 == count || look->touched_count < look->room || (!some && sought[number + 1].length < LONG))
            continue;
        double reaches = chosen(look);
        if (left < reaches * NOTHING)
            return; /* What is left can change nothing. */
        if (!some && left >= reaches && look->held == look->room && sought[number + 1].length >= LONGER)
            reaches = reached(look, &sought[number + 1], count - number - 1);
        least = reaches > least ? reaches : least;
        some = some || left < least * (1 - SLACK);
        if (some)
            dropped(look, least, left);
    }
    chosen(look);
}

static int by_score(const void *left, const void *right)
{
    return worse(*(const Found *)left, *(const Found *)right) ? 1 : -1;
}

static PyObject *best_of(Look *look)
{
    qsort(look->heap, (size_t)look->held, sizeof *look->heap, by_score);
    PyObject *entries = PyBytes_FromStringAndSize(NULL, look->held * (Py_ssize_t)sizeof(int32_t));
    PyObject *scores = PyBytes_FromStringAndSize(NULL, look->held * (Py_ssize_t)sizeof(double));
    PyObject *result = NULL;
    if (entries != NULL && scores != NULL) {
        for (Py_ssize_t place = 0; place < look->held; place++) {
            ((int32_t *)PyBytes_AS_STRING(entries))[place] = look->heap[place].entry;
            ((double *)PyBytes_AS_STRING(scores))[place] = look->heap[place].score;
        }
        result = PyTuple_Pack(2, entries, scores);
    }
    Py_XDECREF(entries);
    Py_XDECREF(scores);
    return result;
}

/* look(field, places, gains, count, allowed) -> (entries: int32, scores: float64), as bytes, the best first. gains[n] is what
   the question's term n is worth at most; allowed is None or has a bool for every entry. */
static PyObject *postings_look(Postings *self, PyObject *args)
{
    PyObject *given_places, *given_gains, *given_allowed, *result = NULL;
    int number;
    Py_ssize_t count;
    Py_buffer views[3] = {{0}};
    Look look = {0};
    Sought *sought = NULL;
    if (!PyArg_ParseTuple(args, "iOOnO", &number, &given_places, &given_gains, &count, &given_allowed))
        return NULL;
    if (field_of(self, number) < 0 || kernel_take(given_places, &views[0], 'i', READABLE, "places") < 0 ||
        kernel_take(given_gains, &views[1], 'd', READABLE, "gains") < 0 || sound_places(self, &views[0]) < 0 ||
        (given_allowed != Py_None && kernel_take(given_allowed, &views[2], '?', READABLE, "allowed") < 0))
        goto done;
    Py_ssize_t asked = kernel_length(&views[0]);
    look.field = self->fields[number];
    look.frequent = &self->frequent[number];
    if (look.field[LIST].obj == NULL || kernel_length(&views[1]) != asked || count < 0 ||
        (views[2].obj != NULL && kernel_length(&views[2]) != self->entries)) {
        kernel_refuse("the field needs lists, every term a gain, and every entry a bool");
        goto done;
    }
    look.allowed = views[2].buf;
    look.room = count < self->entries ? count : self->entries;
    const int32_t *places = views[0].buf;
    const double *gains = views[1].buf;
    const int64_t *list = look.field[LIST].buf;
    Py_ssize_t units = kernel_length(&look.field[OWNER]), wanted = 0;
    sought = PyMem_Malloc(((size_t)asked + 1) * sizeof *sought);
    look.heap = PyMem_Malloc(((size_t)look.room + 1) * sizeof *look.heap);
    /* One more than there are units: the last is written before it is known to be a new one. */
    look.scores = kernel_scratch(&score_scratch, (size_t)units * sizeof(float));
    look.touched = kernel_scratch(&touched_scratch, ((size_t)units + 1) * sizeof *look.touched);
    if (!self->one_unit_each[number])
        look.bests = kernel_scratch(&best_scratch, (size_t)self->entries * sizeof(float));
    if (sought == NULL || look.heap == NULL || PyErr_Occurred()) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t term = 0; term < asked; term++) {
        int64_t length = places[term] < 0 ? 0 : list[places[term] + 1] - list[places[term]];
        if (!length || !(gains[term] > LEAST_GAIN) || !(gains[term] < MOST_GAIN))
            continue;
        double most = ((const uint16_t *)look.field[MOST].buf)[places[term]] / IMPACT_SCALE * gains[term];
        sought[wanted++] = (Sought){places[term], frequent_of(look.frequent, places[term]), length, (float)(gains[term] / IMPACT_SCALE), most};
    }
    qsort(sought, (size_t)wanted, sizeof *sought, by_length);
    if (look.room)
        looked(&look, sought, wanted);
    for (Py_ssize_t place = 0; place < look.touched_count; place++)
        look.scores[look.touched[place]] = 0;
    result = best_of(&look);
done:
    PyMem_Free(sought);
    PyMem_Free(look.heap);
    kernel_release(views, 3);
    return result;
}

/* --- the close look ------------------------------------------------------------------------------------------------------- */

typedef struct {
    int32_t asked; /* which term of the question */
    int32_t often;
} Match;

/* A question's terms as a table: a filter of a byte for every term modulo FILTER, and behind it a small table. */
typedef struct {
    uint8_t *filter;
    int32_t *table; /* asked + 1 by the hash of the place; 0 is free */
    size_t mask;
    const int32_t *places;
    Py_ssize_t count;
} Question;

static Scratch filter_scratch;

static int32_t asked_of(const Question *question, int32_t term)
{
    size_t slot = ((uint32_t)term * 2654435761u) & question->mask;
    while (question->table[slot]) {
        int32_t asked = question->table[slot] - 1;
        if (question->places[asked] == term)
            return asked;
        slot = (slot + 1) & question->mask;
    }
    return -1;
}

static int prepared(Question *question, const Py_buffer *places)
{
    size_t slots = 16;
    question->places = places->buf;
    question->count = kernel_length(places);
    while (slots < 2 * (size_t)question->count)
        slots *= 2;
    question->mask = slots - 1;
    question->filter = kernel_scratch(&filter_scratch, FILTER);
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

static void forgotten(Question *question)
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
    if (!within(views[ENTRIES].buf, entries, self->entries) || !within(views[ROWS].buf, entries, views[OUT].shape[0]))
        return kernel_refuse(why);
    return sound_places(self, &views[PLACES]);
}

/* overlap(places, idf, weights, seen, means, entries, rows, table, column): writes for each entry, into its row of the table
   from the column on, four numbers a field: bm25 over the highest possible, the share of the question's weight that is held,
   the share of the unit's weight that is asked, and the harmonic mean of both; each is the best among the entry's units. */
static PyObject *postings_overlap(Postings *self, PyObject *args)
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
    if (sound_overlap(self, views, column) < 0 || prepared(&question, &views[PLACES]) < 0)
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
    forgotten(&question);
    PyMem_Free(measure.matches);
    PyMem_Free(measure.match_start);
    PyMem_Free(measure.often);
    PyMem_Free(measure.met);
    kernel_release(views, OVERLAP_VIEWS);
    return result;
}

/* held(field, entry, unit) -> bytes of int32: the distinct terms of an entry's unit (counted from 0; -1 for all of them), in the
   order they first stand there. */
static PyObject *postings_held(Postings *self, PyObject *args)
{
    int number;
    Py_ssize_t entry, chosen_unit;
    if (!PyArg_ParseTuple(args, "inn", &number, &entry, &chosen_unit) || field_of(self, number) < 0)
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

/* shared(field, entries, places, idf, most) -> bytes of int32: for each entry, which of a question's places its units hold, the
   heaviest first; `most` numbers an entry, -1 where there are fewer. */
static PyObject *postings_shared(Postings *self, PyObject *args)
{
    static const char types[] = {'i', 'i', 'd'};
    static const char *names[] = {"entries", "places", "idf"};
    PyObject *given[3], *result = NULL;
    int number, most;
    Py_buffer views[3] = {{0}};
    Question question = {0};
    int32_t *met = NULL;
    if (!PyArg_ParseTuple(args, "iOOOi", &number, &given[0], &given[1], &given[2], &most) || field_of(self, number) < 0)
        return NULL;
    for (int view = 0; view < 3; view++)
        if (kernel_take(given[view], &views[view], types[view], READABLE, names[view]) < 0)
            goto done;
    Py_ssize_t entries = kernel_length(&views[0]), asked_count = kernel_length(&views[1]);
    if (!within(views[0].buf, entries, self->entries) || kernel_length(&views[2]) != asked_count || most < 0 || most > 1000) {
        kernel_refuse("there is no such entry, or a term has no weight");
        goto done;
    }
    if (sound_places(self, &views[1]) < 0 || prepared(&question, &views[1]) < 0)
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
    forgotten(&question);
    PyMem_Free(met);
    kernel_release(views, 3);
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
