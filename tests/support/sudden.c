#include "check.h"
#include "check_parts.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { SAID_MOST = 6 };

/* "ECONNRESET<tab>sentence" lines; the first that fits. */
const char *check_likely_cause(const char *what)
{
    static char line[512];
    const char *path = getenv("EDDY_CAUSES");
    FILE *file = path ? fopen(path, "r") : NULL;
    size_t n = strlen(what);
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, what, n) == 0 && line[n] == '\t';
    if (file)
        fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return found ? line + n + 1 : NULL;
}

/* A path as the reader knows it: from the top of the project on, such as lib/01-name/file.c. NULL for
 * all that is not a chapter's own. */
static const char *our_path(const char *path)
{
    static const char *const rooms[] = {"exercises/", "solutions/", "lib/", "chapters/"};

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++)
        for (const char *p = path; (p = strstr(p, rooms[i])) != NULL; p++) {
            const char *chapter = p + strlen(rooms[i]);
            if ((p == path || p[-1] == '/' || p[-1] == ' ') && isdigit((unsigned char)chapter[0]) &&
                isdigit((unsigned char)chapter[1]) && chapter[2] == '-')
                return p;
        }
    return NULL;
}

/* A frame of a sanitizer's trace: "    #2 0x55d0c8 in eddy_net_send /home/.../net.c:61". */
static bool frame_place(char *line, char *place, size_t n)
{
    char function[128];
    const char *in = strstr(line, " in "), *path;

    if (!strstr(line, "#") || !in || sscanf(in, " in %127s", function) != 1)
        return false;
    line[strcspn(line, "\n")] = '\0';
    path = our_path(in);
    if (!path || !strchr(path, ':'))
        return false;
    snprintf(place, n, "%s, %s", function, path);
    return true;
}

bool check_crash_place(FILE *file, char *place, size_t n)
{
    char line[1024];

    rewind(file);
    while (fgets(line, sizeof line, file)) {
        char *error = strstr(line, ": runtime error: ");
        if (error && our_path(line)) {
            *error = '\0';
            snprintf(place, n, "%s", our_path(line));
            return true;
        }
        if (frame_place(line, place, n))
            return true;
    }
    return false;
}

static const char *signal_name(int signo)
{
    switch (signo) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGABRT:
        return "SIGABRT";
    case SIGPIPE:
        return "SIGPIPE";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    default:
        return strsignal(signo);
    }
}

static void cut(char *text, const char *from)
{
    char *rest = strstr(text, from);

    if (rest)
        *rest = '\0';
}

/* What a sanitizer says of it in one phrase: "heap-use-after-free", "... is out of bounds". */
bool check_crash_verdict(FILE *file, char *text, size_t n)
{
    static const char *const marks[] = {
        ": runtime error: ", "ERROR: AddressSanitizer: ", "ERROR: LeakSanitizer: "};
    char line[1024];

    rewind(file);
    while (fgets(line, sizeof line, file))
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            const char *found = strstr(line, marks[i]);
            if (!found)
                continue;
            found += strlen(marks[i]);
            snprintf(text, n, "%.*s", (int)strcspn(found, "\n"), found);
            cut(text, " at pc "); /* the machine's addresses help nobody here */
            cut(text, " (");
            return true;
        }
    return false;
}

static void tell_crash(int status, FILE *noise)
{
    char verdict[256];

    if (check_crash_verdict(noise, verdict, sizeof verdict))
        printf("# came      it was stopped: %s\n", verdict);
    else if (WIFSIGNALED(status))
        printf("# came      a crash: signal %d (%s)\n", WTERMSIG(status),
               signal_name(WTERMSIG(status)));
    else
        printf("# came      a sudden end, with status %d\n", WEXITSTATUS(status));
}

bool check_guess_fits(int status, bool overdue)
{
    if (overdue)
        return check_words->waiting[0] != '\0' && check_words->if_hang[0] == '\0';
    return WIFEXITED(status) && WEXITSTATUS(status) == CHECK_FAILED;
}

/* What a sanitizer's verdict says, the word under which a chapter's causes may tell more of it, and what
 * it means in any chapter. The first that fits. */
