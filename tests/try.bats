# make try-NN: a program of the reader's own on a chapter's library, and what it is told of it.

load support/helpers

# A tree with exercises of its own; all else, also what is built, is this one's.
tree() {
    local here=$PWD
    mkdir "$tmp/tree"
    ln -s "$here"/{Makefile,lib,chapters,solutions,tests} "$tmp/tree/"
    cp -r exercises "$tmp/tree/"
    rm -f "$tmp"/tree/exercises/*/try.c
    cd "$tmp/tree" || return 1
    case $BUILD in /*) ;; *) mkdir -p "$(dirname "$BUILD")" && ln -s "$here/$BUILD" "$BUILD" ;; esac
}

# try CHAPTER [NAME=VALUE...]: as a person types it.
try() {
    local number=$1
    shift
    run env NO_COLOR=1 make -s --no-print-directory "BUILD=$BUILD" "try-$number" "$@" < /dev/null
    output=$(grep -v '^(building ' <<< "$output") # the first time
    mapfile -t lines < <(grep . <<< "$output")
}

needs_sanitizers() {
    [ -n "$(sh tests/learn/sanitizers.sh "$BUILD/learn")" ] || skip "this compiler has no sanitizers that run here"
}

# body [FUNCTION]: a program of chapter 6 whose coroutine's lines come from stdin; FUNCTION stands before it.
body() {
    printf '#include <eddy.h>\n#include <stdio.h>\n#include <string.h>\n\nstruct some {\n    struct eddy_co co;\n    struct eddy_io io;\n    struct eddy_sleep rest;\n    int fds[2], n;\n};\n\n%s\n' "${1:-}"
    printf 'static struct eddy_step some(struct eddy_co *co)\n{\n    struct some *self = CO_FRAME(co, some);\n    struct eddy_loop *loop = eddy_co_loop(co);\n'
    cat
    printf '}\n\nint main(void)\n{\n    return eddy_run(some, .n = 2) < 0;\n}\n'
}

@test "the first time it makes the file, which is the reader's: it is run, and never written again" {
    tree
    try 04
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "${lines[0]}" = "exercises/04-futures/try.c is yours to change; it begins as the first program of chapters/04-futures/README.md." ]
    [[ ${lines[1]} == "It is compiled with all warnings"*" and runs on chapter 04's library with EDDY_DEBUG=1." ]]
    [ "${lines[-1]}" = "bob: success" ]
    cmp exercises/04-futures/try.c chapters/04-futures/try.c
    git check-ignore -q exercises/04-futures/try.c || [ ! -e .gitignore ]
    sed -i 's/the egg is done/mine is done/' exercises/04-futures/try.c
    make -s --no-print-directory reset-04.1 > /dev/null
    try 04
    [ "${lines[0]}" = "exercises/04-futures/try.c is yours to change. (To begin anew: rm exercises/04-futures/try.c)" ]
    [ "${lines[2]}" = "mine is done" ]
}

@test "a file that lies elsewhere is tried where it lies, with arguments, in debug mode, and with the reader's environment" {
    mkdir "$tmp/else where"
    cat > "$tmp/else where/own.c" << 'TEXT'
#include <eddy.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char *argv[])
{
    const char *selector = getenv("EDDY_SELECTOR");
    printf("%d %s %d %s\n", argc, argv[argc - 1], eddy_debug_wanted(), selector ? selector : "any");
    return 0;
}
TEXT
    EDDY_SELECTOR=select try 03 "FILE=$tmp/else where/own.c" "ARGS=one 'two words'"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "${lines[-1]}" = "3 two words 1 select" ]
    [[ $output != *"yours to change"* ]]
}

@test "a chapter's <eddy.h> has what the chapter has, and nothing of a later one" {
    printf '#include <eddy.h>\nint main(void) { struct eddy_gen gen; (void)gen; return EDDY_VERSION_NUMBER < 1; }\n' > "$tmp/own.c"
    try 05 "FILE=$tmp/own.c"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    try 04 "FILE=$tmp/own.c"
    [ "$status" -eq 2 ]
    [[ $output == *"own.c:2:"*"error:"*"It does not compile yet. Begin with the first error"* ]]
}

@test "a lost local variable, an array in flight and an await in a switch are told, and what becomes of them" {
    needs_sanitizers
    body > "$tmp/lost.c" << 'TEXT'
    int laps = 0;

    CO_BEGIN(co);
    while (self->n-- > 0) {
        laps++;
        CO_AWAIT(co, eddy_sleep(&self->rest, loop, 0));
    }
    printf("laps: %d\n", laps);
    CO_END(co);
TEXT
    try 06 "FILE=$tmp/lost.c"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [[ $output == *"lost.c:21: 'laps' is a local variable (line 17): it does not keep this value"*"laps: 0"* ]] || { echo "$output"; return 1; }

    body 'struct later { struct eddy_co co; int fd; };
static struct eddy_step later(struct eddy_co *co)
{
    CO_BEGIN(co);
    eddy_net_send(CO_FRAME(co, later)->fd, "hi", 2);
    CO_END(co);
}' > "$tmp/flight.c" << 'TEXT'
    char text[8];

    CO_BEGIN(co);
    if (eddy_net_pair(self->fds) < 0)
        CO_FAIL(co, -1);
    eddy_spawn(loop, later, .fd = self->fds[1]);
    CO_AWAIT(co, eddy_recv(&self->io, loop, self->fds[0], text, sizeof text));
    CO_END(co);
TEXT
    try 06 "FILE=$tmp/flight.c"
    [ "$status" -eq 2 ]
    [[ $output == *"flight.c:"*": 'text' is a local array (line "*"stack-use-after-return"*"A sanitizer found this: a local variable or array was used after its function had paused"* ]] || { echo "$output"; return 1; }

    body > "$tmp/switch.c" << 'TEXT'
    CO_BEGIN(co);
    switch (self->n) {
    case 2:
        CO_AWAIT(co, eddy_sleep(&self->rest, loop, 0));
        printf("never arrived\n");
    }
    CO_END(co);
TEXT
    try 06 "FILE=$tmp/switch.c"
    [[ $output == *"switch.c:20: a yield or await in a switch of your own (line 18)"*"some ("*"switch.c"* ]] || { echo "$output"; return 1; }
    [[ " ${lines[*]} " != *" never arrived "* ]]
}

@test "how it ended is said in words, unless it ended well" {
    printf '#include <stdlib.h>\n#include <signal.h>\nint main(int argc, char *argv[])\n{\n    int *p = NULL, n = argc > 2 ? 2147483647 : 0;\n    char *end = argv[1];\n    if (*end == (char)49) return 3;\n    if (*end == (char)50) raise(SIGKILL);\n    if (*end == (char)51) return *p;\n    if (*end == (char)52) return (n + argc) > 0;\n    if (*end == (char)53) return malloc(10) == NULL;\n    return 0;\n}\n' > "$tmp/ends.c"
    try 01 "FILE=$tmp/ends.c" ARGS=0
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "${#lines[@]}" -eq 1 ] || { echo "$output"; return 1; }
    try 01 "FILE=$tmp/ends.c" ARGS=1
    [ "$status" -eq 2 ]
    [ "${lines[-2]}" = "It ended with status 3; 0 would mean that all went well." ]
    try 01 "FILE=$tmp/ends.c" ARGS=2
    [ "${lines[-2]}" = "It was ended by SIGKILL." ]
    needs_sanitizers
    try 01 "FILE=$tmp/ends.c" ARGS=3
    [[ $output == *"null pointer"*"A sanitizer found this: "* ]] || { echo "$output"; return 1; }
    try 01 "FILE=$tmp/ends.c" "ARGS=4 5"
    [[ $output == *"signed integer overflow"*"A sanitizer found this: "* ]] || { echo "$output"; return 1; }
    try 01 "FILE=$tmp/ends.c" ARGS=5
    [ "$status" -eq 0 ] || [[ ${lines[-2]} == "A sanitizer found this: memory was not freed." ]] || { echo "$output"; return 1; }
}

@test "a compiler's warning is shown, and the program runs" {
    printf '#include <stdio.h>\nint main(void)\n{\n    int unused;\n    printf("ran\\n");\n    return 0;\n}\n' > "$tmp/warned.c"
    try 02 "FILE=$tmp/warned.c"
    [ "$status" -eq 0 ]
    [[ $output == *"warned.c:4:"*"warning:"*"unused"* ]]
    [ "${lines[-1]}" = ran ]
}

@test "what is not there, and a place that cannot be written, are told with what to type" {
    try 77
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "There is no try-77. There are: try-01 "* ]]
    run make -s --no-print-directory try-NN
    [[ $output == "Which chapter? There are: try-01 "* ]]
    try 01 "FILE=$tmp/none.c"
    [ "${lines[0]}" = "There is no file $tmp/none.c, or it cannot be read." ]
    tree
    rm -r exercises/02-selector
    try 02
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "I cannot write exercises/02-selector/try.c. Put it where you can, and say so (and where to build):" ]
    [[ ${lines[1]} == *"cp chapters/02-selector/try.c /tmp/try.c && make BUILD=/tmp/eddy try-02 FILE=/tmp/try.c" ]]
}

@test "on a terminal Ctrl-C is the program's: one that handles it ends in order, and one that does not is told of" {
    printf '#include <stdio.h>\n#include <unistd.h>\nint main(void)\n{\n    printf("ready\\n");\n    for (;;)\n        pause();\n}\n' > "$tmp/waits.c"
    {
        printf '```console\n$ make try-06 FILE=%s\n...\nready\n^C\n...\nCtrl-C ended it.\n```\n' "$tmp/waits.c"
        printf '\n```console\n$ make try-06 FILE=chapters/06-tasks/echo.c ARGS=0 && echo "with status 0"\n...\necho: Ctrl-C ends it\n^C\n...\nwith status 0\n```\n'
    } > "$tmp/page.md"
    MAKEFLAGS="BUILD=$BUILD" run "$BUILD/tests/transcript" "$tmp/page.md"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [[ $output != *"not ok"* ]] || { echo "$output"; return 1; }
}
