/* An ensemble of small decision trees, as gradient boosting makes them, over the rows of a matrix. */
#include "kernel.h"
#include "structmember.h"

enum { FEATURE, THRESHOLD, LEFT, RIGHT, VALUE, ROOTS, VIEWS };

typedef struct {
    PyObject_HEAD
    Py_buffer views[VIEWS];
    Py_ssize_t columns;
} Trees;

/* A leaf has feature -1. Children stand behind their parent, so that every walk ends. */
static int sound(const Trees *self)
{
    Py_ssize_t nodes = kernel_length(&self->views[FEATURE]);
    const int32_t *feature = self->views[FEATURE].buf, *left = self->views[LEFT].buf, *right = self->views[RIGHT].buf;
    const int32_t *roots = self->views[ROOTS].buf;
    for (int view = THRESHOLD; view <= VALUE; view++)
        if (kernel_length(&self->views[view]) != nodes)
            return kernel_refuse("every node needs a feature, a threshold, two children and a value");
    for (Py_ssize_t node = 0; node < nodes; node++) {
        if (feature[node] < -1 || feature[node] >= self->columns)
            return kernel_refuse("a node asks for a column that no row has");
        if (feature[node] >= 0 && (left[node] <= node || left[node] >= nodes || right[node] <= node || right[node] >= nodes))
            return kernel_refuse("a node's children must stand behind it");
    }
    for (Py_ssize_t tree = 0; tree < kernel_length(&self->views[ROOTS]); tree++)
        if (roots[tree] < 0 || roots[tree] >= nodes)
            return kernel_refuse("a tree's root is not among the nodes");
    return 0;
}

static PyObject *trees_new(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static char *keywords[] = {"feature", "threshold", "left", "right", "value", "roots", "columns", NULL};
    static const char types[] = {'i', 'd', 'i', 'i', 'd', 'i'};
    PyObject *given[VIEWS];
    Py_ssize_t columns;
    if (!PyArg_ParseTupleAndKeywords(args, names, "OOOOOOn", keywords, &given[0], &given[1], &given[2], &given[3], &given[4],
                                     &given[5], &columns))
        return NULL;
    Trees *self = (Trees *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->columns = columns;
    for (int view = 0; view < VIEWS; view++)
        if (kernel_take(given[view], &self->views[view], types[view], FROZEN, keywords[view]) < 0) {
            Py_DECREF(self);
            return NULL;
        }
    if (sound(self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void trees_free(Trees *self)
{
    kernel_release(self->views, VIEWS);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* of(rows) -> bytes of float64: the sum of the leaves that each row reaches; a row goes left where it is not above the
   threshold (what is not a number goes right). */
static PyObject *trees_of(Trees *self, PyObject *given)
{
    Py_buffer rows = {0};
    PyObject *bytes = NULL;
    if (kernel_take(given, &rows, 'd', READABLE, "rows") < 0)
        goto done;
    Py_ssize_t count = rows.ndim == 2 ? rows.shape[0] : -1;
    if (count < 0 || rows.shape[1] != self->columns) {
        kernel_refuse("rows must be a matrix with one column for each feature");
        goto done;
    }
    if ((bytes = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(double))) == NULL)
        goto done;
    const int32_t *feature = self->views[FEATURE].buf, *left = self->views[LEFT].buf, *right = self->views[RIGHT].buf;
    const int32_t *roots = self->views[ROOTS].buf;
    const double *threshold = self->views[THRESHOLD].buf, *value = self->views[VALUE].buf, *table = rows.buf;
    double *written = (double *)PyBytes_AS_STRING(bytes);
    Py_ssize_t trees = kernel_length(&self->views[ROOTS]);
    memset(written, 0, (size_t)count * sizeof *written);
    for (Py_ssize_t tree = 0; tree < trees; tree++)
        for (Py_ssize_t row = 0; row < count; row++) {
            const double *features = table + row * self->columns;
            int32_t node = roots[tree];
            while (feature[node] >= 0)
                node = features[feature[node]] <= threshold[node] ? left[node] : right[node];
            written[row] += value[node];
        }
done:
    kernel_release(&rows, 1);
    return bytes;
}

static PyMethodDef methods[] = {
    {"of", (PyCFunction)trees_of, METH_O, "The sum of the leaves that each row reaches."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"columns", T_PYSSIZET, offsetof(Trees, columns), READONLY, "How many features a row has."},
    {NULL, 0, 0, 0, NULL},
};

PyTypeObject KernelTreesType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "knowledge.kernel.Trees",
    .tp_doc = "An ensemble of small decision trees.",
    .tp_basicsize = sizeof(Trees),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = trees_new,
    .tp_dealloc = (destructor)trees_free,
    .tp_methods = methods,
    .tp_members = members,
};
