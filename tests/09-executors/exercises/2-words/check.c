/* Texts are cut in all places, and counted in pools of both kinds, and in one that the test works by hand. */
#include "../../pools.h"

#include "2-words.h"

#include <sched.h>

enum { MOST = 64 };

static struct eddy_job each[MOST];
static struct piece pieces[MOST];
static struct tally tallies[MOST];

/* ---- Texts ----------------------------------------------------------------------------------------- */

/* In pieces of `length` bytes. Returns how many there are. */
static size_t cut(const char *text, size_t length)
{
    size_t n = 0, left = strlen(text);

    for (; left > 0; n++) {
        pieces[n].n = (unsigned)(left < length ? left : length);
        memcpy(pieces[n].text, text, pieces[n].n);
        text += pieces[n].n;
        left -= pieces[n].n;
    }
    return n;
}

static struct tally tally_of(const char *text)
{
    struct tally tally = {.bytes = 99, .words = 99, .begins = true, .ends = true};
    struct eddy_work work = {
        .in = &pieces[0], .in_size = sizeof pieces[0], .out = &tally, .out_room = sizeof tally};

    (void)cut(text, PIECE);
    if (!*text)
        pieces[0].n = 0;
    CHECK_CODE(eddy_work_run(&work, count_piece), 0);
    return tally;
}

static void check_tally(const char *text, size_t words, bool begins, bool ends)
{
    struct tally tally;

    DID("counted the piece \"%s\"", text);
    CAUSE("it is a good piece: it may have as many bytes as there is room for, which is PIECE");
    tally = tally_of(text);
    CAUSE("%s", tally.bytes == 99 || tally.words >= 99
                    ? "nobody has zeroed what lies at `out`: all four fields are to be set"
                    : "a word begins where a byte is no blank and the one before it was one, or "
                      "where the piece begins; a blank is ' ', a tab or a newline");
    CHECK_INT(tally.bytes, (long long)strlen(text));
    CHECK_INT(tally.words, (long long)words);
    CAUSE("begins is about the first byte, ends about the last one; where there is none, both are "
          "false, and are to be set, too");
    CHECK_INT(tally.begins, begins);
    CHECK_INT(tally.ends, ends);
}

static const char end_of_map[] =
    "the map says -ENOENT at its end, which is no error of yours; and 0 words are written, too";
static const char words_are_lost[] =
    "after each eddy_job_map_next() the next tally is added, that of element map.next - 1; and a "
    "job's function knows nothing but its bytes: what it writes elsewhere is lost in a worker "
    "process";

/* In pieces of all lengths. */
static void check_cuts(int kind, const char *text, size_t words)
{
    for (size_t length = 1; length <= strlen(text) + 1 && length <= PIECE; length++) {
        size_t n = cut(text, length), got = 99;
        int err = count_words(executor, pieces, n, each, tallies, &got);
        DID("counted \"%s\", in pieces of %zu bytes, in %s", text, length,
            kind == THREADS ? "threads" : "processes");
        CAUSE("%s", err == -ENOENT ? end_of_map : words_are_lost);
        CHECK_CODE(err, 0);
        CHECK_INT(got, (long long)words);
    }
}

/* ---- One piece --------------------------------------------------------------------------------------- */

