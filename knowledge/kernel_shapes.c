/* Shapes: a question's text beside an entry's, character by character: order, runs, pairs, sound, clauses, numbers. */
#include "kernel_close.h"

static uint64_t pair_of(Py_UCS4 one, Py_UCS4 other)
{
    return (uint64_t)one << 32 | other;
}

/* What a character sounds like: a number beyond all characters, or itself. */
static Py_UCS4 sounding(const Shape *shape, Py_UCS4 point)
{
    return point < SOUNDS && shape->sound_of[point] ? 0x110000u + shape->sound_of[point] : point;
}

/* The distinct pairs of neighbours, and if `sounds` is given of what they sound like. */
static int paired(const Shape *shape, const Run *letters, Pairs *pairs, Pairs *sounds)
{
    if (pairs_begin(pairs, letters->count) < 0 || pairs_begin(sounds, letters->count) < 0)
        return -1;
    for (Py_ssize_t place = 1; place < letters->count; place++) {
        Py_UCS4 one = letters->points[place - 1], other = letters->points[place];
        pairs_put(pairs, pair_of(one, other));
        pairs_put(sounds, pair_of(sounding(shape, one), sounding(shape, other)));
    }
    return 0;
}

static double dice(int32_t left, int32_t right, int32_t common)
{
    return left && right ? 2.0 * common / (left + right) : 0;
}

static int32_t common_of(const Pairs *left, const Pairs *right)
{
    const Pairs *fewer = left->count < right->count ? left : right, *more = fewer == left ? right : left;
    int32_t common = 0;
    if (!fewer->count)
        return 0;
    for (size_t slot = 0; slot <= fewer->mask; slot++)
        common += fewer->stamps[slot] == fewer->now && pairs_has(more, fewer->keys[slot]);
    return common;
}

static int slot_of(const Shape *shape, Py_UCS4 point)
{
    uint32_t slot = (point * 2654435761u) >> 22;
    while (shape->slots[slot] && shape->slots[slot] != point)
        slot = (slot + 1) % SLOTS;
    return (int)slot;
}

static int divides_clauses(Py_UCS4 point)
{
    static const Py_UCS4 signs[] = {0x3002, 0xff01, '!', 0xff1f, '?', 0xff1b, ';', 0xff0c, ',', 0x3001, 0xff1a,
                                    ':', 0x3010, 0x3011, '#', '[', ']', 0x201c, 0x201d, '"'};
    for (size_t sign = 0; sign < sizeof signs / sizeof *signs; sign++)
        if (point == signs[sign])
            return 1;
    return Py_UNICODE_ISSPACE(point);
}

static int ends_sentence(Py_UCS4 point)
{
    return point == 0x3002 || point == 0xff01 || point == '!' || point == 0xff1f || point == '?' || point == 0xff1b || point == ';';
}

/* Cuts the question into clauses, each with its distinct pairs. */
static int claused(Shape *shape)
{
    const Run *raw = &shape->raw;
    int32_t end = 0;
    shape->clause_pairs = PyMem_Malloc(((size_t)raw->count + 1) * sizeof *shape->clause_pairs);
    if (shape->clause_pairs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t from = 0; from < raw->count && shape->clause_count < CLAUSES;) {
        Py_ssize_t to = from;
        while (to < raw->count && !divides_clauses(raw->points[to]))
            to++;
        if (to - from >= CLAUSE_CHARACTERS) {
            if (pairs_begin(&shape->clauses, to - from) < 0)
                return -1;
            shape->clause_start[shape->clause_count++] = end;
            for (Py_ssize_t place = from + 1; place < to; place++) {
                uint64_t pair = pair_of(raw->points[place - 1], raw->points[place]);
                if (pairs_put(&shape->clauses, pair))
                    shape->clause_pairs[end++] = pair;
            }
        }
        from = to + 1;
    }
    shape->clause_start[shape->clause_count] = end;
    return 0;
}

