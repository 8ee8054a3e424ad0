/* Trap: a program asks until it has what it wants, and then leaves the generator alone. Whatever the
 * generator holds stays open. */
#include "gen.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct names {
    struct eddy_gen gen;
    const char *path;
    DIR *directory;
    struct dirent *entry;
};

/* Yields the names in a directory. */
static struct eddy_step names(struct eddy_gen *gen)
{
    struct names *self = GEN_FRAME(gen, names);

    GEN_BEGIN(gen);
    self->directory = opendir(self->path);
    if (!self->directory)
        GEN_FAIL(gen, -errno);
    while ((self->entry = readdir(self->directory)) != NULL)
        GEN_YIELD(gen, self->entry->d_name);
    GEN_FINALLY(gen);
    if (self->directory)
        closedir(self->directory);
    self->directory = NULL;
    GEN_END(gen);
}

static bool find(struct names *names, const char *wanted)
{
    void *name;

    while (eddy_gen_next(&names->gen, &name) == EDDY_YIELDED)
        if (strcmp(name, wanted) == 0)
            return true;
    return false;
}

static void tell(const char *when, const struct names *names)
{
    printf("%-20s the directory is %s\n", when, names->directory ? "open" : "closed");
}

int main(void)
{
    struct names here = {.gen = GEN_INIT(names), .path = "."};

    tell("at first:", &here);
    printf("is there a '..'?     %s\n", find(&here, "..") ? "yes" : "no");
    tell("left alone:", &here);
    eddy_gen_close(&here.gen);
    tell("closed:", &here);
    return 0;
}
