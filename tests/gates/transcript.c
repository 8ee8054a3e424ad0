/*
 * transcript - proves that what a lesson shows is what a reader sees: plays each ```console block
 * of the files it is given on real terminals, and compares. From the project's top. Prints TAP.
 *
 *     ```console terminal=2 type=1    which terminal (1 unless said); which lines are typed
 *     $ nc localhost 8081             starts a command; the one before it must have ended
 *     hello                           typed: on the screen once for the typing,
 *     hello                           and then again, as the answer
 *     ...                             any lines, up to the first that is like the one after it
 *     ^C                              a key, or ^D; the ^C on the screen is not compared
 *     ```
 *
 * A line must come within $PATIENCE seconds, 10 unless set. See alike.h for what is alike.
 */
#define _XOPEN_SOURCE 600

#include "terminal.h"

#include "../support/fresh.h"

#include "alike.h"
#include "lesson.h"

#include <stdarg.h>

enum { SCREEN_SHOWN = 8, MOMENT = 50 /* ms */ };

/* How far the transcript of a terminal has come. */
struct play {
    const struct line *command; /* NULL before the first */
    bool any;                   /* a `...` waits for the line that ends it */
};

static const char *file;
static const struct block *block; /* the one that is played */
static const struct line *at;     /* its line that is played */
static struct play plays[TERMINALS];
static long long patience;
static int tests, failures;

/* ---- What is said ---------------------------------------------------------------------------- */

static void put_verdict(const char *verdict, const char *skip)
{
    const struct line *command = block->lines;
    const char *text = "(goes on)";

    while (command < block->end && command->kind != COMMAND)
        command++;
    if (command < block->end)
        text = command->text;
    printf("%s %d - transcript: %s:%d: ", verdict, ++tests, file, block->number);
    for (; *text; text++)
        printf(*text == '#' ? "\\#" : "%c", *text); /* TAP reads a bare # as a directive */
    printf("%s%s\n", *skip ? " # SKIP " : "", skip);
}

static void put_screen(const struct terminal *t)
{
    static struct text raw, line, shown;
    const char *end = t->screen + t->n, *p = terminal_tail(t, SCREEN_SHOWN), *next;

    for (; p < end; p = next + 1) {
        next = memchr(p, '\n', (size_t)(end - p));
        next = next ? next : end;
        clear(&raw);
        add(&raw, p, (size_t)(next - p));
        raw.s[strcspn(raw.s, "\r")] = '\0';
        replace(&line, raw.s, TO_LESSON);
        printf("# screen    | %s\n", escaped(&shown, line.s, line.n));
    }
}

/* The block has failed. Both in words, or lines as they are. */
static bool failed(const char *expected, const char *came, ...)
{
    int terminal = block->terminal;
    const struct line *command = plays[terminal - 1].command;
    va_list args;

    failures++;
    put_verdict("not ok", "");
    printf("# lesson    %s:%d\n", file, at ? at->number : block->number);
    if (command)
        printf("# command   $ %s    (terminal %d, line %d)\n", command->text, terminal,
               command->number);
    printf("# expected  %s\n# came      ", expected);
    va_start(args, came);
    vprintf(came, args);
    va_end(args);
    printf("\n");
    put_screen(&terminals[terminal - 1]);
    printf("# mend the lesson, or the program: a reader who types this sees something else\n");
    return false;
}

/* ---- Playing --------------------------------------------------------------------------------- */

static enum came next_line(struct terminal *t, struct text *line, long long deadline)
{
    static char raw[LINE_SIZE];
    enum came came = terminal_line(t, raw, deadline);

    if (came == A_LINE) {
        replace(line, raw, TO_LESSON);
        cut_end(line->s);
    }
    return came;
}

static bool differs(const char *expected, const char *came, size_t right)
{
    static struct text want, got;
    int caret;

    escaped(&got, came, right);
    caret = (int)got.n;
    escaped(&want, expected, strlen(expected));
    escaped(&got, came, strlen(came));
    return failed(want.s, "%s\n#           %*s^", got.s, caret, "");
}

static bool came_not(const struct terminal *t, const char *expected, enum came came)
{
    static struct text want;

    escaped(&want, expected, strlen(expected));
    if (came == THE_END)
        return failed(want.s, "the end of the command, with %s %d",
                      t->result < 0 ? "signal" : "status", abs(t->result));
    return failed(want.s, "nothing like it within %g s; if it is typed, type= must say so",
                  (double)patience / 1000);
}

/* The next line on the screen must be this one. */
static bool expect(struct terminal *t, const char *text)
{
    static struct text line;
    bool *any = &plays[block->terminal - 1].any;
    long long deadline = clock_ms() + patience;
    enum came came;
    size_t right;

    while ((came = next_line(t, &line, deadline)) == A_LINE && clock_ms() <= deadline) {
        if (alike(text, line.s, &right)) {
            *any = false;
            return true;
        }
        if (!*any)
            return differs(text, line.s, right);
    }
    return came_not(t, text, came);
}

/* The lesson shows no more of what runs in this terminal, so nothing more may come. */
static bool must_end(struct terminal *t, const char *reason)
{
    static struct text line, shown;
    const struct play *play = &plays[block->terminal - 1];
    long long deadline = clock_ms() + patience;
    enum came came;

    if (!play->command)
        return true;
    while ((came = next_line(t, &line, deadline)) == A_LINE && clock_ms() <= deadline)
        if (!play->any)
            return failed("the end of the command, and no more output", "%s",
                          escaped(&shown, line.s, strlen(line.s)));
    if (came != THE_END)
        return failed("the end of this command", "it still runs after %g s: %s",
                      (double)patience / 1000, reason);
    terminal_close(t);
    return true;
}