static void one_piece(void)
{
    CASE("add_tally: what is added to nothing is all there is") {
        struct tally all = {0, 0, false, false};
        DID("added \"bo\" to nothing");
        CAUSE("bytes and words grow; `all` begins as its first piece does, and ends as its last");
        add_tally(&all, (struct tally){2, 1, true, true});
        CHECK_INT(all.bytes, 2);
        CHECK_INT(all.words, 1);
        CHECK(all.begins);
        CHECK(all.ends);
    }

    CASE("add_tally: a word that the cut has gone through is one, and not two") {
        struct tally bo = {2, 1, true, true}, all = {0, 0, false, false};
        DID("added \"bo\" and \"ok\"");
        CAUSE("each side has counted a word of its own: if the left one ends in a word and the "
              "right one begins in one, it is the same");
        add_tally(&all, bo);
        add_tally(&all, bo);
        CHECK_INT(all.words, 1);
    }

    CASE("add_tally: where a blank stands at the cut, the words are the sum") {
        struct tally all = {0, 0, false, false};
        DID("added \"bo \" and \"ok!\"");
        CAUSE("a word is counted twice only if it goes on after the cut");
        add_tally(&all, (struct tally){3, 1, true, false});
        add_tally(&all, (struct tally){3, 1, true, true});
        CHECK_INT(all.words, 2);
        DID("added \" a\" to that");
        add_tally(&all, (struct tally){2, 1, false, true});
        CHECK_INT(all.words, 3);
        CAUSE("`all` begins as its first piece does, and ends as its last");
        CHECK(all.begins);
        CHECK(all.ends);
    }

    CASE("add_tally: a piece of blanks is no empty one") {
        struct tally all = {0, 0, false, false};
        DID("added \" \" and \"a\" to nothing");
        CAUSE("`all` begins as its first piece does, and that one has a byte, but no word");
        add_tally(&all, (struct tally){1, 0, false, false});
        add_tally(&all, (struct tally){1, 1, true, true});
        CHECK(!all.begins);
        CHECK(all.ends);
        CHECK_INT(all.words, 1);
    }

    CASE("add_tally: an empty piece changes nothing, also between two halves of a word") {
        struct tally bo = {2, 1, true, true}, none = {0, 0, false, false}, all = none;
        DID("added \"\", \"bo\", \"\" and \"ok\"");
        CAUSE("an empty piece neither ends in a word nor begins in one; but what stands before it "
              "does");
        add_tally(&all, none);
        add_tally(&all, bo);
        CHECK(all.begins);
        add_tally(&all, none);
        add_tally(&all, bo);
        CHECK_INT(all.words, 1);
        CHECK_INT(all.bytes, 4);
    }

    CASE("count_piece: words, and whether the piece begins and ends in one") {
        check_tally("to be or not", 4, true, true);
        check_tally(" to be ", 2, false, false);
        check_tally("x", 1, true, true);
        check_tally(" ", 0, false, false);
        check_tally("", 0, false, false);
        check_tally("a\tb\nc  d\n", 4, true, false);
        check_tally("\n\nlast", 1, false, true);
        check_tally("a piece that is full has sixty bytes, no more, and no fewer.", 13, true, true);
    }

    CASE("count_piece: a piece that says that it has too much is EINVAL, and says so") {
        struct tally tally;
        struct eddy_work work = {
            .in = pieces, .in_size = sizeof pieces[0], .out = &tally, .out_room = sizeof tally};
        DID("counted a piece of %d bytes", PIECE + 1);
        CAUSE("the struct has room for PIECE bytes: what is after it is somebody else's");
        pieces[0].n = PIECE + 1;
        CHECK_CODE(eddy_work_run(&work, count_piece), -EINVAL);
        CAUSE("the code alone says little: eddy_work_fail() returns it, and notes a sentence");
        CHECK(work.message[0]);
    }
}

/* ---- All of them --------------------------------------------------------------------------------------- */

static const char not_closed[] = "however the map ends, it must be closed: else jobs are still in "
                                 "line, or run, on the caller's memory";

