# Chapter 5: what compilers refuse in a generator, what they cannot see, and the demos: the echo server
# whose protocol is a generator, the numbers that are asked for, and the tokenizer.

load support/helpers

echo=05-generators/echo
primes=05-generators/primes
tokens=05-generators/tokens

# With none, the tests on each of them would test nothing.
selectors() { sh tests/support/selectors.sh "$BUILD" | grep . || echo "there-are-none"; }

compilers() {
    for compiler in gcc clang; do
        if command -v "$compiler" > /dev/null; then echo "$compiler"; fi
    done
}

# compile COMPILER FILE: with the build's warnings, each an error, and what it says in English.
compile() {
    local flags jumps=
    flags=$(tr ' ' '\n' < "$BUILD/flags" | grep '^-' | grep -v 'jump-misses-init\|^-Wl\|^-f')
    [ "$1" != gcc ] || jumps=-Wjump-misses-init
    # shellcheck disable=SC2046,SC2086
    LC_ALL=C $1 $flags -Werror $jumps $(printf -- '-iquote %s ' lib/0[1-5]-*) -c -o /dev/null "$2"
}

# body: a program whose generator has the body that stands on stdin.
body() {
    cat << 'TEXT'
#include "gen.h"

struct some {
    struct eddy_gen gen;
    int n;
};

static struct eddy_step some(struct eddy_gen *gen)
{
    struct some *self = GEN_FRAME(gen, some);

TEXT
    cat
    cat << 'TEXT'
}

extern struct some one;
struct some one = {.gen = GEN_INIT(some), .n = 3};
TEXT
}

# refused PATTERN [COMPILER...]: the body on stdin is refused by all compilers that there are, or by
# those that are named, and each says what the pattern says.
refused() {
    local pattern=$1
    shift
    body > "$tmp/body.c"
    for compiler in $(compilers); do
        [ $# -eq 0 ] || [[ " $* " == *" $compiler "* ]] || continue
        run compile "$compiler" "$tmp/body.c"
        [ "$status" -ne 0 ] || { echo "$compiler has taken it:"; cat "$tmp/body.c"; return 1; }
        # shellcheck disable=SC2053
        [[ $output == *$pattern* ]] || { echo "$compiler says: $output"; return 1; }
    done
}

# ---- What compilers see ----

@test "a generator with all that there is compiles without a warning" {
    body > "$tmp/body.c" << 'TEXT'
    GEN_BEGIN(gen);
    for (; self->n > 0; self->n--)
        GEN_YIELD(gen, &self->n);
    if (self->n == 0)
        GEN_TRY_YIELD(gen, NULL);
    else if (self->n == 1)
        GEN_FROM(gen, gen);
    else
        GEN_TRY_FROM(gen, gen);
    if (gen->place.err < 0)
        GEN_FAIL(gen, gen->place.err);
    GEN_RETURN(gen, NULL);
    GEN_FINALLY(gen);
    GEN_YIELD(gen, NULL);
    GEN_END(gen);
TEXT
    for compiler in $(compilers); do compile "$compiler" "$tmp/body.c"; done
}

@test "a plain return in a body, which would skip its cleanup, does not compile" {
    refused "eddy_step" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n);
    if (self->n == 0)
        return 0;
    GEN_END(gen);
TEXT
}

@test "two yields on one line, two beginnings and two cleanup sections do not compile" {
    refused "duplicate case value" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n); GEN_YIELD(gen, NULL);
    GEN_END(gen);
TEXT
    refused "duplicate case value" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n); GEN_FROM(gen, gen);
    GEN_END(gen);
TEXT
    refused "duplicate case value" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n);
    GEN_FINALLY(gen);
    self->n = 0;
    GEN_FINALLY(gen);
    GEN_END(gen);
TEXT
    refused "eddy_again_" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n);
    GEN_BEGIN(gen);
    GEN_END(gen);
    GEN_END(gen);
TEXT
}

@test "a body without its beginning or its end does not compile" {
    refused "eddy_again_" << 'TEXT'
    GEN_YIELD(gen, &self->n);
    GEN_END(gen);
TEXT
    refused "expected" << 'TEXT'
    GEN_BEGIN(gen);
    GEN_YIELD(gen, &self->n);
TEXT
}