static void start(struct terminal *t)
{
    static struct text command, real;
    const char *word, *argument = port_argument(at, block->end, &word);
    const char *after = word + strcspn(word, " |;&<>)");

    clear(&command);
    add(&command, at->text, (size_t)(after - at->text));
    add(&command, argument, strlen(argument));
    add(&command, after, strlen(after));
    terminal_start(t, replace(&real, command.s, TO_REAL));
    plays[block->terminal - 1] = (struct play){.command = at};
}

/* A person types when the output before has come, and into a program that runs. In the moment that
 * a person takes, one that does not wait for what is typed may show so by its end. */
static bool may_type(struct terminal *t, long long moment)
{
    long long now = clock_ms();

    if (plays[block->terminal - 1].any)
        while (t->n == 0 && !terminal_ended(t) && terminals_wait(now + patience))
            ;
    while (!terminal_ended(t) && terminals_wait(now + moment))
        ;
    if (terminal_ended(t))
        return failed("a command that waits for what is typed", "its end, with %s %d",
                      t->result < 0 ? "signal" : "status", abs(t->result));
    return true;
}

static bool type(struct terminal *t)
{
    static struct text real;

    if (!may_type(t, 0))
        return false;
    replace(&real, at->text, TO_REAL);
    add(&real, "\n", 1);
    terminal_type(t, real.s);
    return expect(t, at->text);
}

static bool press(struct terminal *t)
{
    if (!may_type(t, at->kind == CTRL_C ? MOMENT : 0))
        return false;
    terminal_type(t, at->kind == CTRL_C ? "\003" : "\004");
    return !*at->text || expect(t, at->text);
}

static bool play_line(struct terminal *t)
{
    if (at->kind != COMMAND && !plays[block->terminal - 1].command)
        return failed("a `$` line of this terminal first", "a line of no command");
    switch (at->kind) {
    case COMMAND:
        if (!must_end(t, "the lesson types the next one"))
            return false;
        start(t);
        return true;
    case TYPED:
        return type(t);
    case CTRL_C:
    case CTRL_D:
        return press(t);
    case ANY:
        plays[block->terminal - 1].any = true;
        return true;
    case OUTPUT:
        break;
    }
    return expect(t, at->text);
}

static bool play_block(void)
{
    at = NULL;
    if (block->fault)
        return failed("a block that can be played", "%s", block->fault);
    for (at = block->lines; at < block->end; at++)
        if (!play_line(&terminals[block->terminal - 1]))
            return false;
    put_verdict("ok", "");
    return true;
}

static bool lacks_a_program(char *reason, size_t size)
{
    char name[128];

    for (const struct line *l = block->lines; l < block->end; l++)
        if (l->kind == COMMAND && lacks_program(l->text, name, sizeof name)) {
            snprintf(reason, size, "%s is not installed", name);
            return true;
        }
    return false;
}

/* At the end of a lesson, its programs have ended too. Told of its terminal's last block. */
static void end_lesson(const struct lesson *lesson, bool played)
{
    for (int i = 0; i < TERMINALS; i++) {
        for (size_t b = 0; b < lesson->n; b++)
            if (lesson->blocks[b].terminal == i + 1)
                block = &lesson->blocks[b];
        at = block ? block->end - 1 : NULL; /* the last line shown */
        if (played && plays[i].command)
            played = must_end(&terminals[i], "the lesson never ends this program: show its ^C");
    }
    for (int i = 0; i < TERMINALS; i++) {
        terminal_close(&terminals[i]);
        terminals[i].seen = terminals[i].n = 0;
    }
}

static void play_lesson(const struct lesson *lesson)
{
    char reason[160] = "";

    if (!pick_ports())
        bail_out("free ports");
    memset(plays, 0, sizeof plays);
    block = NULL;
    if (!has_terminals())
        snprintf(reason, sizeof reason, "no pseudo-terminal here (/dev/pts): %s", strerror(errno));
    for (size_t i = 0; i < lesson->n; i++) {
        block = &lesson->blocks[i];
        if (*reason || (!block->fault && lacks_a_program(reason, sizeof reason)))
            put_verdict("ok", reason);
        else if (!play_block())
            snprintf(reason, sizeof reason, "the block of line %d has failed", block->number);
    }
    end_lesson(lesson, !*reason);
}

int main(int argc, char *argv[])
{
    struct lesson lesson;

    if (argc < 2) {
        fprintf(stderr, "usage: transcript LESSON.md...\n");
        return 2;
    }
    fresh_start();
    setvbuf(stdout, NULL, _IOLBF, 0);
    patience = (long long)(1000 * atof(getenv("PATIENCE") ? getenv("PATIENCE") : "10"));
    build = getenv("BUILD") && *getenv("BUILD") ? getenv("BUILD") : "build";
    for (int i = 0; i < TERMINALS; i++)
        terminals[i].master = terminals[i].news = -1;
    for (int i = 1; i < argc; i++) {
        file = argv[i];
        if (lesson_read(&lesson, file)) {
            play_lesson(&lesson);
            lesson_free(&lesson);
            continue;
        }
        printf("not ok %d - transcript: %s: %s\n", ++tests, file, strerror(errno));
        failures++;
    }
    printf("1..%d\n", tests);
    return failures > 0;
}
