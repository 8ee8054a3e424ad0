#include "sweep.h"

#include "check.h"
#include "check_parts.h"
#include "errors.h"
#include "faults.h"
#include "ledger.h"
#include "plausible.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WRONG = -29999, /* what sweep_wrong() returns: no error code */
    LIMIT = 4,      /* seconds that a run may take */
    TOLD = 3,       /* failures told of one scenario; then it is given up */
    CALLS = 64,
    FDS = 256, /* the ledger asks for each number whether it is open */
};

/* How a run went, in memory shared with the child that makes it. */
struct run {
    bool ended;
    int result;
    long injected;
    char left[512], wrong[256];
    int called;
    struct {
        char call[24];
        long calls;
    } counts[CALLS];
};

static struct run *run;
static FILE *noise; /* the child's stderr */
static const char *path, *name;
static bool full;
static int wanted, number; /* the scenario to run (0: all); the one that runs */
static int tests, thin = 1;
static const char *only; /* a rule: try no other fault */
static const char *ignored[CALLS];
static int ignored_count;
static long faults, failures;

/* The scenario that runs. */
static const char *sentence;
static int (*scenario)(void);
static int told;

void sweep_one_of(int count)
{
    thin = count;
}

void sweep_ignored(const char *call)
{
    ignored[ignored_count++] = call;
}

int sweep_wrong(const char *what)
{
    snprintf(run->wrong, sizeof run->wrong, "%s", what);
    return WRONG;
}

/* ---- One run --------------------------------------------------------------------------------- */

static void note_counts(void)
{
    const char *call;

    for (int i = 0; (call = faults_name(i)) != NULL && run->called < CALLS; i++) {
        snprintf(run->counts[run->called].call, sizeof run->counts[0].call, "%s", call);
        run->counts[run->called++].calls = faults_calls(call);
    }
}

_Noreturn static void run_in_child(const char *rule)
{
    struct ledger before;

    dup2(fileno(noise), 2);
    signal(SIGALRM, SIG_DFL);
    alarm(LIMIT);
    ledger_open(&before);
    faults_plan(rule);
    run->result = scenario();
    faults_hold(true);
    run->injected = faults_injected();
    note_counts();
    ledger_left(&before, run->left, sizeof run->left);
    run->ended = true;
    _exit(0);
}

static int run_with(const char *rule)
{
    int status;
    pid_t pid;

    memset(run, 0, sizeof *run);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        run_in_child(rule);
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("sweep: fork");
        exit(2);
    }
    return status;
}

/* ---- What a run must have come to ------------------------------------------------------------ */

static bool told_of(const char *call)
{
    for (int i = 0; i < ignored_count; i++)
        if (strcmp(ignored[i], call) == 0)
            return false;
    return true;
}

/* Is this the result that the fault must have? If not, `expected` says which. */
static bool is_right(const struct fault *fault, const char **expected)
{
    enum outcome outcome = told_of(fault->call) ? fault->outcome : IGNORED;
    bool absorbed = run->result == 0;
    bool reported = run->result == fault->code || (fault->also != 0 && run->result == fault->also);

    *expected = "0: this error is absorbed";
    if (outcome == EITHER || (outcome == RETRIED && fault->onward))
        return absorbed || reported;
    if (outcome != REPORTED)
        return absorbed;
    *expected = "the injected error";
    return reported;
}

/* A file that was read from keeps what it has read, so each run that is told of gets another. */
static void new_noise(void)
{
    if (noise)
        fclose(noise);
    noise = tmpfile();
    if (!noise) {
        perror("sweep: cannot make a temporary file");
        exit(2);
    }
}

static void tell_start(const char *rule)
{
    failures++;
    if (told++ == 0)
        printf("not ok %d - %s: %s\n", tests, name, sentence);
    printf("# did       %s%s%s %s %d\n", rule[0] ? "EDDY_FAULTS=" : "", rule, rule[0] ? "" : "env",
           path, number);
}

