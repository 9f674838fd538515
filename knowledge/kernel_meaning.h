/* How a question's terms meet the units of entries, and what its words mean beside theirs. */
#ifndef MINGBAI_KERNEL_MEANING_H
#define MINGBAI_KERNEL_MEANING_H

#include "kernel_close.h"
#include "kernel_postings.h"

#define MEANINGS 64     /* numbers that say what a word means */
#define ASKED_WORDS 48  /* the heaviest of the question are compared by meaning */
#define HELD_WORDS 64   /* and of a unit */

typedef struct {
    const int8_t *vectors; /* MEANINGS a row */
    const float *scales;   /* what makes a vector's length 1; 0 for a word without a known meaning */
    const float *rarity;
    const uint8_t *place;
    Py_ssize_t rows;
} Lexicon;

/* One kind of the question's terms. */
typedef struct {
    const Postings *postings;
    const double *idf, *weights, *means;
    double unknown, asked_weight, most;
    Question question;
    int32_t *often, *met; /* by term, and the terms met in a unit */
    double *score;        /* by unit of the entry that is looked at */
    Py_ssize_t score_room;
} Overlapping;

enum { HARMONIC, SCORE };

int overlapping_begin(Overlapping *terms, const Py_buffer *places, int which);
/* An entry's unit in a field that is most like the question by words and pairs: its place among all units; -1 for none. */
int32_t overlapping_best(Overlapping *words, Overlapping *pairs, int32_t entry, int field, int by);
/* The share of the question's weight that one of two units holds. */
double overlapping_share(Overlapping *terms, const Unit *one, const Unit *other);
void overlapping_free(Overlapping *terms);

typedef struct {
    int32_t number, row, sense;
    double weight;
    float like; /* the most that a word of the question means the same */
    int had;    /* whether the question has this very word */
} Held;

enum { MET_IN_TITLE = 1, MET_IN_PASSAGE = 2, MET_IN_FULL = 4 };

typedef struct {
    const Lexicon *lexicon;
    double unknown; /* the weight of a word that no entry holds */
    const int32_t *rows, *senses, *frequency;
    const double *idfs; /* the weight of a word by how many of the entries hold it, as far as it goes */
    double entries;
    Py_ssize_t idf_count;
    /* The question's words. */
    Py_ssize_t count;
    int32_t row[ASKED_WORDS], sense[ASKED_WORDS], term[ASKED_WORDS]; /* the last among the question's terms; -1 for none */
    double weight[ASKED_WORDS], total, rarity;
    float like[ASKED_WORDS];
    uint8_t met[ASKED_WORDS]; /* bits of where the word was met */
    uint8_t has[ASKED_WORDS]; /* whether the unit's heaviest words have it */
    int32_t *word_of_term;    /* -1 for a term that is not among the words */
    double meaning[MEANINGS]; /* of the question as a whole */
    /* The unit's. */
    Pairs seen;
    Held *held;
    Py_ssize_t held_room;
    double other_place; /* the weight of the title's heaviest place that the question does not name */
} Meaning;

enum { OF_WORDS = 14, OF_FULL = 5, OF_PLACES = 3 };

int meaning_begin(Meaning *meaning, const int32_t *rows, const int32_t *senses, Py_ssize_t count, const int32_t *kept,
                  const Overlapping *words);
int meaning_of(Meaning *meaning, const Overlapping *words, const Unit *unit, int where, double *out); /* OF_WORDS numbers */
void meaning_of_full(Meaning *meaning, const Overlapping *words, int32_t entry, double *out);         /* OF_FULL */
void meaning_of_places(const Meaning *meaning, double *out); /* OF_PLACES, after the title and the whole entry */
void meaning_of_both(const Meaning *meaning, double *out);   /* two numbers, after the title and the passage */
void meaning_free(Meaning *meaning);

#endif
