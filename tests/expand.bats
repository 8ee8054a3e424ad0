# make expand: a file with the macros of generators and coroutines expanded can be read, compiles, and
# does the same.

load support/helpers

compilers() {
    for compiler in gcc clang; do
        if command -v "$compiler" > /dev/null; then echo "$compiler"; fi
    done
}

# The awks that there are, each as a folder to be put before the others.
awks() {
    local name program
    for name in mawk gawk busybox original-awk; do
        program=$(command -v $name) || continue
        mkdir -p "$tmp/$name"
        ln -sf "$program" "$tmp/$name/awk"
        echo "$tmp/$name"
    done
}

# The newest stage's library, as `make test` has built it.
library() { ls -d "$BUILD"/stage-*/libeddy.a | tail -1; }

flags() { tr ' ' '\n' < "$BUILD/flags" | grep '^-' | grep -v 'jump-misses-init\|^-Wl'; }

# loosely FILE PROGRAM: compiles it without a warning, with the build's compiler.
loosely() {
    # shellcheck disable=SC2046
    $(sed 's/ -.*//' "$BUILD/flags") $(flags) -w -iquote "$(dirname "$1")" $(printf -- '-iquote %s ' lib/[0-9]*) -o "$2" "$1" "$(library)"
}

# warned COMPILER FILE BESIDE: looks at it with all warnings, as if it lay in the folder BESIDE.
warned() {
    # shellcheck disable=SC2046
    $1 $(flags | grep -v '^-f') -Werror -iquote "$3" $(printf -- '-iquote %s ' lib/[0-9]*) -fsyntax-only "$2"
}

@test "a generator, expanded, is what one would have written by hand" {
    cat > "$tmp/three.c" << 'TEXT'
#include "gen.h"

struct three {
    struct eddy_gen gen;
    int i;
};

/* Yields 0, 1 and 2. */
static struct eddy_step three(struct eddy_gen *gen)
{
    struct three *self = GEN_FRAME(gen, three);

    GEN_BEGIN(gen);
    for (self->i = 0; self->i < 3; self->i++)
        GEN_TRY_YIELD(gen, &self->i); /* like this */
    GEN_FINALLY(gen);
    self->i = 0;
    GEN_END(gen);
}
TEXT
    cat > "$tmp/wanted" << TEXT
#include "gen.h"

struct three {
    struct eddy_gen gen;
    int i;
};

/* Yields 0, 1 and 2. */
static struct eddy_step three(struct eddy_gen *gen)
{
    struct three *self = container_of(gen, struct three, gen);

    static const struct eddy_site eddy_site_ = {__func__, "$tmp/three.c"};
    gen->place.site = &eddy_site_;
    eddy_again_:
    switch (gen->place.line) {
    default:
        if (eddy_place_stray(&gen->place)) goto eddy_again_;
        return EDDY_RETURNED;
    case EDDY_AT_START:;
    for (self->i = 0; self->i < 3; self->i++)
        /* like this */
        {
            gen->value = (&self->i);
            gen->place.line = 15;
            return EDDY_PAUSED;
        case 15:;
        }
    gen->place.line = EDDY_AT_FINALLY;
    goto eddy_again_;
    case EDDY_AT_FINALLY:
    if (!(eddy_place_finally(&gen->place))) return EDDY_RETURNED;
    self->i = 0;
    return eddy_place_end(&gen->place);
    }
    gen->place.line = EDDY_AT_FINALLY;
    goto eddy_again_;
}
TEXT
    make -s expand "FILE=$tmp/three.c" > "$tmp/came"
    diff -u "$tmp/wanted" "$tmp/came"
}

@test "the demos of generators and coroutines, expanded, compile with each compiler without a warning" {
    for file in chapters/05-*/{echo,primes,tokens}.c chapters/06-*/{echo,chat}.c; do
        [ -f "$file" ] || continue
        for compiler in $(compilers); do
            CC=$compiler sh tests/learn/expand.sh "$file" > "$tmp/expanded.c"
            ! grep '^ *\(GEN\|CO\)_[A-Z_]*(' "$tmp/expanded.c" | grep -v '\\$' || { echo "$file: not all is expanded"; return 1; }
            warned "$compiler" "$tmp/expanded.c" "$(dirname "$file")"
        done
    done
}