static void tell_result(const char *expected)
{
    printf("# expected  %s\n", expected);
    if (run->result == WRONG)
        printf("# came      %s\n", run->wrong);
    else
        printf("# came      %d (%s)\n", run->result, eddy_errname(run->result));
}

static bool failed(const char *rule, int status, const struct fault *fault)
{
    const char *expected = "0: there was no fault";
    bool overdue = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    bool met = fault && run->injected > 0;

    if (run->ended && !run->left[0] && (met ? is_right(fault, &expected) : run->result == 0))
        return false;
    tell_start(rule);
    if (!run->ended)
        check_tell_sudden_end(status, noise, overdue ? LIMIT : 0);
    else if (run->left[0])
        printf("# expected  nothing left behind\n# came      %s\n", run->left);
    else
        tell_result(expected);
    new_noise();
    return true;
}

/* ---- All faults of a scenario ---------------------------------------------------------------- */

static bool try_fault(const struct fault *fault, void *unused)
{
    int status;

    (void)unused;
    if (told >= TOLD)
        return false;
    if (only && strcmp(only, fault->rule) != 0)
        return true;
    status = run_with(fault->rule);
    failed(fault->rule, status, fault);
    faults += run->injected > 0 || !run->ended;
    return run->injected > 0 || !run->ended;
}

static void try_all(void)
{
    struct run dry = *run;

    for (int i = 0; i < dry.called; i++) {
        const char *call = dry.counts[i].call;
        if (dry.counts[i].calls == 0 || plausible_each(call, dry.counts[i].calls, full,
                                                       (unsigned)(number + i), try_fault, NULL))
            continue;
        tell_start("");
        printf("# expected  to know which errors %s() can have\n"
               "# came      no row for it in tests/faults/plausible.c\n",
               call);
    }
}

void sweep_scenario(const char *its_sentence, int (*function)(void))
{
    long before = faults;

    number++;
    if (wanted ? wanted != number : !full && number % thin != 0)
        return;
    tests++;
    sentence = its_sentence;
    scenario = function;
    told = 0;
    if (!failed("", run_with(""), NULL))
        try_all();
    if (only && faults == before && told == 0) {
        tell_start(only);
        printf("# came      it met no such fault, or its sweep has none\n");
    }
    if (told == 0)
        printf("ok %d - %s: %s (%ld faults)\n", tests, name, sentence, faults - before);
    else if (told >= TOLD)
        printf("# ...       given up after %d failures\n", told);
}

void sweep_scenario_on(const char *selector, const char *its_sentence, int (*function)(void))
{
    char text[128];

    snprintf(text, sizeof text, "%s [%s]", its_sentence, selector);
    sweep_scenario(text, function);
}

/* ---- The program ----------------------------------------------------------------------------- */

static struct run *shared_run(void)
{
    FILE *file = tmpfile();
    void *memory = MAP_FAILED;

    if (file && ftruncate(fileno(file), sizeof *run) == 0)
        memory = mmap(NULL, sizeof *run, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    if (memory == MAP_FAILED) {
        perror("sweep: cannot share memory");
        exit(2);
    }
    fclose(file);
    return memory;
}

void sweep_start(int argc, char *argv[])
{
    struct rlimit limit;
    const char *slash = strrchr(argv[0], '/');

    check_start(argc, argv);
    path = argv[0];
    name = slash ? slash + 1 : argv[0];
    full = argc > 1 && strcmp(argv[1], "--full") == 0;
    wanted = argc > 1 && !full ? atoi(argv[1]) : 0;
    only = wanted ? getenv("EDDY_FAULTS") : NULL;
    full = full || only;
    run = shared_run();
    new_noise();
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= FDS)
        return;
    limit.rlim_cur = FDS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int sweep_end(void)
{
    printf("1..%d\n", tests);
    printf("# %ld faults in %d scenarios\n", faults, tests);
    if (full && !wanted && failures == 0)
        printf("%s: %ld faults in %d scenarios: no crash, no leak, no hang\n", name, faults, tests);
    return failures > 0;
}