@test "a local variable that a yield jumps over is seen by gcc, one that has no value by clang" {
    refused "jumps over variable initialization" gcc << 'TEXT'
    GEN_BEGIN(gen);
    int i = 0;
    for (; i < self->n; i++)
        GEN_YIELD(gen, &self->n);
    GEN_END(gen);
TEXT
    refused "jumps over variable initialization" gcc << 'TEXT'
    GEN_BEGIN(gen);
    for (int i = 0; i < self->n; i++)
        GEN_YIELD(gen, &self->n);
    GEN_END(gen);
TEXT
    refused "is uninitialized when used here" clang << 'TEXT'
    int i;

    GEN_BEGIN(gen);
    for (i = 0; i < self->n; i++)
        GEN_YIELD(gen, &self->n);
    GEN_END(gen);
TEXT
}

@test "a function of another type is no body" {
    for type in "int some(struct eddy_gen *gen)" "struct eddy_step some(void *gen)" \
        "struct eddy_step some(struct eddy_gen *gen, int n)"; do
        cat > "$tmp/type.c" << TEXT
#include "gen.h"
$type;
extern struct eddy_gen one;
struct eddy_gen one = GEN_INIT(some);
TEXT
        for compiler in $(compilers); do
            run compile "$compiler" "$tmp/type.c"
            [ "$status" -ne 0 ] || { echo "$compiler has taken: $type"; return 1; }
            [[ $output == *incompatible*pointer* ]] || { echo "$output"; return 1; }
        done
    done
}

# ---- What they do not see ----

# frames FILE...: what the check says about the generators in them.
frames() { awk -f tests/learn/code.awk -f tests/learn/frames.awk "$@"; }

# found LINE VARIABLE [WORDS]: in the body on stdin, which begins in line 12.
found() {
    body > "$tmp/local.c"
    run frames "$tmp/local.c"
    [ "$status" -eq 1 ] || { echo "not seen:"; cat "$tmp/local.c"; return 1; }
    [[ $output == "$tmp/local.c:$1: '$2' is a local "*" (line "*"$3"* ]] || { echo "$output"; return 1; }
    [ "${#lines[@]}" -eq 1 ]
}

@test "a local variable that does not live across a yield is found, however it is changed" {
    for change in "count++" "--count" "count = self->n" "count += 2" "count <<= 1" "read(self, &count)" \
        "for (count = 0; count < 3; count++)"; do
        for declared in "int count = 0;" "int n[2] = {1, 2}, *next = self->next, count = 5;"; do
            printf '    %s\n\n    GEN_BEGIN(gen);\n    %s;\n    GEN_YIELD(gen, NULL);\n    self->n = count;\n    GEN_END(gen);\n' \
                "$declared" "$change" | found 17 count
        done
    done
}

@test "so is one that is changed in a loop that yields, whatever the loop" {
    for change in "count++;" "count = count + self->n;" "if (count < 3) count = 3;"; do
        for loop in "for (;;) {" "while (self->n) {" "do {"; do
            printf '    int count = 0;\n\n    GEN_BEGIN(gen);\n    %s\n        %s\n        GEN_YIELD(gen, NULL);\n    }\n    GEN_END(gen);\n' \
                "$loop" "$change" | found 16 count
        done
    done
    found 14 i << 'TEXT'
    GEN_BEGIN(gen);
    self->n = 3;
    for (int i = 0; i < self->n; i++)
        GEN_YIELD(gen, NULL);
    GEN_END(gen);
TEXT
}

@test "a local variable that has no value behind a yield is found where it is used" {
    for pause in "GEN_YIELD(gen, NULL)" "GEN_TRY_FROM(gen, inner)" "CO_AWAIT(co, other)" "GEN_FINALLY(gen)"; do
        for use in "self->n = count" "count++" "if (count > 3)" "read(count)"; do
            printf '    long n, count;\n\n    GEN_BEGIN(gen);\n    count = 3;\n    %s;\n    %s;\n    GEN_END(gen);\n' \
                "$pause" "$use" | found 17 count
        done
    done
    found 15 i << 'TEXT'
    GEN_BEGIN(gen);
    int i;

    for (i = 0; i < 3; i++) {
        self->n = 0;
        GEN_YIELD(gen, NULL);
    }
    GEN_END(gen);
TEXT
}

