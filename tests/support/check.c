#include "check.h"

#include "check_parts.h"
#include "fresh.h"
#include "ledger.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SKIPPED = 77,
    MOST_NOISE = 1 << 24,
    SLOWER = 4,  /* a busy machine may be so much slower than an idle one */
    PARTING = 10 /* seconds that one which hangs has to say where */
};

struct check_words *check_words;
FILE *check_report;
static const char *program;
static int number, failures;
static unsigned limit = 10;
static bool in_case; /* this is the child, and a case is running in it */
static FILE *noise;  /* the child's stderr */
static struct ledger before;
static bool overdue; /* the case hangs, and was told to end */

void (*check_on_failure)(FILE *report);

void check_limit(unsigned seconds)
{
    limit = seconds;
}

static void say(char *text, size_t n, const char *format, va_list args)
{
    vsnprintf(text, n, format, args);
}

void check_did(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->did, sizeof check_words->did, format, args);
    va_end(args);
    check_words->cause[0] = '\0';
    check_words->if_crash[0] = '\0';
    check_words->if_hang[0] = '\0';
    check_words->waiting[0] = '\0';
}

void check_cause(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->cause, sizeof check_words->cause, format, args);
    va_end(args);
}

void check_if_crash(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->if_crash, sizeof check_words->if_crash, format, args);
    va_end(args);
}

void check_if_hang(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->if_hang, sizeof check_words->if_hang, format, args);
    va_end(args);
}

void check_waiting(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->waiting, sizeof check_words->waiting, format, args);
    va_end(args);
}

void check_skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(check_words->skip, sizeof check_words->skip, format, args);
    va_end(args);
    _exit(SKIPPED);
}

void check_end_failed(const char *file, int line)
{
    if (check_on_failure)
        check_on_failure(check_report);
    fprintf(check_report, "test      %s:%d\n", file, line);
    fflush(NULL);
    _exit(CHECK_FAILED);
}

static void finish_case(void)
{
    char left[512];

    fflush(NULL);
    if (ledger_left(&before, left, sizeof left)) {
        check_words->cause[0] = '\0'; /* that was a guess at something else */
        fprintf(check_report, "expected  nothing left behind when the case ends\ncame      %s\n",
                left);
        if (strstr(left, "descriptor") || !strstr(left, "heap"))
            check_put_likely_cause("left");
        else
            fprintf(check_report, "cause     each block of memory must be given back on every way "
                                  "out, errors included\n");
        check_end_failed(__FILE__, __LINE__);
    }
    check_words->finished = true;
    exit(0);
}

static FILE *shared_file(void)
{
    FILE *file = tmpfile();

    if (!file) {
        perror("check: cannot make a temporary file");
        exit(2);
    }
    return file;
}

/* What failed, and behind it what the case has printed: that is how people look for a mistake. */
static void tell_report(void)
{
    char line[1024];

    rewind(check_report);
    while (fgets(line, sizeof line, check_report))
        printf("# %s", line);
    check_copy_said(noise, stdout, "# ");
}

static void tell_failure(const char *sentence, int status)
{
    failures++;
    printf("not ok %d - %s: %s\n", number, program, sentence);
    if (check_words->did[0])
        printf("# did       %s\n", check_words->did);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_FAILED && !overdue)
        tell_report();
    else
        check_tell_sudden_end(status, noise, overdue ? limit : 0);
    if (check_words->cause[0] && check_guess_fits(status, overdue))
        printf("# cause     %s\n", check_words->cause);
}

static volatile sig_atomic_t running; /* the case's process group, or 0 */

/* Ctrl-C: the case is in a group of its own, and would run on. */
static void on_interrupt(int signo)
{
    if (running > 0)
        kill(-running, SIGKILL);
    signal(signo, SIG_DFL);
    raise(signo);
}

/* Interrupts waitpid(), once a second. */
static void on_alarm(int signo)
{
    (void)signo;
    if (running > 0)
        alarm(1);
}

