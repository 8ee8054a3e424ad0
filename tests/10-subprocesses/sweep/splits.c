/*
 * The reader under every split of its inputs: each text is cut in all ways, fed piece by piece, and read
 * by each script of reads, in three manners:
 *
 *     early    each read is started as soon as the one before it is done, and waits while pieces come
 *     late     all is fed, and read then
 *     each     after each piece, a read is tried; one that waits is cancelled, and asked for again
 *
 * What the reads give is the same as when all was fed at once; but for "what is there", and where a limit
 * is exceeded: these depend on what has come. So each read is compared with a model, too, which knows how
 * much that is, and scans it anew from its front each time. Between a read and the next one, what was read
 * is looked at after each piece. Each piece is a heap block of its size, which is freed when it was fed,
 * so that the address sanitizer sees who looks beyond it, or keeps it.
 *
 *     splits                texts of up to 9 bytes; splits --full    of up to 16
 */
#include "check.h"
#include "errors.h"
#include "loop.h"
#include "reader.h"
#include "scripted.h"

#include <stdint.h>
#include <stdlib.h>

enum { MOST_SAMPLE = 9, MOST_FULL = 16, READS = 40 };
enum manner { EARLY, LATE, EACH, MANNERS };

static const char *const manner_names[] = {"early", "late", "each"};
static struct eddy_loop loop;
static unsigned long played;

/* ---- What is read ----------------------------------------------------------------------------------- */

/* l: a line. A digit: exactly so many. r: at most two. a: all, at most eleven. Others up to a separator. */
struct wish {
    char kind;
    const char *separator;
};

struct script {
    const char *name;
    struct wish wishes[3]; /* in turn */
    int count;
    bool takes_what_is_there;
};

static const struct script scripts[] = {
    {"lines", {{'l', NULL}}, 1, false},
    {"three bytes", {{'3', NULL}}, 1, false},
    {"at most two", {{'r', NULL}}, 1, true},
    {"all", {{'a', NULL}}, 1, false},
    {"until aab", {{'u', "aab"}}, 1, false},
    {"until ab", {{'u', "ab"}}, 1, false},
    {"until two newlines", {{'u', "\n\n"}}, 1, false},
    {"a line, two bytes, until ab", {{'l', NULL}, {'2', NULL}, {'u', "ab"}}, 3, false},
    {"until aa, none, some", {{'u', "aa"}, {'0', NULL}, {'r', NULL}}, 3, true},
    {"one byte, a line", {{'1', NULL}, {'l', NULL}}, 2, false},
};

enum { FAR = 100 };
static const size_t limits[] = {FAR, 4, 2};

static struct eddy_future *start(struct eddy_reader *reader, const struct wish *wish)
{
    switch (wish->kind) {
    case 'l':
        return eddy_reader_readline(reader);
    case 'r':
        return eddy_reader_read(reader, 2);
    case 'a':
        return eddy_reader_readall(reader, 11);
    case 'u':
        return eddy_reader_readuntil(reader, wish->separator, strlen(wish->separator));
    default:
        return eddy_reader_readexactly(reader, (size_t)(wish->kind - '0'));
    }
}

/* ---- The model -------------------------------------------------------------------------------------- */

/* A text of which `there` bytes have come; those before `at` were read. */
struct model {
    const char *text;
    size_t size, there, at, limit;
    bool eof;
    int err; /* what a read gives */
    const char *data;
    size_t n;
};

static int model_take(struct model *model, size_t n, int err)
{
    model->data = model->text + model->at;
    model->n = n;
    model->at += n;
    return err;
}

/* Where it is in what is there, counted from the first unread byte; SIZE_MAX: nowhere. */
static size_t model_find(const struct model *model, const char *separator)
{
    size_t n = strlen(separator);

    for (size_t at = model->at; at + n <= model->there; at++)
        if (strncmp(model->text + at, separator, n) == 0)
            return at - model->at;
    return SIZE_MAX;
}

/* Too long: the line that is known is passed over, or all. */
static int model_overrun(struct model *model, bool line, size_t found, size_t looked)
{
    model->data = NULL;
    model->n = line ? 0 : looked;
    if (line)
        model->at = found == SIZE_MAX ? model->there : model->at + found + 1;
    return EDDY_ELIMIT;
}