@test "what is the same at each resume is no such variable, nor is what only looks like one" {
    body > "$tmp/fine.c" << 'TEXT'
    int *n = &self->n, count[2] = {0, 1}, err;
    static int calls = 0;
    struct some *next = self;
    void *value;
    char text[80];

    GEN_BEGIN(gen);
    calls++;
    ++next->n;
    next->n = 1;
    *n = count[0];
    self->count = 3;
    if (next == self || n != NULL || count[1] <= 3)
        printf("count = %d, n++", count[0]); /* next = self */
    GEN_YIELD(gen, &next->n); // count = 3
    for (;;) {
        err = read(&value);
        if (err < 0)
            GEN_FAIL(gen, err);
        GEN_YIELD(gen, value_of(self,
                                err, value));
        for (err = 0; err < 3; err++)
            self->n += err;
    }
    GEN_FINALLY(gen);
    snprintf(text, sizeof text, "%d", self->n);
    say(text);
    GEN_END(gen);
TEXT
    cat >> "$tmp/fine.c" << 'TEXT'

static struct eddy_step later(struct eddy_gen *gen);

static int plain(int n)
{
    int count = 0;

    for (; n > 0; n--)
        count++;
    return count;
}
TEXT
    run frames "$tmp/fine.c"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ -z "$output" ]
}

@test "no alarm for a local variable that is set and used between two yields, also in a loop" {
    body > "$tmp/fine.c" << 'TEXT'
    int err = 0, sum = 0;

    GEN_BEGIN(gen);
    err = ask(self);
    if (err < 0)
        GEN_FAIL(gen, err);
    for (self->n = 0; self->n < 3; self->n++)
        sum += self->n;
    self->sum = sum;
    GEN_YIELD(gen, &self->n);
    for (;;) {
        int n = self->n, twice;

        err = ask(self);
        twice = n * 2;
        while ((sum = next(self)) > 0 && sum < twice)
            say(sum, err);
        for (int i = 0; i < n; i++)
            say(i, sum);
        GEN_YIELD(gen,
                  value_of(n, twice));
    }
    GEN_END(gen);
TEXT
    run frames "$tmp/fine.c"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ -z "$output" ]
}

@test "a first value that may be another one at each resume is found where it is used later, and no other" {
    for value in "other->tickets" "ask(self)" "other->room.tickets + 1"; do
        printf '    const int ticket = %s;\n\n    GEN_BEGIN(gen);\n    self->n = ticket;\n    GEN_YIELD(gen, NULL);\n    self->n = ticket;\n    other->tickets++;\n    GEN_END(gen);\n' \
            "$value" | found 17 ticket "set anew each time the function goes on"
    done
    for value in "self->n" "other->fd" "3" "sizeof *self" "strlen(self->name)"; do
        printf '    const int fd = %s;\n\n    GEN_BEGIN(gen);\n    GEN_YIELD(gen, NULL);\n    self->n = fd;\n    GEN_END(gen);\n' "$value" | body > "$tmp/fine.c"
        run frames "$tmp/fine.c"
        [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    done
}

@test "a local array, or the address of a local variable, that an await is given is found" {
    for given in "CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, there, sizeof there))" \
        "CO_TRY_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, &there[1], 3))" \
        "CO_CALL(co, read_line, &self->line, .to = there)" "self->f = eddy_sendall(&self->io, loop, 1, there + 1, 1)"; do
        printf '    char there[80];\n\n    CO_BEGIN(co);\n    fill(there, sizeof there);\n    %s;\n    CO_END(co);\n' "$given" |
            found 16 there "12), and its address is used while the function waits"
    done
    for given in "CO_AWAIT(co, eddy_sleep(&there, loop, 1))" "GEN_YIELD(gen, &there)" "GEN_FROM(gen, &there.gen)" \
        "CO_AWAIT(co, eddy_connect(&self->io, loop, self->fd, (struct sockaddr *)&there, sizeof there))"; do
        printf '    struct thing there;\n\n    CO_BEGIN(co);\n    fill(&there, sizeof there);\n    %s;\n    CO_END(co);\n' "$given" | found 16 there
    done
    printf '    CO_BEGIN(co);\n    CO_AWAIT(co, eddy_sleep(&(struct eddy_sleep){0}, loop, 1));\n    CO_END(co);\n' | body > "$tmp/literal.c"
    run frames "$tmp/literal.c"
    [ "$status" -eq 1 ]
    [[ $output == "$tmp/literal.c:13: this literal's address is used while the function waits"* ]]
}

@test "what is no address of a local variable is not taken for one" {
    body > "$tmp/fine.c" << 'TEXT'
    struct some *next = self->next;
    static char forever[80];
    char text[80];
    int flags = 3;

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_recv(&next->io, loop, next->fd, next->text, sizeof text));
    CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, forever, sizeof forever));
    fill(text, sizeof text);
    CO_AWAIT(co, letter(self, text[0], self->text, flags & 3 && flags));
    say(&flags, text);
    CO_END(co);
