/* Meaning: a question's words beside those of a unit, each by what it means, how rare it is and whether it names a place. */
#include "kernel_meaning.h"
#include <math.h>

static int heavier(const void *left, const void *right)
{
    const Held *one = left, *other = right;
    if (one->weight != other->weight)
        return one->weight < other->weight ? 1 : -1;
    return (one->number > other->number) - (one->number < other->number);
}

static int earlier(const void *left, const void *right)
{
    return ((const Held *)left)->number - ((const Held *)right)->number;
}

/* The question's heaviest words, in the order in which they came. */
static void chosen(Meaning *meaning, const int32_t *rows, const int32_t *senses, Py_ssize_t count, Held *words)
{
    if (count > ASKED_WORDS) {
        qsort(words, (size_t)count, sizeof *words, heavier);
        qsort(words, ASKED_WORDS, sizeof *words, earlier);
    }
    meaning->count = count < ASKED_WORDS ? count : ASKED_WORDS;
    for (Py_ssize_t place = 0; place < meaning->count; place++) {
        meaning->row[place] = rows[words[place].number];
        meaning->sense[place] = senses[words[place].number];
        meaning->term[place] = words[place].row;
        meaning->weight[place] = words[place].weight;
    }
}

int meaning_begin(Meaning *meaning, const int32_t *rows, const int32_t *senses, Py_ssize_t count, const int32_t *kept,
                  const Overlapping *words)
{
    Py_ssize_t terms = words->question.count;
    Held *every = PyMem_Malloc(((size_t)count + 1) * sizeof *every);
    meaning->word_of_term = PyMem_Malloc(((size_t)terms + 1) * sizeof *meaning->word_of_term);
    if (every == NULL || meaning->word_of_term == NULL) {
        PyMem_Free(every);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t word = 0; word < count; word++)
        every[word] = (Held){.number = (int32_t)word, .row = -1, .weight = meaning->unknown};
    for (int32_t term = 0; term < terms; term++) {
        every[kept[term]].row = term;
        every[kept[term]].weight = words->idf[term];
        meaning->word_of_term[term] = -1;
    }
    chosen(meaning, rows, senses, count, every);
    PyMem_Free(every);
    for (int32_t word = 0; word < meaning->count; word++) {
        int32_t row = meaning->row[word];
        if (meaning->term[word] >= 0)
            meaning->word_of_term[meaning->term[word]] = word;
        meaning->total += meaning->weight[word];
        meaning->rarity += meaning->lexicon->rarity[row];
        for (int number = 0; number < MEANINGS; number++)
            meaning->meaning[number] += meaning->weight[word] * meaning->lexicon->scales[row] *
                                        meaning->lexicon->vectors[(size_t)row * MEANINGS + number];
    }
    return 0;
}

void meaning_free(Meaning *meaning)
{
    PyMem_Free(meaning->word_of_term);
    PyMem_Free(meaning->held);
    pairs_free(&meaning->seen);
}

/* The distinct words of a unit; their number, or -1. Marks which of the question's were met. */
static Py_ssize_t gathered(Meaning *meaning, const Overlapping *words, const Unit *unit, int where)
{
    const int64_t *starts = words->postings->views[STARTS].buf;
    const int32_t *numbers = words->postings->views[TERMS].buf;
    if (unit->first == unit->last)
        return 0;
    Py_ssize_t count = 0, most = (Py_ssize_t)(starts[unit->last] - starts[unit->first]);
    if (most > meaning->held_room) {
        PyMem_Free(meaning->held);
        meaning->held_room = 2 * most;
        meaning->held = PyMem_Malloc((size_t)meaning->held_room * sizeof *meaning->held);
        if (meaning->held == NULL) {
            meaning->held_room = 0;
            PyErr_NoMemory();
            return -1;
        }
    }
    if (pairs_begin(&meaning->seen, most) < 0)
        return -1;
    for (int64_t place = starts[unit->first]; place < starts[unit->last]; place++) {
        int32_t number = numbers[place];
        if (!pairs_put(&meaning->seen, (uint64_t)number))
            continue;
        int32_t asked = words->question.filter[number % FILTER] ? asked_of(&words->question, number) : -1;
        int32_t word = asked < 0 ? -1 : meaning->word_of_term[asked], often = meaning->frequency[number];
        if (meaning->rows[number] < 0 || meaning->rows[number] >= meaning->lexicon->rows || often < 0 || often > meaning->entries)
            return kernel_refuse("a word's row is not in the lexicon, or more entries hold it than there are");
        double weight = often < meaning->idf_count ? meaning->idfs[often] : log1p((meaning->entries - often + 0.5) / (often + 0.5));
        meaning->held[count++] = (Held){number, meaning->rows[number], meaning->senses[number], weight, 0, word >= 0};
        if (word >= 0)
            meaning->met[word] |= (uint8_t)where;
    }
    return count;
}

