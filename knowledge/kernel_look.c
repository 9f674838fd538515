/* The first look: the best entries of a field by BM25: term by term, the rarest first, until what is left can bring nothing new into
   the best; from there on only what can still get there is looked at. The result is exact but for the 16 bits of an impact. */
#include "kernel_postings.h"
#include <math.h>

#define FEW 16 /* postings for every touched unit: then reading them all is faster than searching them */
#define LONG 1024 /* postings, before which it is worth while to see whether they must be read */
#define LONGER 8192
#define NOTHING 1e-6
#define LEAST_GAIN 1e-9 /* what is smaller could add up to nothing, and a unit be touched twice */
#define MOST_GAIN 1e12
#define SLACK 1e-4 /* of a score: what 32 bits lose while they add up */

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
PyObject *postings_look(Postings *self, PyObject *args)
{
    PyObject *given_places, *given_gains, *given_allowed, *result = NULL;
    int number;
    Py_ssize_t count;
    Py_buffer views[3] = {{0}};
    Look look = {0};
    Sought *sought = NULL;
    if (!PyArg_ParseTuple(args, "iOOnO", &number, &given_places, &given_gains, &count, &given_allowed))
        return NULL;
    if (kernel_field(self, number) < 0 || kernel_take(given_places, &views[0], 'i', READABLE, "places") < 0 ||
        kernel_take(given_gains, &views[1], 'd', READABLE, "gains") < 0 || kernel_places(self, &views[0]) < 0 ||
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
