/* The shortlist: which of many measured candidates are worth a careful look, and a row of features for each of those. */
#include "kernel_close.h"

enum { MEASURED, TITLED, COLUMN, ONLY, RELATIVE, BLENDED, SHARES, FEATURES, VIEWS };
enum { BOTH, IF_TITLED, IF_UNTITLED };
enum { SCORES = 4 }; /* of a kind: the whole text, a title, a beginning, a passage */

typedef struct {
    Py_ssize_t candidates, width, raw, relative, kinds, room;
    const double *table, *shares;
    const uint8_t *titled, *only;
    const int32_t *column, *related, *blended;
    double of_best;
} Listing;

static int sound(Listing *listing, const Py_buffer *views, Py_ssize_t most, int numbers)
{
    if (views[MEASURED].ndim != 2 || views[FEATURES].ndim != 2 || most < 0)
        return kernel_refuse("what was measured and the features must be tables");
    *listing = (Listing){
        .candidates = views[MEASURED].shape[0], .width = views[MEASURED].shape[1], .raw = kernel_length(&views[COLUMN]),
        .relative = kernel_length(&views[RELATIVE]), .kinds = kernel_length(&views[SHARES]), .room = views[FEATURES].shape[0],
        .table = views[MEASURED].buf, .shares = views[SHARES].buf, .titled = views[TITLED].buf, .only = views[ONLY].buf,
        .column = views[COLUMN].buf, .related = views[RELATIVE].buf, .blended = views[BLENDED].buf};
    if (kernel_length(&views[TITLED]) != listing->candidates || kernel_length(&views[ONLY]) != listing->raw ||
        kernel_length(&views[BLENDED]) != SCORES * listing->kinds || listing->room < (most < listing->candidates ? most : listing->candidates) ||
        views[FEATURES].shape[1] < listing->raw + listing->relative + 1 || numbers < 0 || numbers >= listing->width)
        return kernel_refuse("the tables do not fit together");
    for (Py_ssize_t place = 0; place < listing->raw; place++)
        if (listing->column[place] < 0 || listing->column[place] >= listing->width)
            return kernel_refuse("a feature is of a column that was not measured");
    for (Py_ssize_t place = 0; place < listing->relative; place++)
        if (listing->related[place] < 0 || listing->related[place] >= listing->raw)
            return kernel_refuse("a relative feature is of none that there is");
    for (Py_ssize_t place = 0; place < SCORES * listing->kinds; place++)
        if (listing->blended[place] < 0 || listing->blended[place] >= listing->relative)
            return kernel_refuse("a blended feature is of none that there is");
    return 0;
}

static double raw_of(const Listing *listing, Py_ssize_t candidate, Py_ssize_t feature)
{
    uint8_t only = listing->only[feature];
    if ((only == IF_TITLED && !listing->titled[candidate]) || (only == IF_UNTITLED && listing->titled[candidate]))
        return 0;
    return listing->table[candidate * listing->width + listing->column[feature]];
}

static double larger(double one, double other)
{
    return one > other ? one : other;
}

/* The scores relative to the best candidate's, added up over the kinds. */
static double blend_of(const Listing *listing, Py_ssize_t candidate, const double *best)
{
    double total = 0;
    for (Py_ssize_t kind = 0; kind < listing->kinds; kind++) {
        double share[SCORES];
        for (Py_ssize_t score = 0; score < SCORES; score++) {
            int32_t relative = listing->blended[score * listing->kinds + kind];
            share[score] = raw_of(listing, candidate, listing->related[relative]) / best[relative];
        }
        double title = larger(share[1], share[2]);
        total += listing->shares[kind] * (title + share[0] + share[3] + listing->of_best * larger(larger(title, share[0]), share[3]));
    }
    return total;
}

/* shortlist(measured, titled, column, only, relative, blended, shares, of_best, numbers, most, features) -> bytes of int32: the
   `most` candidates with the highest blend, the best first. Writes for each of them a row of features: the raw ones (the columns of
   what was measured; `only` 1 for those of titled entries, 2 for those of others), those relative to the best candidate's, and the
   column `numbers`. `blended` are for every kind the places of four relative features: row by row, as `shares` are of the kinds. */
PyObject *kernel_shortlist(PyObject *self, PyObject *args)
{
    static const char types[] = {'d', '?', 'i', 'B', 'i', 'i', 'd', 'd'};
    static const char *names[] = {"measured", "titled", "column", "only", "relative", "blended", "shares", "features"};
    PyObject *given[VIEWS], *result = NULL;
    Py_buffer views[VIEWS] = {{0}};
    Listing listing = {0};
    double of_best, *best = NULL, *blend = NULL;
    int numbers;
    Py_ssize_t most, kept = 0;
    int32_t *chosen = NULL;
    if (!PyArg_ParseTuple(args, "OOOOOOOdinO", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5], &given[6], &of_best,
                          &numbers, &most, &given[7]))
        return NULL;
    for (int view = 0; view < VIEWS; view++)
        if (kernel_take(given[view], &views[view], types[view], view == FEATURES ? WRITABLE : READABLE, names[view]) < 0)
            goto done;
    if (sound(&listing, views, most, numbers) < 0)
        goto done;
    listing.of_best = of_best;
    most = most < listing.candidates ? most : listing.candidates;
    best = PyMem_Calloc((size_t)listing.relative + 1, sizeof *best);
    blend = PyMem_Malloc(((size_t)most + 1) * sizeof *blend);
    chosen = PyMem_Malloc(((size_t)most + 1) * sizeof *chosen);
    if (best == NULL || blend == NULL || chosen == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t candidate = 0; candidate < listing.candidates; candidate++)
        for (Py_ssize_t place = 0; place < listing.relative; place++)
            best[place] = larger(best[place], raw_of(&listing, candidate, listing.related[place]));
    for (Py_ssize_t place = 0; place < listing.relative; place++)
        best[place] = best[place] > 0 ? best[place] : 1;
    for (Py_ssize_t candidate = 0; candidate < listing.candidates && most; candidate++) {
        double score = blend_of(&listing, candidate, best);
        Py_ssize_t rank = kept < most ? kept++ : most;
        for (; rank > 0 && blend[rank - 1] < score; rank--)
            if (rank < most) {
                blend[rank] = blend[rank - 1];
                chosen[rank] = chosen[rank - 1];
            }
        if (rank < most) {
            blend[rank] = score;
            chosen[rank] = (int32_t)candidate;
        }
    }
    for (Py_ssize_t row = 0; row < kept; row++) {
        double *out = (double *)views[FEATURES].buf + row * views[FEATURES].shape[1];
        for (Py_ssize_t place = 0; place < listing.raw; place++)
            out[place] = raw_of(&listing, chosen[row], place);
        for (Py_ssize_t place = 0; place < listing.relative; place++)
            out[listing.raw + place] = out[listing.related[place]] / best[place];
        out[listing.raw + listing.relative] = listing.table[chosen[row] * listing.width + numbers];
    }
    result = kernel_bytes(chosen, kept * (Py_ssize_t)sizeof *chosen);
done:
    PyMem_Free(best);
    PyMem_Free(blend);
    PyMem_Free(chosen);
    kernel_release(views, VIEWS);
    return result;
}