static const struct {
    const char *verdict, *word, *meaning;
} meanings[] = {
    {"stack-overflow", "deep", "the stack is full: a function calls itself without end"},
    {"use-after", "gone", NULL},
    {"buffer-overflow", "beyond",
     "an index or a length is wrong: what lies behind the end of a block, or before its start, was "
     "touched"},
    {"buffer-underflow", "beyond",
     "an index or a length is wrong: what lies before the start of a block was touched"},
    {"out of bounds", "beyond", "an index is wrong: below 0, or behind the array's last"},
    {"attempting free", "freed", "free() of what was freed already, or never was a block"},
    {"double-free", "freed", "free() of what was freed already"},
    {"null pointer", "null", "a pointer is NULL here: was it never set, or is nothing there?"},
    {"address 0x00000000", "null",
     "a pointer is NULL here: was it never set, or is nothing there?"},
    {"division by zero", "zero", "a divisor is 0 here"},
    {"integer overflow", "overflow", "a number grew beyond its type: compare before you calculate"},
    {"cannot be represented", "overflow", "a number does not fit into its type: compare first"},
    {"negative-size-param", "huge",
     "a size came out negative, and as a size_t that is huge: look at how it is calculated"},
    {"allocation size", "huge",
     "a size came out negative, and as a size_t that is huge: look at how it is calculated"},
    {"leaked", "leaked",
     "each block of memory must be given back on every way out, errors included"},
};

const char *check_crash_cause(const char *verdict)
{
    const char *cause;

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (!strstr(verdict, meanings[i].verdict))
            continue;
        cause = check_likely_cause(meanings[i].word);
        if (!cause)
            cause = meanings[i].meaning;
        return cause ? cause : check_likely_cause("SIGSEGV");
    }
    return check_likely_cause("SIGSEGV");
}

static const char *cause_of_end(int status, FILE *noise, unsigned overdue)
{
    const char *guess = overdue ? check_words->if_hang : check_words->if_crash;
    char verdict[256];

    if (guess[0])
        return guess;
    if (overdue)
        return check_likely_cause("hang");
    if (check_crash_verdict(noise, verdict, sizeof verdict))
        return check_crash_cause(verdict);
    if (WIFSIGNALED(status))
        return check_likely_cause(signal_name(WTERMSIG(status)));
    return "exit() was called, which ends the whole process: return to the caller, with an error";
}

void check_tell_sudden_end(int status, FILE *noise, unsigned overdue)
{
    char place[256];
    bool guessed = check_words->cause[0] && check_guess_fits(status, overdue > 0);
    const char *cause = guessed ? NULL : cause_of_end(status, noise, overdue);

    if (overdue)
        printf("# expected  an end within %u seconds\n# came      none: it hangs%s%s\n", overdue,
               check_words->waiting[0] ? ", waiting for " : "", check_words->waiting);
    else
        tell_crash(status, noise);
    if (check_crash_place(noise, place, sizeof place))
        printf("# where     %s\n", place);
    check_copy_said(noise, stdout, "# ");
    if (cause)
        printf("# cause     %s\n", cause);
}

/* A sanitizer's report is told in one phrase elsewhere: from its first line on, which has the process's
 * number, to its last. UBSan's one line is of use: it names the column. */
static bool is_trace(const char *line, bool *inside)
{
    bool numbered = strncmp(line, "==", 2) == 0 && isdigit((unsigned char)line[2]);

    if (numbered && strstr(line, "ERROR: "))
        *inside = true;
    if (numbered && strstr(line, "ABORTING")) {
        *inside = false;
        return true;
    }
    return *inside || numbered || strncmp(line, "    #", 5) == 0 || line[0] == '\n' ||
           strncmp(line, "SUMMARY: ", 9) == 0 || strncmp(line, "ledger: ", 8) == 0;
}

/* The next line of a program's own words, without its end. Whatever it had begun to say when it was
 * stopped stands in one line with the report's first. */
static bool next_said(FILE *from, char *line, int n, bool *inside)
{
    while (fgets(line, n, from)) {
        if (is_trace(line, inside))
            continue;
        cut(line, "\n");
        cut(line, "AddressSanitizer:DEADLYSIGNAL");
        cut(line, "=====");
        if (line[0])
            return true;
    }
    return false;
}

void check_copy_said(FILE *from, FILE *to, const char *mark)
{
    char line[1024];
    bool inside = false;
    int count = 0, left;

    rewind(from);
    while (next_said(from, line, sizeof line, &inside))
        count++;
    left = count - SAID_MOST;
    if (left > 0)
        fprintf(to, "%ssaid      (%d lines; the last %d:)\n", mark, count, SAID_MOST);
    rewind(from);
    inside = false;
    while (next_said(from, line, sizeof line, &inside))
        if (left-- <= 0)
            fprintf(to, "%ssaid      %s\n", mark, line);
}

void check_put_said(FILE *printed)
{
    check_copy_said(printed, check_report, "");
}

void check_replay(const char *printed, FILE *errors)
{
    char line[512];

    printf("%s", printed);
    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        printf("%s", line);
        if (strstr(line, "it cannot go on here"))
            CAUSE(
                "eddy has reported it (below): a switch of your own has taken the case label; use "
                "if, or another function");
    }
}
