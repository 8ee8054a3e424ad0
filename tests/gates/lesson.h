/*
 * lesson.h - the transcripts of a lesson: its ```console blocks, line by line. The conventions are
 * at the head of transcript.c.
 */
#ifndef LESSON_H
#define LESSON_H

#include "alike.h"
#include "terminal.h" /* how many there are */

enum kind { OUTPUT, COMMAND, TYPED, CTRL_C, CTRL_D, ANY };

struct line {
    enum kind kind;
    int number;
    const char *text; /* without the "$ "; what follows on the line of a key */
};

struct block {
    int number, terminal;
    const char *type;  /* "1,3": the lines that are typed */
    const char *fault; /* why it cannot be played, or NULL */
    const struct line *lines, *end;
};

struct lesson {
    char *text;
    struct line *lines; /* of all blocks */
    struct block *blocks;
    size_t n; /* blocks */
};

static bool is_typed(const char *list, long number)
{
    char *end;

    for (const char *p = list; *p; p = *end == ',' ? end + 1 : end) {
        if (strtol(p, &end, 10) == number)
            return true;
        if (end == p)
            return false;
    }
    return false;
}

static int entries(const char *list)
{
    int n = *list != '\0';

    for (; *list; list++)
        n += *list == ',';
    return n;
}

/* `shown` counts the lines of the block that are no commands. */
static struct line read_line(char *text, int number, const char *type, long *shown)
{
    struct line line = {.number = number, .text = text};

    cut_end(text);
    if (begins(text, "$ ")) {
        line.kind = COMMAND;
        line.text += 2;
        return line;
    }
    ++*shown;
    if (begins(text, "^C") || begins(text, "^D")) {
        line.kind = text[1] == 'C' ? CTRL_C : CTRL_D;
        line.text += 2;
    } else if (strcmp(text, "...") == 0) {
        line.kind = ANY;
    } else if (is_typed(type, *shown)) {
        line.kind = TYPED;
    }
    return line;
}

static struct block read_info(char *info, int number)
{
    struct block new = {.number = number, .terminal = 1, .type = ""};
    char *rest, more;

    strtok_r(info, " \t", &rest);
    for (char *word; (word = strtok_r(NULL, " \t", &rest));) {
        if (begins(word, "type="))
            new.type = word + strlen("type=");
        else if (sscanf(word, "terminal=%d%c", &new.terminal, &more) != 1 || new.terminal < 1 ||
                 new.terminal > TERMINALS)
            new.fault = "after `console`, something else than terminal=N (1 to 4) and type=I,J";
    }
    if (new.fault)
        new.terminal = 1;
    return new;
}

/* A fence of three marks or more, whatever stands before it: a list's blanks, a quote's marks. */
static size_t fence_length(const char *s)
{
    size_t n = *s == '`' || *s == '~' ? strspn(s, *s == '`' ? "`" : "~") : 0;

    return n < 3 || (*s == '`' && strchr(s + n, '`')) ? 0 : n;
}

static void check_block(struct block *done)
{
    int typed = 0;

    for (const struct line *l = done->lines; l < done->end; l++)
        typed += l->kind == TYPED;
    if (typed != entries(done->type))
        done->fault = "type= names a line that is not there, or is `^C` or `...`";
    if (done->lines == done->end)
        done->fault = "it is empty";
}

/* The open fence, while a lesson is read. */
struct fence {
    size_t n, margin; /* marks, 0 when none is open; and what stands before them */
    char mark;
    struct block *block; /* NULL when it is not a transcript's */
    long shown;
};

static bool closes(const struct fence *fence, const char *text)
{
    size_t n = fence_length(text);

    return n >= fence->n && *text == fence->mark && text[n + strspn(text + n, " \t\r")] == '\0';
}