static int model_until(struct model *model, const char *separator, bool line)
{
    size_t unread = model->there - model->at, n = strlen(separator);
    size_t found = model_find(model, separator);
    size_t looked = found != SIZE_MAX ? found : unread + 1 > n ? unread + 1 - n : 0;

    if (looked > model->limit)
        return model_overrun(model, line, found, looked);
    if (found != SIZE_MAX)
        return model_take(model, found + n, 0);
    if (!model->eof)
        return EDDY_EPENDING;
    return model_take(model, unread, line ? 0 : EDDY_EINCOMPLETE);
}

static int model_counted(struct model *model, size_t n)
{
    size_t unread = model->there - model->at;

    if (unread >= n)
        return model_take(model, n, 0);
    return model->eof ? model_take(model, unread, EDDY_EINCOMPLETE) : EDDY_EPENDING;
}

static int model_read(struct model *model, const struct wish *wish)
{
    size_t unread = model->there - model->at;

    switch (wish->kind) {
    case 'l':
        return model_until(model, "\n", true);
    case 'u':
        return model_until(model, wish->separator, false);
    case 'r':
        return unread > 0 || model->eof ? model_take(model, unread < 2 ? unread : 2, 0)
                                        : EDDY_EPENDING;
    case 'a':
        if (unread > 11)
            return model_take(model, 11, EDDY_ELIMIT);
        return model->eof ? model_take(model, unread, 0) : EDDY_EPENDING;
    default:
        return model_counted(model, (size_t)(wish->kind - '0'));
    }
}

/* ---- A run: one text, one split, one script, one limit, one manner ------------------------------------ */

struct got {
    int err;
    size_t n;
    const char *at; /* in the text */
};

static struct got
    at_once[READS]; /* what has come of this text and script when it was fed at once */
static int reads_at_once;

struct run {
    struct eddy_reader reader;
    struct model model;
    const struct script *script;
    struct eddy_future *future; /* a read that waits */
    int reads;
    struct got got[READS];
    bool held; /* the last read has given bytes, which stay */
    enum manner manner;
};

static const struct wish *wish_of(const struct run *run)
{
    return &run->script->wishes[run->reads % run->script->count];
}

static void check_held(const struct run *run)
{
    if (run->held &&
        (run->reader.size != run->model.n ||
         (run->model.n > 0 && memcmp(run->reader.data, run->model.data, run->model.n) != 0)))
        CHECK_BYTES(run->reader.data, run->reader.size, run->model.data, run->model.n);
}

/* A read is done, and so is the model's. */
static void end_read(struct run *run)
{
    if (run->future->err != run->model.err)
        CHECK_CODE(run->future->err, run->model.err);
    run->held = run->model.data != NULL;
    check_held(run);
    if (!run->held && run->reader.size != run->model.n)
        CHECK_INT(run->reader.size, (long long)run->model.n);
    run->got[run->reads++] = (struct got){run->future->err, run->model.n, run->model.data};
    run->future = NULL;
}

/* Whatever the read that waits has become, the model's has, too. */
static bool see(struct run *run)
{
    run->model.err = model_read(&run->model, wish_of(run));
    if (run->model.err == EDDY_EPENDING && run->future->err == EDDY_EPENDING)
        return false;
    end_read(run);
    return true;
}

/* Over, if the end has come, and it was read, or cannot be by this script. */
static bool is_over(const struct run *run)
{
    return run->reads >= READS ||
           (run->model.eof && run->model.at == run->model.there && run->reads > 3);
}

static void read_on(struct run *run)
{
    while (!is_over(run)) {
        if (!run->future) {
            run->held = false;
            run->future = start(&run->reader, wish_of(run));
        }
        if (see(run))
            continue;
        if (run->manner == EACH) {
            CHECK(eddy_future_cancel(run->future));
            run->future = NULL;
        }
        return;
    }
}

static void come(struct run *run)
{
    if (run->future && !see(run))
        return;
    check_held(run);
    if (run->manner != LATE || run->model.eof)
        read_on(run);
}

static void feed_piece(struct run *run, size_t n)
{
    char *piece = malloc(n);

    CHECK(piece != NULL);
    memcpy(piece, run->model.text + run->model.there, n);
    CHECK_CODE(eddy_reader_feed(&run->reader, piece, n), 0);
    free(piece);
    run->model.there += n;
    come(run);
}

static void end_feeding(struct run *run)
{
    eddy_reader_feed_eof(&run->reader);
    run->model.eof = true;
    come(run);
    CHECK(run->future == NULL);
    CHECK(eddy_reader_at_eof(&run->reader) == (run->model.at == run->model.there));
}

