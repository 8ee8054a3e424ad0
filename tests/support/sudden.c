#include "check.h"
#include "check_parts.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

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
        return check_words->waiting[0] != '\0';
    return WIFEXITED(status) && WEXITSTATUS(status) == CHECK_FAILED;
}

/* Under which word the chapter's causes tell of it. */
static const char *kind_of_end(int status, FILE *noise, unsigned overdue)
{
    char verdict[256];

    if (overdue)
        return "hang";
    if (check_crash_verdict(noise, verdict, sizeof verdict))
        return "SIGSEGV";
    return WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : "ended";
}

void check_tell_sudden_end(int status, FILE *noise, unsigned overdue)
{
    char place[256];
    bool guessed = check_words->cause[0] && check_guess_fits(status, overdue > 0);
    const char *cause = guessed ? NULL : check_likely_cause(kind_of_end(status, noise, overdue));

    if (overdue)
        printf("# expected  an end within %u seconds\n# came      none: it hangs%s%s\n", overdue,
               check_words->waiting[0] ? ", waiting for " : "", check_words->waiting);
    else
        tell_crash(status, noise);
    if (check_crash_place(noise, place, sizeof place))
        printf("# where     %s\n", place);
    else if (!overdue)
        check_print_lines(noise, "stderr    ", 8);
    if (cause)
        printf("# cause     %s\n", cause);
}

/* A sanitizer's trace and its frame of "=" are told in one phrase elsewhere. */
static bool is_trace(const char *line)
{
    return strncmp(line, "====", 4) == 0 || strncmp(line, "    #", 5) == 0 || line[0] == '\n' ||
           strstr(line, "AddressSanitizer:DEADLYSIGNAL");
}

void check_print_lines(FILE *file, const char *prefix, int most)
{
    char line[1024];

    rewind(file);
    while (most > 0 && fgets(line, sizeof line, file)) {
        if (is_trace(line))
            continue;
        printf("# %s%s%s", prefix, line, strchr(line, '\n') ? "" : "\n");
        most--;
    }
}