static void many_pieces(void)
{
    CASE("count_words: texts that are cut in all places, in threads and in processes") {
        BOTH(kind)
        {
            open_pool(kind, 2);
            check_cuts(kind, "the quick brown fox", 4);
            check_cuts(kind, "  a b  c ", 3);
            check_cuts(kind, "antidisestablishmentarianism", 1);
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("count_words: no piece, and empty ones") {
        size_t words = 99;
        open_pool(THREADS, 2);
        DID("counted a text of no piece");
        CAUSE("%s", end_of_map);
        CHECK_CODE(count_words(executor, pieces, 0, each, tallies, &words), 0);
        CHECK_INT(words, 0);
        DID("counted \"bo\", \"\", \"ok\"");
        (void)cut("booook", 2);
        pieces[1].n = 0;
        CHECK_CODE(count_words(executor, pieces, 3, each, tallies, &words), 0);
        CHECK_INT(words, 1);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("count_words: an error of a piece is returned; then no job is left") {
        size_t words = 99;
        BOTH(kind)
        {
            open_pool(kind, 2);
            DID("counted nine pieces, of which the fourth and the last are spoilt");
            CAUSE("%s", not_closed);
            (void)cut("nine bytes", 1);
            pieces[3].n = PIECE + 7;
            pieces[8].n = PIECE + 8;
            CHECK_CODE(count_words(executor, pieces, 9, each, tallies, &words), -EINVAL);
            for (int i = 0; i < 9; i++)
                CHECK(eddy_job_done(&each[i]));
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("count_words: a pool that accepts nothing is an error") {
        size_t words = 99;
        open_pool(THREADS, 1);
        CHECK_CODE(close_pool(THREADS), 0);
        DID("counted in a pool that is closed");
        CAUSE("eddy_job_map_open() has said so: return it");
        CHECK_CODE(count_words(executor, pieces, 2, each, tallies, &words), EDDY_ECLOSED);
    }
}

/* An executor that begins when so many jobs have come: it runs the first, and the others when they are
 * waited for. */
struct patient {
    struct eddy_executor executor;
    int wanted, come;
    int broken;                  /* this one it does not run: EDDY_EBROKEN; 0: it runs all */
    struct eddy_job *jobs[MOST]; /* NULL: cancelled */
    bool returned;
};

/* Lock held. */
static void run_one(struct patient *patient, int i)
{
    struct eddy_job *job = patient->jobs[i];
    int err;

    if (!job)
        return;
    patient->jobs[i] = NULL;
    if (patient->broken > 0 && i == patient->broken) {
        eddy_job_withdraw(job, EDDY_EBROKEN);
        return;
    }
    eddy_job_begin(job);
    pthread_mutex_unlock(&patient->executor.lock);
    err = eddy_work_run(&job->work, job->fn);
    pthread_mutex_lock(&patient->executor.lock);
    eddy_job_finish(job, err);
}

static int collect(struct eddy_executor *self, struct eddy_job *job)
{
    struct patient *patient = container_of(self, struct patient, executor);

    patient->jobs[patient->come++] = job;
    if (patient->come == patient->wanted)
        run_one(patient, 0);
    return 0;
}

static void give_up(struct eddy_executor *self, struct eddy_job *job)
{
    struct patient *patient = container_of(self, struct patient, executor);

    for (int i = 0; i < patient->come; i++)
        if (patient->jobs[i] == job)
            patient->jobs[i] = NULL;
}

static int end(struct eddy_executor *self, int how)
{
    (void)self;
    (void)how;
    return 0;
}

static bool is_waited_for(const struct patient *patient)
{
    for (int i = 0; i < patient->wanted && patient->come == patient->wanted; i++)
        if (patient->jobs[i] && !eddy_list_empty(&patient->jobs[i]->waiters))
            return true;
    return false;
}

/* The last one first. */
static void *run_when_waited_for(void *argument)
{
    struct patient *patient = argument;

    pthread_mutex_lock(&patient->executor.lock);
    while (!patient->returned) {
        for (int i = patient->come; is_waited_for(patient) && i > 0; i--)
            run_one(patient, i - 1);
        pthread_mutex_unlock(&patient->executor.lock);
        sched_yield();
        pthread_mutex_lock(&patient->executor.lock);
    }
    pthread_mutex_unlock(&patient->executor.lock);
    return NULL;
}

static int count_patiently(struct patient *patient, size_t *words)
{
    static const struct eddy_executor_ops ops = {
        .name = "patient", .enqueue = collect, .dequeue = give_up, .shutdown = end};
    pthread_t thread;
    int err;

    CHECK_CODE(eddy_executor_open(&patient->executor, &ops, 0), 0);
    thread = start(run_when_waited_for, patient);
    err = count_words(&patient->executor, pieces, (size_t)patient->wanted, each, tallies, words);
    pthread_mutex_lock(&patient->executor.lock);
    patient->returned = true;
    pthread_mutex_unlock(&patient->executor.lock);
    join(thread);
    return err;
}

static void at_once(void)
{
    CASE("count_words: all pieces are submitted before the first is waited for") {
        struct patient patient = {.wanted = 5};
        size_t words = 99;
        DID("counted five pieces in an executor that begins when all five have come");
        CAUSE("the results come in another order than the pieces; the map knows which is which");
        IF_HANG(
            "a job is submitted, and waited for, before the next one is submitted: so nothing is "
            "done at the same time");
        (void)cut("a bc d ef ", 2);
        CHECK_CODE(count_patiently(&patient, &words), 0);
        CHECK_INT(words, 4);
    }

    CASE("count_words: the first error in the order of the pieces; no job is in line then") {
        struct patient patient = {.wanted = 5, .broken = 4};
        size_t words = 99;
        DID("counted five pieces, the first is spoilt, in an executor that breaks at the last");
        CAUSE("the first error is the one to return: what later pieces say changes nothing");
        (void)cut("a bc d ef ", 2);
        pieces[0].n = PIECE + 7;
        CHECK_CODE(count_patiently(&patient, &words), -EINVAL);
        CAUSE("%s", not_closed);
        for (int i = 0; i < patient.wanted; i++)
            CHECK(eddy_job_done(&each[i]));
    }
}

TESTS
{
    check_limit(5);
    one_piece();
    many_pieces();
    at_once();
}