/* Processor time that the case has used, in seconds; -1 where the system does not tell. */
static double computed(pid_t pid)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
        return -1;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Asked once a second. A case hangs when it has computed for its limit, or has not computed at all
 * for so long: both are the same on a busy machine. One that does a little now and then has more. */
static bool hangs(pid_t pid, unsigned seconds)
{
    static double last;
    static unsigned asleep;
    double now = computed(pid);

    if (seconds == 1)
        asleep = 0;
    asleep = seconds > 1 && now <= last ? asleep + 1 : 0;
    last = now;
    return now >= limit || asleep >= limit || seconds >= SLOWER * limit;
}

/* Waits for the case. One that hangs gets SIGABRT first: a sanitizer then prints where it was. */
static int wait_for_case(pid_t pid)
{
    int status;
    unsigned seconds = 0, asked = 0;

    overdue = false;
    alarm(1);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            continue;
        seconds++;
        overdue = overdue || hangs(pid, seconds);
        if (overdue && asked++ % PARTING == 0)
            kill(pid, asked > 1 ? SIGKILL : SIGABRT);
    }
    alarm(0);
    kill(-pid, SIGKILL); /* whatever it started */
    return status;
}

/* A learner waits to read the first failure, and nothing else (EDDY_FIRST). */
static bool is_late(void)
{
    return failures > 0 && getenv("EDDY_FIRST");
}

/* Is this case asked for? EDDY_CASES is a text that the sentences of those that are wanted contain. */
static bool is_wanted(const char *sentence)
{
    const char *wanted = getenv("EDDY_CASES");

    return !wanted || strstr(sentence, wanted);
}

bool check_case(const char *sentence)
{
    pid_t pid;
    int status;

    if (in_case)
        finish_case();
    if (!is_wanted(sentence))
        return false;
    number++;
    if (is_late()) {
        printf("not ok %d - %s: %s\n# came      not tried, after an earlier failure\n", number,
               program, sentence);
        return false;
    }
    memset(check_words, 0, sizeof *check_words);
    check_report = shared_file();
    noise = shared_file();
    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        perror("check: fork");
        exit(2);
    }
    if (pid == 0) {
        in_case = true;
        setpgid(0, 0);
        signal(SIGINT, SIG_DFL); /* the parent's own handlers */
        signal(SIGTERM, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        /* What it prints is for its failure's report, and must not look like TAP. */
        dup2(fileno(noise), 1);
        dup2(fileno(noise), 2);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){MOST_NOISE, MOST_NOISE});
        ledger_open(&before);
        return true;
    }
    setpgid(pid, pid);
    running = pid;
    status = wait_for_case(pid);
    running = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && check_words->finished && !overdue)
        printf("ok %d - %s: %s\n", number, program, sentence);
    else if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        printf("ok %d - %s: %s # SKIP %s\n", number, program, sentence, check_words->skip);
    else
        tell_failure(sentence, status);
    fclose(check_report);
    fclose(noise);
    return false;
}

void check_start(int argc, char *argv[])
{
    struct sigaction action = {.sa_handler = on_alarm};
    const char *slash = strrchr(argv[0], '/');
    FILE *file;

    (void)argc;
    fresh_start();
    setvbuf(stdout, NULL, _IONBF, 0); /* what a case prints is there even if it crashes */
    file = shared_file();
    program = slash ? slash + 1 : argv[0];
    if (getenv("EDDY_PATIENCE"))
        limit = (unsigned)atoi(getenv("EDDY_PATIENCE")) + 1;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (ftruncate(fileno(file), sizeof *check_words) < 0)
        perror("check: ftruncate");
    check_words =
        mmap(NULL, sizeof *check_words, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    if (check_words == MAP_FAILED) {
        perror("check: mmap");
        exit(2);
    }
    fclose(file);
}

int check_end(void)
{
    if (in_case)
        finish_case();
    printf("1..%d\n", number);
    return failures > 0;
}
