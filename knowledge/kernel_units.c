/* Units: which of an entry's units is most like a question. */
#include "kernel_meaning.h"

int overlapping_begin(Overlapping *terms, const Py_buffer *places, int which)
{
    if (kernel_prepare(&terms->question, places, which) < 0)
        return -1;
    for (Py_ssize_t term = 0; term < terms->question.count; term++) {
        terms->asked_weight += terms->idf[term];
        terms->most += terms->idf[term] * terms->weights[term] * (BM25_K1 + 1);
    }
    terms->often = PyMem_Calloc((size_t)terms->question.count + 1, sizeof *terms->often);
    terms->met = PyMem_Malloc(((size_t)terms->question.count + 1) * sizeof *terms->met);
    if (terms->often == NULL || terms->met == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

void overlapping_free(Overlapping *terms)
{
    kernel_forget(&terms->question);
    PyMem_Free(terms->often);
    PyMem_Free(terms->met);
    PyMem_Free(terms->score);
}

/* Reads a unit: which terms it has and how often. The caller sets `often` to 0 again for the terms met. */
static Py_ssize_t meet(Overlapping *terms, const Unit *unit)
{
    const int64_t *starts = terms->postings->views[STARTS].buf;
    const int32_t *numbers = terms->postings->views[TERMS].buf;
    const uint8_t *counts = terms->postings->views[COUNTS].buf;
    Py_ssize_t met = 0;
    if (unit->first == unit->last)
        return 0;
    for (int64_t place = starts[unit->first]; place < starts[unit->last]; place++) {
        int32_t asked = terms->question.filter[numbers[place] % FILTER] ? asked_of(&terms->question, numbers[place]) : -1;
        if (asked < 0)
            continue;
        if (!terms->often[asked])
            terms->met[met++] = asked;
        terms->often[asked] += counts[place] ? counts[place] : 1;
    }
    return met;
}

static double likeness(Overlapping *terms, const Unit *unit, double mean, int by)
{
    double shared = 0, score = 0, damp = BM25_K1 * (1 - BM25_B + BM25_B * unit->length / mean);
    Py_ssize_t met = meet(terms, unit);
    for (Py_ssize_t place = 0; place < met; place++) {
        int32_t asked = terms->met[place];
        double often = terms->often[asked];
        terms->often[asked] = 0;
        shared += terms->idf[asked];
        score += terms->weights[asked] * terms->idf[asked] * often * (BM25_K1 + 1) / (often + damp);
    }
    if (by == SCORE)
        return score / (terms->most ? terms->most : 1);
    double share = shared / (terms->asked_weight ? terms->asked_weight : 1), held = shared / (unit->weight > 1e-9 ? unit->weight : 1e-9);
    return share + held > 0 ? 2 * share * held / (share + held) : 0;
}

int32_t overlapping_best(Overlapping *words, Overlapping *pairs, int32_t entry, int field, int by)
{
    const Postings *postings = words->postings, *others = pairs->postings;
    int32_t begin = postings->begin[(size_t)entry * postings->field_count + field];
    int32_t count = postings->begin[(size_t)entry * postings->field_count + field + 1] - begin;
    int32_t other = others->begin[(size_t)entry * others->field_count + field];
    int32_t other_count = others->begin[(size_t)entry * others->field_count + field + 1] - other;
    if (count <= 1)
        return count ? begin : -1;
    double best = -1;
    int32_t chosen = begin;
    for (int32_t unit = 0; unit < count && unit < other_count; unit++) {
        double like = likeness(words, &postings->units[begin + unit], words->means[field], by) +
                      likeness(pairs, &others->units[other + unit], pairs->means[field], by);
        if (like > best) {
            best = like;
            chosen = begin + unit;
        }
    }
    return chosen;
}

double overlapping_share(Overlapping *terms, const Unit *one, const Unit *other)
{
    double shared = 0, total = terms->asked_weight + terms->unknown;
    /* What the first unit met stays marked while the second is read, so that nothing counts twice. */
    for (const Unit *unit = one; unit != NULL; unit = unit == one && one != other ? other : NULL)
        for (Py_ssize_t place = meet(terms, unit); place > 0; place--)
            shared += terms->idf[terms->met[place - 1]];
    memset(terms->often, 0, (size_t)terms->question.count * sizeof *terms->often);
    return shared / (total > 1e-9 ? total : 1e-9);
}