@test "the echo servers of generators and of coroutines serve as before when they are expanded" {
    cp chapters/demo.h "$tmp/demo.h" # they include "../demo.h"
    for room in 05-generators 06-tasks; do
        [ -f "chapters/$room/echo.c" ] || continue
        mkdir "$tmp/$room"
        sh tests/learn/expand.sh "chapters/$room/echo.c" > "$tmp/$room/echo.c"
        loosely "$tmp/$room/echo.c" "$tmp/$room/echo"
        EDDY_CONFORMANCE_BYTES=100000 run "$BUILD/tests/conform" "$tmp/$room/echo" 0
        [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    done
}

# All that an expansion could spoil.
spoilable() {
    cat << 'TEXT'
/* GEN_YIELD(gen, 1);
# 12 "in a comment"
# GEN_END(gen) */
#include "gen.h"
  #include "errors.h"
#define PLAIN 3 /* a comment that
   goes on: it's */
#if PLAIN == 3 && \
    defined GEN_YIELD
#define   WIDE(x)     (x)
#endif
#define GIVE(what)            \
    do {                      \
        GEN_YIELD(gen, what); \
    } while (0)
#define TWICE(what) do { do { GIVE(what); self->n++; } while (self->n < 3); } while (0)
#include <stdio.h>

static char brackets[] = "; } { GEN_YIELD(gen, \"x\")",   quotes[] = {'"', '\'', '\\', '(', '{'}; /* (  { */
static char loop[] = "do { (gen)->value } while (0);";

struct some { struct eddy_gen gen; struct some *next; int i, n; char *last; };

static struct some *next(struct some *self)
{
    return self->next;
}

static char *pick(struct some *self, const char *why, int c)
{
    printf("%s %c\n", why, c);



    /* Nine or more empty lines stay as many. */









    return self->last;
}

static struct eddy_step some(struct eddy_gen *gen)
{
    struct some *self = GEN_FRAME(gen, some);
	GEN_BEGIN(gen);
    GEN_YIELD(gen, pick(self, "do { (gen)->value; } while (0); \\", ')')); // it's { ( a comment
    GEN_YIELD(gen, pick(next(self), "\"; }", '"')); /* and another that
        goes on; { */
    for (self->i = 0; self->i < WIDE(2); self->i++)
        /* why */
        GEN_YIELD(gen,
                  pick(self, "several", /* in the middle, with a ; and a ( */
                       'x'));
    if (self->n == 0) /* not { here */
        GEN_YIELD(gen,
                  brackets);
    else if (self->n == 1) {
        GEN_YIELD(gen, quotes);
    } else
        GEN_FAIL(gen, -1);
    if (self->n == 0) GEN_YIELD(gen, loop); else GEN_FAIL(gen, -5);
    if (self->n) // no
        // no
        GEN_FAIL(gen, -2);
    do
        GEN_YIELD(gen, self->gen.value);
    while (self->i-- > 1);
    do GEN_YIELD(gen, next(self)->gen.result); while (self->i-- > 1);
    do { GEN_YIELD(gen, loop); self->n--; } while (self->n > 0);
    { GIVE(loop); }
    self->n = 0;
    if (self->n == 0)
        TWICE(loop);
    else { TWICE(quotes); }
    if (self->n < 0) {
    } else GEN_TRY_YIELD(gen, ((char[]){ 'a', "}"[0], (int){'b'}, 0 }));
    while (1) {
        self->n++; GEN_TRY_YIELD(gen, loop); if (self->n > 5) { break; }
    }
    GEN_FINALLY(gen);
    printf("cleanup\n");
    for (self->i = 0; self->i < 2; self->i++) {
        GEN_TRY_YIELD(gen, quotes + (self->i ? '"' - '"' : 0)); }
    GEN_END(gen);
}

int main(void)
{
    struct some b = {.last = quotes}, a = {.gen = GEN_INIT(some), .next = &b, .last = loop};
    void *value = 0;
    int got, n = 0;

    while ((got = eddy_gen_next(&a.gen, &value)) == EDDY_YIELDED && n < 100)
        printf("%d: %.5s\n", n++, value ? (char *)value : "nothing");
    printf("%d, line %d\n",   got,    __LINE__);
    return 0;
}
TEXT
}

@test "strings, comments, directives and the file's own macros stay, and the program does the same" {
    spoilable > "$tmp/some.c"
    # Its style would be warned of.
    loosely "$tmp/some.c" "$tmp/before"
    "$tmp/before" > "$tmp/before.out"
    [ "$(wc -l < "$tmp/before.out")" -gt 20 ]
    for compiler in $(compilers); do
        CC=$compiler sh tests/learn/expand.sh "$tmp/some.c" > "$tmp/expanded.c"
        loosely "$tmp/expanded.c" "$tmp/after"
        "$tmp/after" > "$tmp/after.out"
        diff -u "$tmp/before.out" "$tmp/after.out"
        # Lines up to the generator have no macro in them, and are as they were.
        diff -u <(sed '/struct eddy_step some/q' "$tmp/some.c") <(sed '/struct eddy_step some/q' "$tmp/expanded.c")
        for stays in '    // it'"'"'s { ( a comment' '    /* and another that' '        goes on; { */' \
            '    gen->value = (pick(self, "do { (gen)->value; } while (0); \\", '"')'"'));' \
            '    gen->value = (pick(next(self), "\"; }", '"'\"'"'));' \
            '        gen->value = (next(self)->gen.result);' '    for (self->i = 0; self->i < WIDE(2); self->i++)'; do
            grep -qxF -- "$stays" "$tmp/expanded.c" || { echo "$compiler has spoilt: $stays"; return 1; }
        done
    done
}

@test "it prints the same with each awk that there is" {
    spoilable > "$tmp/some.c"
    for file in "$tmp/some.c" chapters/05-generators/echo.c tests/05-generators/stray.c; do
        sh tests/learn/expand.sh "$file" > "$tmp/expected" 2> "$tmp/said" || [ -s "$tmp/said" ]
        [ -s "$tmp/expected" ]
        for awk in $(awks); do
            PATH=$awk:$PATH sh tests/learn/expand.sh "$file" > "$tmp/came" 2> "$tmp/said.too" || [ -s "$tmp/said" ]
            diff -u "$tmp/expected" "$tmp/came"
            diff -u "$tmp/said" "$tmp/said.too"
        done
    done
}

@test "no file, and a file that is not there, are one clear line; make's stands below it" {
    run sh tests/learn/expand.sh
    [ "$status" -eq 1 ]
    [ "$output" = "Which file? Such as: make expand FILE=chapters/05-generators/echo.c" ]
    run sh tests/learn/expand.sh chapters/05-generators/no.c
    [ "$status" -eq 1 ]
    [ "$output" = "There is no file chapters/05-generators/no.c. One that there is: make expand FILE=chapters/05-generators/echo.c" ]
    run make -s --no-print-directory expand
    [ "$status" -eq 2 ]
    [ "${lines[-2]}" = "Which file? Such as: make expand FILE=chapters/05-generators/echo.c" ]
    [[ ${lines[-1]} == "make: *** "*": expand] Error 1" ]]
}

@test "a file that is no C is told with the compiler's own words, and a name may have spaces" {
    printf 'int x = GEN_FRAME(gen;\n' > "$tmp/no c.c"
    run sh tests/learn/expand.sh "$tmp/no c.c"
    [ "$status" -eq 1 ]
    [[ $output == *"GEN_FRAME"* ]]
    printf '#include "gen.h"\nint x;\n' > "$tmp/a c.c"
    run make -s --no-print-directory expand "FILE=$tmp/a c.c"
    [ "$status" -eq 0 ]
    [ "$output" = '#include "gen.h"
int x;' ]
}

@test "a local variable that does not live across a yield is told beside, with status 1" {
    printf 'static struct eddy_step f(struct eddy_gen *gen)\n{\n    int i = 0;\n\n    GEN_BEGIN(gen);\n    i++;\n    GEN_YIELD(gen, self);\n    use(i);\n    GEN_END(gen);\n}\n' > "$tmp/local.c"
    status=0
    sh tests/learn/expand.sh "$tmp/local.c" > "$tmp/came" 2> "$tmp/said" || status=$?
    [ "$status" -eq 1 ]
    grep -q 'case EDDY_AT_START' "$tmp/came"
    [[ $(cat "$tmp/said") == "$tmp/local.c:8: 'i' is a local variable (line 3): "* ]]
}
