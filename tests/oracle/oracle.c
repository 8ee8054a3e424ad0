#include "oracle.h"

#include "actors.h"

#include <stdarg.h>

enum { LINE = 256, LOG = 2000 };

/* A log is one line, so that a failure can show the first difference. */
static char log_text[LOG];

static void append(char text[LOG], const char *line)
{
    size_t length = strlen(text);

    if (length + strlen(line) + 3 > LOG)
        FAIL("a log of some lines", "one without an end: ...%s", text + length - LINE);
    snprintf(text + length, LOG - length, "%s%s", length ? ", " : "", line);
}

void say(const char *format, ...)
{
    char line[LINE];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    append(log_text, line);
}

/* ---- Logs in files: a sentence, "# " and a reason, and the lines, indented ------------------- */

struct section {
    bool found, has_reason;
    char text[LOG];
};

static void path_of(char path[LINE], const char *source, const char *ending)
{
    snprintf(path, LINE, "%.*s%s", (int)strlen(source) - 2, source, ending);
}

static const char *next_line(FILE *file)
{
    static char line[LINE];

    if (!fgets(line, sizeof line, file))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static bool is_sentence(const char *line)
{
    return *line != '\0' && *line != ' ' && *line != '#';
}

static struct section look_up(const char *path, const char *sentence)
{
    struct section section = {0};
    FILE *file = fopen(path, "r");
    const char *line;
    bool inside = false;

    while (file && (line = next_line(file))) {
        if (is_sentence(line))
            inside = strcmp(line, sentence) == 0;
        section.found |= inside;
        section.has_reason |= inside && *line == '#';
        if (inside && *line == ' ')
            append(section.text, line + strspn(line, " "));
    }
    if (file)
        fclose(file);
    return section;
}

/* ---- Playing --------------------------------------------------------------------------------- */

static void play(const struct scenario *scenario)
{
    stage_open();
    scenario->play();
    stage_close();
}

static void compare_with_difference(const struct section *asyncio, const struct section *eddy,
                                    const char *path)
{
    if (!eddy->has_reason)
        FAIL("a reason why eddy differs, in a line that begins with #", "none in %s", path);
    if (strcmp(asyncio->text, log_text) == 0)
        FAIL("a difference from asyncio, as it is listed", "none; take it out of %s", path);
    CAUSE("the order has changed, or what %s says eddy does is wrong", path);
    CHECK_TEXT(log_text, eddy->text);
}

static void compare(const struct scenario *scenario, const char *source)
{
    char log_path[LINE], differs_path[LINE];
    struct section asyncio, eddy;

    path_of(log_path, source, ".log");
    path_of(differs_path, source, ".differs");
    asyncio = look_up(log_path, scenario->sentence);
    eddy = look_up(differs_path, scenario->sentence);
    DID("played \"%s\" of %s", scenario->sentence, source);
    if (!asyncio.found)
        FAIL("a log of asyncio's", "none in %s; make oracle ACCEPT=yes records it", log_path);
    play(scenario);
    if (eddy.found) {
        compare_with_difference(&asyncio, &eddy, differs_path);
        return;
    }
    CAUSE("asyncio does what was expected; if eddy shall not, say why in %s", differs_path);
    CHECK_TEXT(log_text, asyncio.text);
}

static bool knows(const struct scenario *scenarios, size_t count, const char *sentence)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(scenarios[i].sentence, sentence) == 0)
            return true;
    return false;
}

/* Returns how many sentences there are. */
static size_t look_for_strangers(const struct scenario *scenarios, size_t count, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t sentences = 0;
    const char *line;

    while (file && (line = next_line(file))) {
        if (!is_sentence(line))
            continue;
        sentences++;
        if (!knows(scenarios, count, line))
            FAIL("only scenarios that are in the C file, too", "%s: %s", path, line);
    }
    if (file)
        fclose(file);
    return sentences;
}

void oracle_play(const struct scenario *scenarios, size_t count, const char *source)
{
    char path[LINE];

    for (size_t i = 0; i < count; i++)
        CASE(scenarios[i].sentence)
            compare(&scenarios[i], source);
    CASE("what asyncio has played is played here, and every listed difference is about it") {
        path_of(path, source, ".log");
        DID("looked for the sentences of %s in %s", path, source);
        CHECK_INT(look_for_strangers(scenarios, count, path), (long long)count);
        path_of(path, source, ".differs");
        look_for_strangers(scenarios, count, path);
    }
}