/* How far two words mean the same: 1 for the same word or sense, at most 0.95 for others. */
static float alike(const Meaning *meaning, Py_ssize_t word, const Held *held, int same)
{
    const Lexicon *lexicon = meaning->lexicon;
    if (same || (meaning->sense[word] >= 0 && meaning->sense[word] == held->sense))
        return 1;
    float scale = lexicon->scales[meaning->row[word]] * lexicon->scales[held->row];
    if (scale == 0)
        return 0;
    const int8_t *one = lexicon->vectors + (size_t)meaning->row[word] * MEANINGS, *other = lexicon->vectors + (size_t)held->row * MEANINGS;
    int32_t sum = 0;
    for (int number = 0; number < MEANINGS; number++)
        sum += (int16_t)one[number] * (int16_t)other[number];
    float like = (float)sum * scale;
    return like < 0 ? 0 : like > 0.95f ? 0.95f : like;
}

static void compared(Meaning *meaning, Py_ssize_t count, const int32_t *places)
{
    for (Py_ssize_t word = 0; word < meaning->count; word++) {
        int32_t own = meaning->term[word] < 0 ? -1 : places[meaning->term[word]];
        meaning->like[word] = 0;
        meaning->has[word] = 0;
        for (Py_ssize_t place = 0; place < count; place++) {
            int same = own >= 0 && own == meaning->held[place].number;
            float like = alike(meaning, word, &meaning->held[place], same);
            meaning->has[word] |= (uint8_t)same;
            meaning->like[word] = like > meaning->like[word] ? like : meaning->like[word];
            meaning->held[place].like = like > meaning->held[place].like ? like : meaning->held[place].like;
        }
    }
}

static double above(double one, double other)
{
    return one > other ? one : other;
}

enum {
    MEANING_ASKED, MEANING_HELD, MEANING_DICE, MEANING_WHOLE, ASKED_LACKS, HELD_LACKS, RARE_ASKED, RARE_HELD, RARE_ASKED_LACKS,
    RARE_HELD_LACKS, ASKED_MISSING_MEAN, HELD_MISSING_MEAN, ASKED_MISSING_MOST, HELD_MISSING_MOST
};

/* Which side lacks what: the sums and the most, of the question's words and then of the unit's. */
static void asked_side(const Meaning *meaning, double *out)
{
    double met = 0, missing = 0;
    for (Py_ssize_t word = 0; word < meaning->count; word++) {
        double weight = meaning->weight[word], rarity = meaning->lexicon->rarity[meaning->row[word]];
        double lacks = 1 - (double)meaning->like[word];
        out[MEANING_ASKED] += weight * meaning->like[word] / meaning->total;
        out[ASKED_LACKS] = above(out[ASKED_LACKS], weight * lacks / meaning->unknown);
        out[RARE_ASKED_LACKS] = above(out[RARE_ASKED_LACKS], rarity * lacks);
        if (meaning->has[word]) {
            met += rarity;
            continue;
        }
        missing += weight;
        out[ASKED_MISSING_MOST] = above(out[ASKED_MISSING_MOST], weight / meaning->unknown);
    }
    out[RARE_ASKED] = met / above(meaning->rarity, 1e-9);
    out[ASKED_MISSING_MEAN] = missing / ((double)meaning->count * meaning->unknown);
}

static void held_side(const Meaning *meaning, Py_ssize_t count, double *out)
{
    double met = 0, missing = 0, total = 0, rare = 0, whole[MEANINGS] = {0}, left = 0, right = 0, both = 0;
    for (const Held *held = meaning->held; held < meaning->held + count; held++) {
        double rarity = meaning->lexicon->rarity[held->row], lacks = 1 - (double)held->like;
        double scaled = held->weight * meaning->lexicon->scales[held->row];
        const int8_t *vector = meaning->lexicon->vectors + (size_t)held->row * MEANINGS;
        total += held->weight;
        rare += rarity;
        out[MEANING_HELD] += held->weight * held->like;
        out[HELD_LACKS] = above(out[HELD_LACKS], held->weight * lacks / meaning->unknown);
        out[RARE_HELD_LACKS] = above(out[RARE_HELD_LACKS], rarity * lacks);
        for (int number = 0; scaled != 0 && number < MEANINGS; number++)
            whole[number] += scaled * vector[number];
        if (held->had) {
            met += rarity;
            continue;
        }
        missing += held->weight;
        out[HELD_MISSING_MOST] = above(out[HELD_MISSING_MOST], held->weight / meaning->unknown);
    }
    for (int number = 0; number < MEANINGS; number++) {
        left += meaning->meaning[number] * meaning->meaning[number];
        right += whole[number] * whole[number];
        both += meaning->meaning[number] * whole[number];
    }
    double norm = sqrt(left) * sqrt(right);
    out[MEANING_HELD] /= above(total, 1e-9);
    out[MEANING_WHOLE] = norm > 0 ? both / norm : 0;
    out[RARE_HELD] = met / above(rare, 1e-9);
    out[HELD_MISSING_MEAN] = missing / ((double)count * meaning->unknown);
}