TEXT
    run frames "$tmp/fine.c"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "a yield in a switch of one's own is found, and one after it is not" {
    body > "$tmp/switch.c" << 'TEXT'
    GEN_BEGIN(gen);
    switch (self->n) {
    case 1:
        if (self->n) {
            GEN_YIELD(gen, NULL);
        }
        break;
    default:
        GEN_FAIL(gen, -1);
    }
    GEN_YIELD(gen, NULL);
    GEN_END(gen);
TEXT
    run frames "$tmp/switch.c"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$tmp/switch.c:16: a yield or await in a switch of your own (line 13), which takes its label"* ]]
}

@test "of the generators and coroutines of the tree, those that show a mistake are found, and no other" {
    sh tests/learn/given.sh 05.5 > "$tmp/lost.c"
    # shellcheck disable=SC2046
    run frames $(find chapters solutions tests lib -name '*.c') "$tmp/lost.c"
    [ "$status" -eq 1 ]
    wanted="chapters/05-generators/trap-local.c chapters/05-generators/trap-stray.c chapters/06-tasks/trap-buffer.c"
    wanted+=" chapters/06-tasks/trap-local.c tests/05-generators/stray.c tests/06-tasks/co.c tests/06-tasks/debug.c $tmp/lost.c"
    diff <(tr ' ' '\n' <<< "$wanted" | sort) <(sed 's/:.*//' <<< "$output" | sort -u)
    [[ $output == *"$tmp/lost.c:64: 'ticket' is a local variable (line 55): it is set anew "* ]]
}

# ---- The echo server ----

@test "the protocol is sent what comes and yields what goes back, to two nc on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start echo-$which "$BUILD/tested/$echo" 0
        nc_open ann_$which "$port"
        nc_open bob_$which "$port"
        nc_say bob_$which "I am Bob"
        nc_hear bob_$which "I am Bob"
        nc_say ann_$which "and I am Ann"
        nc_hear ann_$which "and I am Ann"
        stop echo-$which
    done
}

@test "the echo server goes on without a free descriptor, and serves who waits when there is one" {
    survives_without_descriptors echo "$BUILD/tested/$echo"
}

