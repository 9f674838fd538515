/* What the parts of the close look share: phrases, sets of pairs of characters, and a question's text made ready for comparing. */
#ifndef MINGBAI_KERNEL_CLOSE_H
#define MINGBAI_KERNEL_CLOSE_H

#include "kernel.h"

#define LETTERS 400 /* of a question that are compared character by character */
#define CLAUSES 40
#define CLAUSE_CHARACTERS 5 /* of a clause that is compared on its own */
#define SHORT_LETTERS 80    /* of a question that may stand in a passage word for word */
#define SLOTS 1024          /* more than twice LETTERS, a power of two */
#define MASKS ((LETTERS + 63) / 64)
#define SOUNDS 65536
#define NEGATION 31 /* the value of phrases that say no */

/* A text as code points. */
typedef struct {
    Py_UCS4 *points;
    Py_ssize_t count, room;
} Run;

int run_add(Run *run, PyObject *text); /* -1 with MemoryError */
int run_letters(Run *run, const Run *text, Py_ssize_t most);

/* A set of numbers that is emptied in no time. */
typedef struct {
    uint64_t *keys;
    uint32_t *stamps, now;
    size_t mask;
    int32_t count;
} Pairs;

int pairs_begin(Pairs *pairs, Py_ssize_t most); /* empties it and makes room; -1 with MemoryError */
int pairs_put(Pairs *pairs, uint64_t key);      /* whether it is new */
int pairs_has(const Pairs *pairs, uint64_t key);
void pairs_free(Pairs *pairs);

/* Phrases with a value each, found in any text. */
typedef struct {
    PyObject_HEAD
    Py_UCS4 *points;            /* of all phrases in a row */
    int32_t *start, *values;    /* of each phrase, by first character and within it the longest first */
    uint8_t *last;              /* whether a phrase counts at the end of a text only */
    uint32_t *first;            /* a table by first character: the first phrase + 1; 0 is free */
    uint8_t filter[SOUNDS / 8]; /* a bit for the first characters modulo 65536 */
    size_t mask;
    Py_ssize_t count;
    int32_t most; /* the highest value */
} Phrases;

/* A bit for the value of every phrase in a text; values must be below 32. */
uint32_t phrases_any(const Phrases *phrases, const Run *text);
/* The values of the phrases in a text, of overlapping ones the leftmost and longest; their number, at most `room`. */
Py_ssize_t phrases_longest(const Phrases *phrases, const Run *text, int32_t *values, Py_ssize_t room);

/* A question's text. */
typedef struct {
    Run raw, letters, held, held_letters;
    Pairs pairs, sounds, held_pairs, held_sounds, clauses;
    Py_UCS4 slots[SLOTS];
    uint64_t masks[SLOTS][MASKS]; /* where a letter stands, by its slot; no letter where all are 0 */
    Py_ssize_t words;             /* 64-bit words of a mask */
    uint64_t *clause_pairs;
    int32_t clause_start[CLAUSES + 1], clause_count;
    uint32_t kinds; /* what is asked for */
    int32_t *run_of, *run_stamp; /* LETTERS each */
    const uint16_t *sound_of;
    const Phrases *interrogatives;
} Shape;

enum {
    SAME, LONGEST_RUN, ORDER_ASKED, ORDER_HELD, ORDER_DICE, BIGRAMS_DICE, SOUND_DICE, CLAUSE_DICE, OTHER_INTERROGATIVE,
    SAME_INTERROGATIVE, OTHER_NUMBERS, NUMBERS_LACKING, OTHER_NEGATION, LENGTH_RATIO, OF_TEXT
};

int shape_begin(Shape *shape, PyObject *text, const Phrases *interrogatives, const uint16_t *sound_of);
int shape_of_text(Shape *shape, const Run *held, double *out);    /* OF_TEXT numbers */
int shape_of_passage(Shape *shape, const Run *held, double *out); /* two: the longest run, the best sentence */
void shape_free(Shape *shape);

#endif