static void open_fence(struct lesson *lesson, struct fence *fence, char *text, int number)
{
    char *info = text + fence_length(text);

    fence->n = (size_t)(info - text);
    fence->mark = *text;
    info += strspn(info, " ");
    if (!begins(info, "console") || is_word(info[strlen("console")]))
        return;
    fence->block = &lesson->blocks[lesson->n++];
    *fence->block = read_info(info, number);
    fence->shown = 0;
}

static void read_blocks(struct lesson *lesson)
{
    struct fence fence = {0};
    struct line *line = lesson->lines;
    char *next = lesson->text;

    for (int number = 1; next; number++) {
        char *s = next, *text = s + strspn(s, " \t>");
        next = strchr(s, '\n');
        if (next)
            *next++ = '\0';
        if (fence.n == 0 && fence_length(text) > 0) {
            fence.margin = (size_t)(text - s);
            open_fence(lesson, &fence, text, number);
            if (fence.block)
                fence.block->lines = fence.block->end = line;
        } else if (fence.n > 0 && closes(&fence, text)) {
            if (fence.block)
                check_block(fence.block);
            fence = (struct fence){0};
        } else if (fence.block) {
            text = text > s + fence.margin ? s + fence.margin : text;
            *line++ = read_line(text, number, fence.block->type, &fence.shown);
            fence.block->end = line;
        }
    }
    if (fence.block)
        fence.block->fault = "the block has no end";
}

/* A program that is given no port takes 8081, which must be a free one here. Returns what to add
 * after the word at `*word`, or "". */
static const char *port_argument(const struct line *command, const struct line *end,
                                 const char **word)
{
    const char *make = strstr(command->text, "make demo-");
    const char *program = strstr(command->text, "build/chapters/");

    *word = make ? make + strlen("make ") : program ? program : command->text;
    if (make)
        return strstr(make, "PORT=") ? "" : " PORT=8081";
    for (const struct line *l = command + 1; program && l < end && l->kind != COMMAND; l++)
        if (strstr(l->text, "8081"))
            return mentions_port(command->text) ? "" : " 8081";
    return "";
}

static const char *after_pipe(const char *s)
{
    char quote = '\0';

    for (; *s; s++) {
        if (quote)
            quote = *s == quote ? '\0' : quote;
        else if (*s == '\'' || *s == '"')
            quote = *s;
        else if (*s == '|')
            return s + 1;
    }
    return NULL;
}

/* Names the first program that this machine has not: the first word, or the first after a pipe.
 * A program that is built here is no such: it must be there. */
static bool lacks_program(const char *command, char *name, size_t size)
{
    char test[256];

    for (; command; command = after_pipe(command)) {
        command += strspn(command, "| ");
        snprintf(name, size, "%.*s", (int)strcspn(command, " |;&<>()"), command);
        if (!isalpha((unsigned char)*name) || name[strspn(name, LETTERS DIGITS "._+-")])
            continue; /* a path, a setting, a quoted text */
        snprintf(test, sizeof test, "command -v %s >/dev/null 2>&1", name);
        if (system(test) > 0)
            return true;
    }
    return false;
}

static char *read_text(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (!in)
        return NULL;
    if (getdelim(&text, &size, '\0', in) < 0) {
        free(text);
        text = ferror(in) ? NULL : calloc(1, 1);
    }
    fclose(in);
    return text;
}

static void lesson_free(struct lesson *lesson)
{
    free(lesson->text);
    free(lesson->lines);
    free(lesson->blocks);
}

static bool lesson_read(struct lesson *lesson, const char *path)
{
    size_t lines = 1;

    *lesson = (struct lesson){.text = read_text(path)};
    if (!lesson->text)
        return false;
    for (const char *p = lesson->text; *p; p++)
        lines += *p == '\n';
    lesson->lines = calloc(lines, sizeof *lesson->lines);
    lesson->blocks = calloc(lines, sizeof *lesson->blocks);
    if (!lesson->lines || !lesson->blocks) {
        lesson_free(lesson);
        return false;
    }
    read_blocks(lesson);
    return true;
}

#endif
