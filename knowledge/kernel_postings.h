/* Postings: one kind of term over the atoms of some entries, and a question's terms among them. */
#ifndef MINGBAI_KERNEL_POSTINGS_H
#define MINGBAI_KERNEL_POSTINGS_H

#include "kernel.h"

#define MOST_FIELDS 8
#define COLUMNS 4 /* bm25, asked, held, dice */
#define FILTER 8192 /* so small that it stays in the nearest cache */

enum { FIRST_UNIT, OWNER, FIRST, LAST, LENGTH, WEIGHT, LIST, UNITS, IMPACTS, MOST, FIELD_VIEWS };
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

int kernel_within(const int32_t *numbers, Py_ssize_t count, Py_ssize_t end); /* whether each is from 0 to before `end` */
int kernel_field(const Postings *self, int number);                           /* ValueError and -1 if there is no such field */
int kernel_places(const Postings *self, const Py_buffer *places);             /* the same for terms that are not -1 or a term */

/* A question's terms as a table: a filter of a byte for every term modulo FILTER, and behind it a small table. */
typedef struct {
    uint8_t *filter;
    int32_t *table; /* asked + 1 by the hash of the place; 0 is free */
    size_t mask;
    const int32_t *places;
    Py_ssize_t count;
} Question;

/* -1 with MemoryError; there may be two at a time, by `which` 0 and 1. */
int kernel_prepare(Question *question, const Py_buffer *places, int which);
void kernel_forget(Question *question);

/* Which term of the question a term is; -1 for none. */
static inline int32_t asked_of(const Question *question, int32_t term)
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

PyObject *postings_look(Postings *self, PyObject *args);
PyObject *postings_overlap(Postings *self, PyObject *args);
PyObject *postings_shared(Postings *self, PyObject *args);

#endif