@test "in debug mode none of the three has anything to report" {
    export EDDY_DEBUG=1
    for program in $echo $primes $tokens; do
        name=${program#*/}
        start "$name" "$BUILD/tested/$program" 0
        connect "$port"
        echo hello >&"$fd"
        read -r -t 10 -u "$fd" line
        stop "$name"
        [ "$(grep -vc '^ledger' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

# ---- Numbers that are asked for ----

# hear NAME LINE...: the next lines that NAME gets are these.
hear() {
    local name=$1
    shift
    for line in "$@"; do nc_hear "$name" "$line"; done
}

help="type primes, squares, fibonacci, count N, take N X or zip X Y (N: 1 to 1000000; X and Y are such again; 15 at most)"

@test "what a person types is a generator, which is asked until it has no more, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start primes-$which "$BUILD/tested/$primes" --pace 0.001 0
        nc_open ann_$which "$port"
        hear ann_$which "$help"
        nc_say ann_$which "take 5 primes"
        hear ann_$which 2 3 5 7 11 "done"
        nc_say ann_$which "count 2"
        hear ann_$which 1 2 "done"
        nc_say ann_$which "take 8 fibonacci"
        hear ann_$which 0 1 1 2 3 5 8 13 "done"
        stop primes-$which
    done
}

@test "take and zip stand over any others, and end with the first that has no more" {
    start primes "$BUILD/tested/$primes" --pace 0.001 0
    nc_open ann "$port"
    nc_say ann "zip count 3 squares"
    hear ann "$help" "1 1" "2 4" "3 9" "done"
    nc_say ann "zip squares take 2 primes"
    hear ann "1 2" "4 3" "done"
    nc_say ann "take 2 zip zip primes squares zip count 9 fibonacci"
    hear ann "2 1 1 0" "3 4 2 1" "done"
    nc_say ann "take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 primes"
    hear ann 2 "done"
    stop primes
}

@test "the next line closes the generator that there is, which says how far it came" {
    start primes "$BUILD/tested/$primes" --pace 1000 0
    nc_open ann "$port"
    nc_say ann "primes"
    hear ann "$help" 2
    nc_say ann "squares"
    hear ann "closed after 1 value" 1
    nc_say ann ""
    hear ann "closed after 1 value"
    nc_say ann "count 1"
    hear ann 1
    stop primes
}

@test "what is no generator is answered with what there is" {
    start primes "$BUILD/tested/$primes" --pace 0.001 0
    nc_open ann "$port"
    hear ann "$help"
    for line in prime "take" "take primes" "take 0 primes" "take -1 primes" "take 1000001 primes" "take 5x primes" \
        "zip primes" "zip primes squares primes" "primes 5" "%s%n" "$(printf '%0500d' 7)" \
        "take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 take 1 primes"; do
        nc_say ann "$line"
        nc_hear ann "$help" || { echo "after: $line"; return 1; }
    done
    nc_say ann "take 1 primes"
    hear ann 2 "done"
    stop primes
}

@test "clients have generators of their own, and Ctrl-C closes those that run" {
    start primes "$BUILD/tested/$primes" --pace 0.02 0
    nc_open ann "$port"
    nc_open bob "$port"
    nc_say ann "primes"
    hear ann "$help" 2
    nc_say bob "squares"
    hear bob "$help" 1 4
    hear ann 3 5
    hear bob 9
    connect "$port"
    echo primes >&"$fd"
    expect_line "$fd" "$help"
    expect_line "$fd" 2
    exec {fd}>&- # this one leaves in the middle
    hear ann 7 11
    stop primes
}

# ---- Tokens ----

@test "what is typed comes back in tokens, on each selector, and also when bytes come one by one" {
    for which in $(selectors); do
        for faults in "" "recv%1"; do
            name=tokens-$which${faults:+-slowly}
            client=${name//-/_}
            EDDY_FAULTS=$faults EDDY_SELECTOR=$which start "$name" "$BUILD/tested/$tokens" 0
            nc_open "$client" "$port"
            nc_say "$client" 'price = 12.50 * "a b"'
            hear "$client" "word price" "symbol =" "number 12.50" "symbol *" 'string "a b"'
            nc_say "$client" 'x1_y 1.2.3 "a \" b" "" (12)abc'
            hear "$client" "word x1_y" "number 1.2" "symbol ." "number 3" 'string "a \" b"' 'string ""' \
                "symbol (" "number 12" "symbol )" "word abc"
            stop "$name"
        done
    done
}

@test "a token may come in several pieces, and no client waits for another's" {
    start tokens "$BUILD/tested/$tokens" 0
    connect "$port"
    ann=$fd
    connect "$port"
    printf 'half "a wo' >&"$ann"
    expect_line "$ann" "word half"
    printf 'whole\n' >&"$fd"
    expect_line "$fd" "word whole"
    printf 'rd" 1' >&"$ann"
    expect_line "$ann" 'string "a word"'
    printf 'other\n' >&"$fd"
    expect_line "$fd" "word other"
    printf '2 ' >&"$ann"
    expect_line "$ann" "number 12"
    printf '"never finished' >&"$ann"
    stop tokens
}

@test "what is too long is cut, and what a terminal would obey does not come back" {
    start tokens "$BUILD/tested/$tokens" 0
    connect "$port"
    printf '%0300d ' 0 >&"$fd"
    expect_line "$fd" "number $(printf '%0100d' 0)"
    printf '"\033[2J" \001 \303\244 %%n\n' >&"$fd"
    expect_line "$fd" 'string "?[2J"'
    expect_line "$fd" "symbol ?"
    expect_line "$fd" "word $(printf '\303\244')"
    expect_line "$fd" "symbol %"
    expect_line "$fd" "word n"
    stop tokens
}

# ---- Their command lines ----

@test "--help names each demo's options, and a time that is none is one clear line and status 1" {
    run "$BUILD/tested/$primes" --help
    [ "$status" -eq 0 ]
    [[ $output == *"[--pace SECONDS]"*"--pace SECONDS "*"0.2 unless given"* ]]
    run "$BUILD/tested/$tokens" --help
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "usage: tokens "* ]]
    for bad in -1 0 soon ""; do
        run "$BUILD/tested/$primes" --pace "$bad" 0
        [ "$status" -eq 1 ]
        [ "${lines[0]}" = "primes: --pace: it needs a number of seconds after it; try --help" ]
        [[ ${lines[1]} == "ledger: nothing left"* ]]
    done
}