/* How many empty reads there are at the end differs: who reads early does not know yet that it is the end. */
static void compare_with_at_once(const struct run *run)
{
    for (int i = 0; i < run->reads && i < reads_at_once; i++)
        if (run->got[i].err != at_once[i].err || run->got[i].n != at_once[i].n ||
            run->got[i].at != at_once[i].at)
            FAIL("the same as when all is fed at once", "read %d: %s, %zu bytes, not %s, %zu", i,
                 eddy_errname(run->got[i].err), run->got[i].n, eddy_errname(at_once[i].err),
                 at_once[i].n);
}

/* Bit i of `cuts`: a piece ends after byte i. */
static void play(const char *text, unsigned cuts, const struct script *script, size_t limit,
                 enum manner manner)
{
    struct run run = {.script = script, .manner = manner};
    size_t size = strlen(text), from = 0;

    run.model = (struct model){.text = text, .size = size, .limit = limit};
    CHECK_CODE(eddy_reader_open(&run.reader, &loop, limit, NULL), 0);
    if (manner == EARLY)
        read_on(&run);
    for (size_t i = 0; i < size; i++)
        if ((cuts >> i & 1) || i + 1 == size) {
            feed_piece(&run, i + 1 - from);
            from = i + 1;
        }
    end_feeding(&run);
    eddy_reader_close(&run.reader);
    played++;
    if (cuts == 0 && manner == LATE) {
        memcpy(at_once, run.got, sizeof at_once);
        reads_at_once = run.reads;
    } else if (limit == FAR && !script->takes_what_is_there) {
        compare_with_at_once(&run);
    }
}

/* ---- All of them ------------------------------------------------------------------------------------- */

enum { SCRIPTS = sizeof scripts / sizeof scripts[0], LIMITS = sizeof limits / sizeof limits[0] };

static const char *const texts[] = {"",
                                    "\n",
                                    "a",
                                    "aab",
                                    "aaab",
                                    "aaaab\n",
                                    "a\nb\nc",
                                    "\n\n\n\na",
                                    "aabaabaab",
                                    "ab\nab\nab",
                                    "a\n\nb\n\n\nc",
                                    "aaaaa\nb",
                                    "abababab",
                                    "line\nlines",
                                    "123456\n1\n",
                                    "aaaaaaab\n\n\n",
                                    "\naab\naaab\na",
                                    "123456\n1\n\nab",
                                    "bbbb\nbbbbb\nbb",
                                    "aaaaaaaaaaaaab",
                                    "xxxxxaabxxaab\nab"};

static unsigned long splits_of(const char *text)
{
    return strlen(text) > 1 ? 1ul << (strlen(text) - 1) : 1;
}

/* Fed at once first: with that the others are compared. */
static void play_split(const char *text, unsigned cuts, const struct script *script, size_t limit)
{
    static const enum manner order[] = {LATE, EARLY, EACH};

    for (int i = 0; i < MANNERS; i++) {
        CAUSE("a text of %zu bytes, cuts %x, %s, limit %zu, %s", strlen(text), cuts, script->name,
              limit, manner_names[order[i]]);
        play(text, cuts, script, limit, order[i]);
    }
}

static void play_text(const char *text)
{
    DID("cut it in all ways: %s", text);
    scripted_start();
    CHECK_OK(eddy_loop_open(&loop, &scripted));
    for (int s = 0; s < SCRIPTS; s++)
        for (int l = 0; l < LIMITS; l++)
            for (unsigned cuts = 0; cuts < splits_of(text); cuts++)
                play_split(text, cuts, &scripts[s], limits[l]);
    CHECK_CODE(eddy_loop_close(&loop), 0);
    CHECK(played == splits_of(text) * SCRIPTS * LIMITS * MANNERS);
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned long all = 0;
    char sentence[120];
    int failed;

    check_start(argc, argv);
    check_limit(full ? 120 : 20);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strlen(texts[i]) > (full ? MOST_FULL : MOST_SAMPLE))
            continue;
        all += splits_of(texts[i]) * SCRIPTS * LIMITS * MANNERS;
        snprintf(sentence, sizeof sentence,
                 "text %zu is read the same, in whatever pieces it comes", i);
        CASE(sentence)
            play_text(texts[i]);
    }
    failed = check_end();
    if (full && !failed)
        printf("splits: %lu runs of the reader, each text in all pieces: all clean\n", all);
    return failed;
}