int meaning_of(Meaning *meaning, const Overlapping *words, const Unit *unit, int where, double *out)
{
    static const double nothing[OF_WORDS] = {0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1};
    if (where == MET_IN_TITLE) {
        memset(meaning->met, 0, sizeof meaning->met);
        meaning->other_place = 0;
    }
    Py_ssize_t count = gathered(meaning, words, unit, where);
    if (count < 0)
        return -1;
    for (Py_ssize_t place = 0; where == MET_IN_TITLE && place < count; place++)
        if (meaning->lexicon->place[meaning->held[place].row] && !meaning->held[place].had)
            meaning->other_place = above(meaning->other_place, meaning->held[place].weight);
    if (!count || !meaning->count) {
        memcpy(out, nothing, sizeof nothing);
        return 0;
    }
    if (count > HELD_WORDS) {
        qsort(meaning->held, (size_t)count, sizeof *meaning->held, heavier);
        count = HELD_WORDS;
    }
    memset(out, 0, OF_WORDS * sizeof *out);
    compared(meaning, count, words->question.places);
    asked_side(meaning, out);
    held_side(meaning, count, out);
    out[MEANING_DICE] = 2 * out[MEANING_ASKED] * out[MEANING_HELD] / above(out[MEANING_ASKED] + out[MEANING_HELD], 1e-9);
    return 0;
}

void meaning_of_full(Meaning *meaning, const Overlapping *words, int32_t entry, double *out)
{
    const Postings *postings = words->postings;
    const int64_t *starts = postings->views[STARTS].buf;
    const int32_t *numbers = postings->views[TERMS].buf;
    int32_t unit = postings->begin[(size_t)entry * postings->field_count], end = postings->begin[(size_t)entry * postings->field_count + 1];
    for (; unit < end; unit++)
        for (int64_t place = starts[postings->units[unit].first]; place < starts[postings->units[unit].last]; place++) {
            int32_t asked = words->question.filter[numbers[place] % FILTER] ? asked_of(&words->question, numbers[place]) : -1;
            if (asked >= 0 && meaning->word_of_term[asked] >= 0)
                meaning->met[meaning->word_of_term[asked]] |= MET_IN_FULL;
        }
    double first = 0, second = 0, sum = 0, rarest = 0, rare = 0;
    for (Py_ssize_t word = 0; word < meaning->count; word++) {
        if (meaning->met[word] & MET_IN_FULL)
            continue;
        double weight = meaning->weight[word], rarity = meaning->lexicon->rarity[meaning->row[word]];
        second = above(second, weight > first ? first : weight);
        first = above(first, weight);
        sum += weight;
        rarest = above(rarest, rarity);
        rare += rarity;
    }
    out[0] = first / meaning->unknown;
    out[1] = second / meaning->unknown;
    out[2] = meaning->count ? sum / ((double)meaning->count * meaning->unknown) : 0;
    out[3] = rarest;
    out[4] = rare / above(meaning->rarity, 1e-9);
}

void meaning_of_places(const Meaning *meaning, double *out)
{
    double total = 0, met = 0, missing = 0;
    for (Py_ssize_t word = 0; word < meaning->count; word++) {
        if (!meaning->lexicon->place[meaning->row[word]])
            continue;
        total += meaning->weight[word];
        met += meaning->met[word] & MET_IN_TITLE ? meaning->weight[word] : 0;
        missing = above(missing, meaning->met[word] & MET_IN_FULL ? 0 : meaning->weight[word]);
    }
    out[0] = total > 0 ? met / total : 0.5;
    out[1] = missing / meaning->unknown;
    out[2] = meaning->other_place / meaning->unknown;
}

void meaning_of_both(const Meaning *meaning, double *out)
{
    double met = 0, rare = 0;
    for (Py_ssize_t word = 0; word < meaning->count; word++)
        if (meaning->met[word] & (MET_IN_TITLE | MET_IN_PASSAGE)) {
            met += meaning->weight[word];
            rare += meaning->lexicon->rarity[meaning->row[word]];
        }
    out[0] = met / above(meaning->total, 1e-9);
    out[1] = rare / above(meaning->rarity, 1e-9);
}