int shape_begin(Shape *shape, PyObject *text, const Phrases *interrogatives, const uint16_t *sound_of)
{
    shape->interrogatives = interrogatives;
    shape->sound_of = sound_of;
    shape->run_of = PyMem_Calloc(LETTERS, sizeof *shape->run_of);
    shape->run_stamp = PyMem_Calloc(LETTERS, sizeof *shape->run_stamp);
    if (shape->run_of == NULL || shape->run_stamp == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (run_add(&shape->raw, text) < 0 || run_letters(&shape->letters, &shape->raw, LETTERS) < 0 ||
        paired(shape, &shape->letters, &shape->pairs, &shape->sounds) < 0 || claused(shape) < 0)
        return -1;
    for (Py_ssize_t place = 0; place < shape->letters.count; place++) {
        int slot = slot_of(shape, shape->letters.points[place]);
        shape->slots[slot] = shape->letters.points[place];
        shape->masks[slot][place / 64] |= (uint64_t)1 << (place % 64);
    }
    shape->words = (shape->letters.count + 63) / 64;
    shape->kinds = phrases_any(interrogatives, &shape->raw);
    return 0;
}

void shape_free(Shape *shape)
{
    Run *runs[] = {&shape->raw, &shape->letters, &shape->held, &shape->held_letters};
    Pairs *sets[] = {&shape->pairs, &shape->sounds, &shape->held_pairs, &shape->held_sounds, &shape->clauses};
    for (size_t run = 0; run < sizeof runs / sizeof *runs; run++)
        PyMem_Free(runs[run]->points);
    for (size_t set = 0; set < sizeof sets / sizeof *sets; set++)
        pairs_free(sets[set]);
    PyMem_Free(shape->clause_pairs);
    PyMem_Free(shape->run_of);
    PyMem_Free(shape->run_stamp);
}

/* The length of the longest common subsequence, many places of the question at once. */
static int32_t in_order(const Shape *shape, const Run *held)
{
    uint64_t row[MASKS];
    int32_t left = 0;
    for (Py_ssize_t word = 0; word < shape->words; word++)
        row[word] = ~(uint64_t)0;
    for (Py_ssize_t place = 0; place < held->count; place++) {
        const uint64_t *mask = shape->masks[slot_of(shape, held->points[place])];
        uint64_t carry = 0;
        for (Py_ssize_t word = 0; word < shape->words; word++) {
            uint64_t hit = row[word] & mask[word], sum = row[word] + hit, more = sum + carry;
            carry = (sum < hit) | (more < sum);
            row[word] = more | (row[word] & ~hit);
        }
    }
    for (Py_ssize_t place = 0; place < shape->letters.count; place++)
        left += (int32_t)(row[place / 64] >> (place % 64) & 1);
    return (int32_t)shape->letters.count - left;
}

/* The length of the longest run of letters that stands in both. */
static int32_t longest_run(Shape *shape, const Run *held)
{
    int32_t best = 0;
    memset(shape->run_stamp, 0, LETTERS * sizeof *shape->run_stamp);
    for (Py_ssize_t place = 0; place < held->count; place++) {
        const uint64_t *mask = shape->masks[slot_of(shape, held->points[place])];
        /* From the last place on: what stood before a place is read before it is written. */
        for (Py_ssize_t word = shape->words - 1; word >= 0; word--)
            for (uint64_t bits = mask[word]; bits;) {
                int bit = 63 - __builtin_clzll(bits);
                Py_ssize_t asked = 64 * word + bit;
                bits &= ~((uint64_t)1 << bit);
                int32_t before = asked && place && shape->run_stamp[asked - 1] == place ? shape->run_of[asked - 1] : 0;
                shape->run_of[asked] = before + 1;
                shape->run_stamp[asked] = (int32_t)place + 1;
                best = before + 1 > best ? before + 1 : best;
            }
    }
    return best;
}

static int is_latin(Py_UCS4 point)
{
    return (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9');
}

/* The next Latin word or number from `*place` on: its length, and in `*place` where it begins; 0 for none. */
static Py_ssize_t next_number(const Run *text, Py_ssize_t *place)
{
    while (*place < text->count && !is_latin(text->points[*place]))
        (*place)++;
    Py_ssize_t end = *place;
    while (end < text->count && (is_latin(text->points[end]) ||
                                 (end > *place && (text->points[end] == '.' || text->points[end] == '-') &&
                                  end + 1 < text->count && is_latin(text->points[end + 1]))))
        end++;
    return end - *place;
}

/* Whether every Latin word and number of one text stands in another. */
static int has_numbers_of(const Run *text, const Run *other)
{
    Py_ssize_t place = 0, length;
    while ((length = next_number(text, &place))) {
        Py_ssize_t there = 0, found = 0, size;
        while (!found && (size = next_number(other, &there))) {
            found = size == length && memcmp(text->points + place, other->points + there, (size_t)length * sizeof(Py_UCS4)) == 0;
            there += size;
        }
        if (!found)
            return 0;
        place += length;
    }
    return 1;
}

static double best_clause(const Shape *shape, double whole)
{
    double best = shape->clause_count ? 0 : whole;
    for (int32_t clause = 0; clause < shape->clause_count; clause++) {
        int32_t begin = shape->clause_start[clause], end = shape->clause_start[clause + 1], common = 0;
        for (int32_t pair = begin; pair < end; pair++)
            common += pairs_has(&shape->held_pairs, shape->clause_pairs[pair]);
        double share = dice(end - begin, shape->held_pairs.count, common);
        best = share > best ? share : best;
    }
    return best;
}

int shape_of_text(Shape *shape, const Run *held, double *out)
{
    Run *letters = &shape->held_letters;
    if (run_letters(letters, held, held->count) < 0 || paired(shape, letters, &shape->held_pairs, &shape->held_sounds) < 0)
        return -1;
    Py_ssize_t asked = shape->letters.count, own = letters->count, shorter = asked < own ? asked : own, longer = asked + own - shorter;
    uint32_t kinds = phrases_any(shape->interrogatives, held), no = (uint32_t)1 << NEGATION;
    uint32_t wanted = shape->kinds & ~no, given = kinds & ~no;
    double order = in_order(shape, letters);
    double whole = dice(shape->pairs.count, shape->held_pairs.count, common_of(&shape->pairs, &shape->held_pairs));
    int lacking = !has_numbers_of(held, &shape->raw);
    out[SAME] = asked == own && memcmp(shape->letters.points, letters->points, (size_t)own * sizeof(Py_UCS4)) == 0;
    out[LONGEST_RUN] = shorter ? (double)longest_run(shape, letters) / (double)shorter : 0;
    out[ORDER_ASKED] = order / (double)(asked ? asked : 1);
    out[ORDER_HELD] = order / (double)(own ? own : 1);
    out[ORDER_DICE] = 2 * order / (double)(asked + own ? asked + own : 1);
    out[BIGRAMS_DICE] = whole;
    out[SOUND_DICE] = dice(shape->sounds.count, shape->held_sounds.count, common_of(&shape->sounds, &shape->held_sounds));
    out[CLAUSE_DICE] = best_clause(shape, whole);
    out[OTHER_INTERROGATIVE] = wanted && given && !(wanted & given);
    out[SAME_INTERROGATIVE] = (wanted & given) || (!wanted && !given);
    out[OTHER_NUMBERS] = lacking || !has_numbers_of(&shape->raw, held);
    out[NUMBERS_LACKING] = lacking;
    out[OTHER_NEGATION] = ((shape->kinds ^ kinds) & no) != 0;
    out[LENGTH_RATIO] = longer ? (double)shorter / (double)longer : 0;
    return 0;
}

/* The largest share of the question's pairs that one sentence holds. */
static double best_sentence(Shape *shape, const Run *held)
{
    int32_t best = 0;
    for (Py_ssize_t from = 0; shape->pairs.count && from < held->count;) {
        Py_ssize_t to = from;
        while (to < held->count && !ends_sentence(held->points[to]))
            to++;
        if (to - from > 1) {
            if (pairs_begin(&shape->held_pairs, shape->pairs.count) < 0)
                return -1;
            for (Py_ssize_t place = from + 1; place < to; place++) {
                uint64_t pair = pair_of(held->points[place - 1], held->points[place]);
                if (pairs_has(&shape->pairs, pair))
                    pairs_put(&shape->held_pairs, pair);
            }
            best = shape->held_pairs.count > best ? shape->held_pairs.count : best;
        }
        from = to + 1;
    }
    return shape->pairs.count ? (double)best / shape->pairs.count : 0;
}

int shape_of_passage(Shape *shape, const Run *held, double *out)
{
    out[0] = 0;
    if (shape->letters.count && shape->letters.count <= SHORT_LETTERS) {
        if (run_letters(&shape->held_letters, held, held->count) < 0)
            return -1;
        out[0] = (double)longest_run(shape, &shape->held_letters) / (double)shape->letters.count;
    }
    out[1] = best_sentence(shape, held);
    return out[1] < 0 ? -1 : 0;
}
