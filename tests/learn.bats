# The learner's tools, as a learner meets them: in a copy of the tree, from the first `make learn` on.

load support/helpers

# A copy, with what is built for chapter 1, so that a test need not build it again.
copy() {
    local learn=build/learn
    mkdir -p "$tmp/tree/$learn/lib" "$tmp/tree/$learn/tests"
    cp -rp Makefile lib chapters tests exercises solutions "$tmp/tree/" # -p: make compares the times
    rm -f "$tmp/tree/exercises/progress.txt"
    cp -rp "$BUILD"/learn/{flags,sanitizers.*,stage-01,learn-*01.sh,learn-*01.made} "$tmp/tree/$learn/"
    cp -rp "$BUILD"/learn/lib/01-select-echo "$tmp/tree/$learn/lib/"
    cp -rp "$BUILD"/learn/tests/{01-select-echo,support,faults,gates,libsupport.a,fresh} "$tmp/tree/$learn/tests/"
    cd "$tmp/tree" || return 1
    unset BUILD MAKEFLAGS MAKELEVEL EDDY_PROGRESS
    export NO_COLOR=1
    for number in 1 2 3 4; do sh tests/learn/given.sh 01.$number > "exercises/01-select-echo/$(file_of $number)"; done
}

file_of() { (cd "exercises/01-select-echo" && ls "$1"-*.txt "$1"-*.c 2> /dev/null); }

solve() { cp "solutions/01-select-echo/$1" "exercises/01-select-echo/$1"; }

@test "learn, in a fresh clone, says what this is, what is next, what to open and what its test says" {
    copy
    run make -s learn
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -le 20 ]
    [[ ${lines[0]} == "eddy: an asyncio in C"* ]]
    [ "${lines[1]}" = "0 of $(ls -d tests/*/exercises/*/ | wc -l) exercises done." ]
    [[ $output == *"begin     make try-01  (the first program of chapters/01-select-echo/README.md)"* ]]
    [[ $output == *"next      01.1  what select() calls ready"* ]]
    [[ $output == *"lesson    chapters/01-select-echo/README.md, as far as 2 The picture"* ]]
    [[ $output == *"open      exercises/01-select-echo/1-readable.txt"* ]]
    [[ $output == *"expected  a number in the place of the question mark"* ]]
    [[ ${lines[-1]} == *"make learn"* ]]
    cp chapters/01-select-echo/try.c exercises/01-select-echo/
    run make -s learn
    [[ $output != *"make try-01"* ]]
}

@test "the exercises come in the order of the lessons' pages, and each names its page and section" {
    mkdir -p "$tmp/tree/chapters" "$tmp/tree/tests"
    cd "$tmp/tree"
    # page, section and number of each; the first page links the others, last first.
    add() {
        mkdir -p "tests/$1/exercises/$2"
        printf 'title   %s\nfile  x.c\npage    %s\nsection %s\n' "$2" "$3" "$4" > "tests/$1/exercises/$2/about"
    }
    mkdir chapters/01-one chapters/02-two
    printf '# One\n\n[2](last.md) [3](other.md)\n[2](last.md)\n\n## Step 1: a\n\n## Step 2: b\n' > chapters/01-one/README.md
    printf '## Step 9: a\n\n### A bell\n' | tee chapters/01-one/last.md chapters/01-one/other.md > chapters/02-two/README.md
    add 01-one 1-x other.md "A bell"
    add 01-one 2-x last.md "A bell"
    add 01-one 10-x last.md "Step 9: a"
    add 01-one 3-x README.md "Step 2: b"
    add 01-one 4-x README.md "Step 1: a"
    add 01-one 5-x README.md "Step 2: b"
    add 02-two 1-x README.md "Step 9: a"
    run awk -f "$BATS_TEST_DIRNAME/learn/order.awk" tests/*/exercises/*/about
    [ "$(tr '\n' ' ' <<< "$output")" = "01.4 01.3 01.5 01.10 01.2 01.1 02.1 " ]
    . "$BATS_TEST_DIRNAME/learn/common.sh"
    open_exercise 01.1
    [ "$(lesson)" = "chapters/01-one/other.md, A bell" ]
    open_exercise 01.10
    [ "$(lesson)" = "chapters/01-one/last.md, step 9: a" ]
    echo 'write   f  README.md  Step 2: b' >> tests/01-one/exercises/10-x/about
    [ "$(lesson f)" = "chapters/01-one/README.md, step 2: b" ]
    [ "$(lesson g)" = "chapters/01-one/last.md, step 9: a" ]
}

@test "the first verdict of a fresh clone builds no more than it needs, and says what it waits for" {
    copy
    rm -rf build
    run make -s learn
    [ "$status" -eq 0 ]
    [[ $output == *"(building the library of chapter 01, once; some seconds)"* ]]
    [[ $output == *"01.1  what select() calls ready  (predict): not done yet"* ]]
    [ ! -e build/learn/tests/libsupport.a ] && [ ! -e build/learn/lib/02-selector ] && [ ! -e build/lib ]
    run make -s learn
    [[ $output != *"building"* ]]
}

@test "the server that a check has built runs on a kernel that fails as EDDY_FAULTS says, as its task promises" {
    copy
    make check-01.3 > /dev/null 2>&1 || :
    grep -q '^    EDDY_FAULTS=recv%1 build/learn/exercises/01.3/3-shout 8081$' exercises/01-select-echo/README.md
    BUILD=build/learn EDDY_FAULTS=recv%1 EDDY_FAULTS_COUNTS=$tmp/counts start shout build/learn/exercises/01.3/3-shout 0
    connect "$port"
    echo "hello" >&"$fd"
    expect_line "$fd" HELLO
    exec {fd}>&-
    stop shout
    [ "$(awk '$1 == "injected" { print ($2 >= 6) }' "$tmp/counts")" = 1 ] || { cat "$tmp/counts"; return 1; }
}

@test "learn moves on when an exercise is solved, and opens it again when it is broken" {
    copy
    solve 1-readable.txt
    run make -s learn
    [[ $output == *"01.1  what select() calls ready: done"*"next      01.3"*"01.3  a server that loses the end of its answers  (bug): not done yet"* ]]
    run make -s learn
    [[ ${lines[1]} == "1 of "* ]]
    [[ $output == *"next      01.3"* ]]
    sed -i 's/^d\(.*\): 1/d\1: 0/' exercises/01-select-echo/1-readable.txt
    run make -s learn
    [[ ${lines[1]} == "0 of "* ]]
    [[ $output == *"next      01.1"* ]]
    [[ $output == *"select() tells the level, not the change"* ]]
}

@test "a library that was changed by mistake takes no pass away, and the tools say how to get it back" {
    copy
    solve 1-readable.txt
    make -s check-01.1 > /dev/null
    # Without git: that it has changed can be seen, but not where.
    cp lib/01-select-echo/net.c "$tmp/net.c"
    echo 'int x = ;' >> lib/01-select-echo/net.c
    run make -s learn
    [ "${lines[0]}" = "lib/ is not as it was when 01.1 passed. If that is a mistake, take it anew from where you have this tree." ] || { echo "$output"; return 1; }
    [[ ${lines[2]} == "1 of "* ]]
    run make -s check-01.1
    [ "$status" -eq 2 ]
    [ "$(grep -c ' done ' exercises/progress.txt)" = 1 ]
    # With git the file is named, and what is new beside it; and when all is as it was, nothing is said.
    cp "$tmp/net.c" lib/01-select-echo/net.c
    git init -q . && git add lib tests && git -c user.name=x -c user.email=x@example.org commit -q -m x
    echo 'int x = ;' >> lib/01-select-echo/net.c
    : > lib/01-select-echo/more.c
    run make -s progress
    [ "${lines[0]}" = "lib/01-select-echo/net.c is not as it was given. If that is a mistake:  git checkout HEAD lib/01-select-echo/net.c" ] || { echo "$output"; return 1; }
    [ "${lines[1]}" = "lib/01-select-echo/more.c is new. If that is a mistake:  rm lib/01-select-echo/more.c" ]
    [[ ${lines[2]} == "1 of "* ]]
    git checkout -q HEAD lib/01-select-echo/net.c && rm lib/01-select-echo/more.c
    run make -s progress
    [[ ${lines[0]} == "1 of "* ]]
    # A newer library is no mistake: the pass is tried on it. And a file that is broken meanwhile is not kept.
    echo '/* newer */' >> lib/01-select-echo/net.h
    git -c user.name=x -c user.email=x@example.org commit -q -a -m newer
    before=$(cat exercises/progress.txt)
    run make -s progress
    [[ ${lines[0]} == "1 of "* ]] || { echo "$output"; return 1; }
    [ "$(cat exercises/progress.txt)" != "$before" ]
    echo 'int x = ;' >> lib/01-select-echo/net.c
    sed -i 's/^d\(.*\): 1/d\1: 0/' exercises/01-select-echo/1-readable.txt
    run make -s progress
    [[ $output == *"0 of "* ]] || { echo "$output"; return 1; }
}

@test "check ends with make's status 2 while something is left, and our last line stands directly above make's" {
    copy
    run make check-01.4
    [ "$status" -eq 2 ]
    [[ ${lines[-2]} == "  again     make check-01.4"* ]]
    [[ ${lines[-1]} == "make: *** "*": check-01.4] Error 1" ]]
    solve 4-wait.c
    run make check-01.4
    [ "$status" -eq 0 ]
    [[ $output == *"01.4  wait for a descriptor, but not for ever: done"* ]]
}

@test "typed in a folder of the tree, a verb is told to be typed at the top, and where that is" {
    for folder in exercises chapters lib solutions tests exercises/01-select-echo chapters/06-tasks; do
        for verb in learn check-01.2 try-01; do
            run make -C $folder --no-print-directory $verb
            [ "$status" -eq 2 ]
            [ "${lines[0]}" = "This is $folder. Type it at the top:  cd $(pwd -P) && make $verb" ] || { echo "$output"; return 1; }
        done
    done
    run make -C exercises --no-print-directory
    [[ ${lines[0]} == *"&& make learn" ]]
}

@test "a mistyped verb names its neighbours, with the number that was typed; so does a program" {
    while read -r typed said; do
        run make -s --no-print-directory "BUILD=$BUILD" "$typed"
        [ "$status" -eq 2 ]
        [ "${lines[0]}" = "There is no $said" ] || { echo "$output"; return 1; }
    done << TEXT
lern verb lern. Do you mean: learn
chek-01.2 verb chek-01.2. Do you mean: check-01.2
check verb check. Do you mean: check-NN.M
try verb try. Do you mean: try-NN
proggress verb proggress. Do you mean: progress
slution-05.1 verb slution-05.1. Do you mean: solution-05.1
elhp verb elhp. Do you mean: help
foobar verb foobar. make help lists all that there are.
$BUILD/chapters/06-tasks/trap-bufer program $BUILD/chapters/06-tasks/trap-bufer. Do you mean: $BUILD/chapters/06-tasks/trap-buffer
TEXT
}

@test "check of a chapter tests all its exercises" {
    copy
    for file in 1-readable.txt 2-net.c 3-shout.c; do solve $file; done
    run make check-01
    [ "$status" -eq 2 ]
    [ "$(grep -c ': done' <<< "$output")" = 3 ]
    [[ $output == *"01.4  wait for a descriptor, but not for ever  (build): not done yet"* ]]
}

@test "a failing check counts what passes, what fails and what was not tried, and never less after a step forward" {
    copy
    run make check-01.4
    [[ $output == *"not done yet (0 pass, 1 fails, "*" not tried)"* ]]
    # Two mistakes: whoever mends the earlier has come further.
    solve 4-wait.c
    sed -i 's/return -EBADF/return -1/; s/left = deadline - now/left = milliseconds > 1000 ? 1 : deadline - now/' exercises/01-select-echo/4-wait.c
    run make check-01.4
    [[ $output =~ "not done yet ("([0-9]+)" pass, 1 fails" ]]
    before=${BASH_REMATCH[1]}
    sed -i 's/left = milliseconds > 1000 ? 1 : /left = /' exercises/01-select-echo/4-wait.c
    run make check-01.4
    [[ $output =~ "not done yet ("([0-9]+)" pass, 1 fails" ]]
    [ "${BASH_REMATCH[1]}" -gt "$before" ]
}

@test "what an answer prints stands in its failure, also before a crash or a hang, and in a program" {
    copy
    cp lib/01-select-echo/net.c exercises/01-select-echo/2-net.c
    sed -i 's/    int flags = fcntl(fd, F_GETFL);/    int flags = 0; printf("here"); *(volatile int *)8 = 1;/' exercises/01-select-echo/2-net.c
    run make check-01.2
    [[ $output == *"came      it was stopped: SEGV on unknown address 0x"[0-9a-f]*$'8\n'* ]]
    [[ $output == *"said      here"* ]]
    [[ $output == *"cause     a pointer is NULL here"* ]]
    sed 's/    FD_ZERO(&set);/    printf("asked\\n"); for (;;);/' solutions/01-select-echo/4-wait.c > exercises/01-select-echo/4-wait.c
    sed -i 's/#include <errno.h>/#include <stdio.h>\n&/' exercises/01-select-echo/4-wait.c
    run make check-01.4
    [[ $output == *"none: it hangs"*"said      asked"* ]]
    sed 's/    client->start = client->end = 0;/    printf("sent\\n"); client->end = 0;/' solutions/01-select-echo/3-shout.c > exercises/01-select-echo/3-shout.c
    run make check-01.3
    [[ $output == *"program   it lives, and was in "*"said      "*"sent"* ]]
}

@test "a code that no function of one's own returns is not blamed on a TODO, nor a -1 on EPERM" {
    copy
    sed 's/return -errno/return -1/' lib/01-select-echo/net.c > exercises/01-select-echo/2-net.c
    run make check-01.2
    [[ $output == *"came      -1 (a system call's -1, it seems)"*"cause     return -errno in the place of"* ]]
    run make check-01.4
    [[ $output == *"ENOSYS"*"still to write: wait_readable()"* ]]
    sed 's/return -errno/return -ENOSYS/' lib/01-select-echo/net.c > exercises/01-select-echo/2-net.c
    run make check-01.2
    [[ $output == *"ENOSYS"* && $output != *TODO* && $output != *"still to write"* ]]
}

@test "a bug hunt shows what happens at first, and why after a second try that fails, or with a hint" {
    copy
    cause="when all is sent, start and end must be 0"
    hidden="cause     that is for you to find"
    for state in given given first first; do
        run make check-01.3
        [[ $output == *"expected"*"came"*"$hidden"* ]]
        [ $state = given ] || sed 's/client->start = client->end = 0;/client->end = 0;/' solutions/01-select-echo/3-shout.c > exercises/01-select-echo/3-shout.c
    done
    run make check-01.3
    [[ $output == *"came"*"$hidden"* && $output != *"$cause"* ]]
    echo '/* a second try */' >> exercises/01-select-echo/3-shout.c
    run make check-01.3
    [[ $output == *"cause     $cause"* && $output != *"$hidden"* ]]
    make reset-01.3
    run make check-01.3
    [[ $output == *"$hidden"* ]]
    make hint-01.3
    run make learn check-01.3
    [[ $output == *"cause     "* && $output != *"$hidden"* ]]
}

@test "a warning of the compiler is shown when the tests pass, too" {
    copy
    solve 4-wait.c
    sed -i 's/^    int n;/    int n, never_used = 1;/' exercises/01-select-echo/4-wait.c
    run make check-01.4
    [ "$status" -eq 0 ]
    [[ $output == *": done"*"compiler  exercises/01-select-echo/4-wait.c:"*"warning: "*"never_used"* ]]
    solve 4-wait.c
    run make check-01.4
    [[ $output != *compiler* ]]
}

# What is said of a compiler's words ($1) about a file with these lines.
meaning_of() {
    local words=$1
    shift
    printf '%s\n' "$words" > "$tmp/words"
    printf '%s\n' "$@" > "$tmp/file.c"
    run awk -f tests/learn/compiler.awk "$tmp/words" "$tmp/file.c"
}

@test "what a compiler says of a macro that is missing or misplaced is told in the course's words" {
    for words in "a.c:9:1: error: expected declaration or statement at end of input" "a.c:9:7: error: expected '}'"; do
        meaning_of "$words" "f()" "{" "    CO_BEGIN(co);" "    CO_AWAIT(co, x);" "}"
        [ "$output" = "CO_END is missing: the body that begins at line 3 has none, and so does not end" ]
        meaning_of "$words" "f()" "{"
        [ "$output" = "a brace is still open at the end of the file" ]
    done
    for words in "gen.h:2:5: error: case label not within a switch statement" "a.c:2:5: error: 'case' statement not in switch statement"; do
        meaning_of "$words" "    GEN_YIELD(gen, x);"
        [[ $output == "a yield stands where no GEN_BEGIN is above it"* ]]
    done
    for words in "gen.h:2:5: error: duplicate case value" "a.c:2:5: error: duplicate case value '36'"; do
        meaning_of "$words" "    CO_AWAIT(co, x); CO_AWAIT(co, y);"
        [[ $output == "two of them stand in one line: an await's label is the number of its line"* ]]
        meaning_of "$words" "    case 1: case 1:;"
        [ "$output" = "" ]
    done
    for words in "a.c:4:2: error: ‘EAGIN’ undeclared (first use in this function); did you mean ‘EAGAIN’?" \
        "a.c:4:2: error: use of undeclared identifier 'EAGIN'"; do
        meaning_of "$words" ""
        [[ $output == "nobody has declared EAGIN"* ]]
    done
    meaning_of "a.c:4:2: error: implicit declaration of function 'eddy_net_recv' is invalid" ""
    [ "$output" = 'eddy_net_recv is declared in net.h: #include "net.h"' ]
}

@test "a macro with an argument too many is not taken for one that nobody has declared" {
    gcc='a.c:13:30: error: macro "CO_RETURN" passed 2 arguments, but takes just 1
a.c:13:9: error: ‘CO_RETURN’ undeclared (first use in this function)'
    clang="a.c:13:30: error: too many arguments provided to function-like macro invocation
lib/06-tasks/co.h:117:9: note: macro 'CO_RETURN' defined here
a.c:13:9: error: use of undeclared identifier 'CO_RETURN'"
    for words in "$gcc" "$clang"; do
        meaning_of "$words" "    CO_RETURN(co, err);"
        [ "$output" = "CO_RETURN takes more or fewer arguments than it is given here: co.h says which; an end with an error is CO_FAIL" ]
    done
    meaning_of 'a.c:4:1: error: macro "CO_AWAIT" requires 2 arguments, but only 1 given' "    CO_AWAIT(x);"
    [ "$output" = "CO_AWAIT takes more or fewer arguments than it is given here: co.h says which" ]
}

@test "a function that is not in one's file is named, with the header that has it" {
    copy
    sed 's/eddy_net_recv(/eddy_net_receive(/' lib/01-select-echo/net.c > exercises/01-select-echo/2-net.c
    run make check-01.2
    [[ $output == *"it does not compile yet"*"cause     eddy_net_recv is not in your file; net.h has its name"* ]]
}

@test "an unknown exercise says which there are" {
    copy
    for number in 99.9 01.9 77 x 01.x 1.2.3; do
        run make check-$number
        [ "$status" -eq 2 ]
        [[ ${lines[0]} == "There is no exercise $number. There are: 01.1 01.3 01.2 01.4"* ]]
        run make hint-$number
        [ "$status" -eq 0 ]
        [[ $output == "There is no exercise $number. There are: 01.1"* || $output == "Which exercise? There are: 01.1"* ]]
    done
}

@test "a file that does not compile is told so, with the compiler's words and the file to open" {
    copy
    echo 'int x = ;' >> exercises/01-select-echo/4-wait.c
    run make check-01.4
    [ "$status" -eq 2 ]
    [[ $output == *"it does not compile yet"* ]]
    [[ $output == *"exercises/01-select-echo/4-wait.c:"*"error"* ]]
    [[ $output == *"file      exercises/01-select-echo/4-wait.c"* ]]
}

@test "an exercise that hangs says after a second that it is waited for, while it is" {
    copy
    solve 4-wait.c
    sed -i 's/^{$/{\n    for (volatile int on = 1; on;)\n        pause();/' exercises/01-select-echo/4-wait.c
    grep -q unistd exercises/01-select-echo/4-wait.c || sed -i '1i#include <unistd.h>' exercises/01-select-echo/4-wait.c
    run make check-01.4 # its lines stand as they came
    [ "${lines[0]}" = "(no answer for a second; I wait up to 5)" ] || { echo "$output"; return 1; }
    [[ ${lines[1]} == *"not done yet"* ]]
    [ "$(grep -c '^(no answer' <<< "$output")" = 1 ]
}

@test "a file that is gone is told so, with the way to get it back" {
    copy
    rm exercises/01-select-echo/3-shout.c
    run make check-01.3
    [ "$status" -eq 2 ]
    [[ $output == *"make reset-01.3 brings it back"* ]]
    run make reset-01.3
    [ -f exercises/01-select-echo/3-shout.c ]
}

@test "what a learner prints, or an exit on the way, makes no test pass" {
    copy
    cp lib/01-select-echo/net.c exercises/01-select-echo/2-net.c
    sed -i 's/    int flags = fcntl(fd, F_GETFL);/    int flags = 0; printf("here "); fflush(stdout); return -1;/' exercises/01-select-echo/2-net.c
    run make check-01.2
    [ "$status" -eq 2 ]
    [[ $output == *"said      here"* ]]
    cp lib/01-select-echo/net.c exercises/01-select-echo/2-net.c
    sed -i 's/    int flags = fcntl(fd, F_GETFL);/    int flags = 0; exit(0);/' exercises/01-select-echo/2-net.c
    run make check-01.2
    [ "$status" -eq 2 ]
    [[ $output == *"a sudden end, with status 0"* ]]
}

@test "a reset keeps what was there, also the second time" {
    copy
    echo '/* mine */' >> exercises/01-select-echo/4-wait.c
    make -s reset-01.4
    make -s reset-01.4
    grep -q mine exercises/01-select-echo/4-wait.c.before-reset
    echo '/* mine, too */' >> exercises/01-select-echo/4-wait.c
    run make reset-01.4
    [[ $output == *"Yours is kept as exercises/01-select-echo/4-wait.c.2.before-reset"* ]]
}

@test "a prediction with a word in it, or a line end of another system, is understood or told" {
    copy
    sed 's/$/\r/' solutions/01-select-echo/1-readable.txt > exercises/01-select-echo/1-readable.txt
    run make check-01.1
    [ "$status" -eq 0 ]
    sed 's/: 0$/: none/' solutions/01-select-echo/1-readable.txt > exercises/01-select-echo/1-readable.txt
    run make check-01.1
    [ "$status" -eq 2 ]
    [[ $output == *"a number alone, please"* ]]
}

@test "a tree that cannot be written teaches, too, with BUILD and EDDY_PROGRESS elsewhere" {
    copy
    mv build "$tmp/elsewhere" # what is built need not be built again
    chmod -R a-w .
    unless_root=
    [ "$(id -u)" != 0 ] || unless_root="setpriv --bounding-set -dac_override"
    if $unless_root touch exercises/x 2> /dev/null || ! $unless_root true; then skip "this user may write everywhere"; fi
    run $unless_root make learn
    [ "$status" -eq 2 ]
    [ "${lines[-2]}" = "    make BUILD=/tmp/eddy EDDY_PROGRESS=/tmp/eddy-progress.txt learn" ]
    for verb in learn check-01.2 hint-01.2 progress; do
        run $unless_root make "BUILD=$tmp/elsewhere" "EDDY_PROGRESS=$tmp/elsewhere/progress.txt" $verb
        [[ $output != *"ermission denied"* && $output != *"annot "* ]] || { echo "$output"; return 1; }
    done
    [[ $output == *"[ ] 01.2"*"hints: 1"* ]]
    chmod -R u+w .
}

# What a check calls itself in its lock: its number, and when it began.
owner() { echo "$1-$(sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)"; }

@test "a lock counts only while the process lives that took it, not a stranger with its number" {
    copy
    solve 1-readable.txt
    [ -r /proc/self/stat ] || skip "no /proc to read when a process began"
    mkdir -p build/learn/exercises/01.1.lock
    sleep 0 &
    gone=$!
    wait "$gone"
    : > "build/learn/exercises/01.1.lock/$gone-1"
    : > "build/learn/exercises/01.1.lock/$$-1" # lives, but began at another time
    run make check-01.1
    [ "$status" -eq 0 ]
    [ -z "$(ls build/learn/exercises/01.1.lock)" ]
}

@test "a check that another one keeps out loses nothing that was done" {
    copy
    solve 1-readable.txt
    make -s check-01.1
    mkdir -p build/learn/exercises/01.1.lock
    : > "build/learn/exercises/01.1.lock/$(owner $$)"
    run make check-01.1
    [ "$status" -eq 2 ]
    [[ $output == *"01.1 is being tested already, in another terminal"* ]]
    grep -q "^01.1 done " exercises/progress.txt
}

@test "a hint shows one layer more each time" {
    copy
    run make hint-01.2
    [ "$status" -eq 0 ]
    [[ $output == *"where to look"* && $output != *"the idea"* ]]
    run make hint-01.2
    [[ $output == *"where to look"*"the idea"* && $output != *"nearly the code"* ]]
    run make hint-01.2
    [[ $output == *"nearly the code"*"make solution-01.2"* ]]
}

@test "solution shows the difference to one's own file" {
    copy
    run make solution-01.3
    [ "$status" -eq 0 ]
    [[ $output == *"-    n = eddy_net_send"* ]]
    [[ $output == *"+    while (client->start < client->end)"* ]]
    solve 3-shout.c
    run make solution-01.3
    [[ $output == *"They are the same."* ]]
}

@test "reset brings the file back as it was given, and keeps what was there" {
    copy
    echo '/* mine */' >> exercises/01-select-echo/4-wait.c
    run make reset-01.4
    [ "$status" -eq 0 ]
    run grep mine exercises/01-select-echo/4-wait.c
    [ "$status" -eq 1 ]
    grep -q mine exercises/01-select-echo/4-wait.c.before-reset
}

@test "progress lists what is done, as plain text that is also kept" {
    copy
    solve 1-readable.txt
    make -s check-01.1
    make -s hint-01.3
    run make progress
    [ "$status" -eq 0 ]
    [[ $output == *"[x] 01.1"*"[ ] 01.2"* ]]
    [[ $output == *"01.3"*"hints: 1"* ]]
    grep -q "^01.1 done " exercises/progress.txt
}

@test "verbs run one after the other, in the order in which they are typed, also with -j" {
    copy
    run make -s -j4 learn help
    [[ ${lines[0]} == "eddy: an asyncio in C that you build yourself"* ]]
    [[ ${lines[-1]} =~ ^\ \ [A-Z_]+= ]] || { echo "$output"; return 1; } # the last that help says
}

@test "a demo without PORT listens on its program's own port, one with PORT on that" {
    for number in 01 06; do
        run make -n "BUILD=$BUILD" demo-$number
        [[ ${lines[-1]} =~ /tested/$number-[a-z-]+/echo\ *$ ]] || { echo "${lines[-1]}"; return 1; }
        run make -n "BUILD=$BUILD" demo-$number PORT=0
        [[ ${lines[-1]} =~ /tested/$number-[a-z-]+/echo\ 0$ ]] || { echo "${lines[-1]}"; return 1; }
    done
}

@test "watch tests the next exercise when its file is saved, and goes on to the next" {
    copy
    mkfifo "$tmp/said"
    sh tests/learn/learn.sh watch > "$tmp/said" 2>&1 3>&- &
    pid=$!
    started+=("$pid")
    exec {said}< "$tmp/said"
    wait_for() { while read -r -t 30 -u "$said" line; do [[ $line != *"$1"* ]] || return 0; done; return 1; }
    wait_for "watching exercises/01-select-echo/1-readable.txt"
    solve 1-readable.txt
    wait_for "01.1  what select() calls ready: done"
    wait_for "watching exercises/01-select-echo/3-shout.c"
    kill -TERM "$pid"
    wait "$pid"
}

@test "mine builds the library with the finished modules, proves it, and runs the tests on it" {
    copy_with_build
    # A module of a late chapter: the tests of all chapters from it on are run.
    run make mine
    [ "$status" -eq 0 ]
    [[ $output == *"No module of yours is finished yet"* ]]
    cp lib/11-transports/write_buffer.c exercises/11-transports/2-write_buffer.c
    echo 'static int left_over; /* of this the compiler warns, and that is no failed test */' >> exercises/11-transports/2-write_buffer.c
    make -s check-11.2
    run env -i PATH="${PATH#*/bats-core:}" NO_COLOR=1 make mine
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [[ $output == *"11.2  write_buffer     yours, from exercises/11-transports/2-write_buffer.c"* ]]
    [[ $output == *"Chapters from 11 on are built and tested; earlier ones hold no module of yours."* ]]
    [[ $output == *"The library's own build comes first; all of it takes about a minute, once. "* ]]
    [[ $output == *"Now with your modules; that takes about "* ]]
    [[ $output == *"  your compiler  exercises/11-transports/2-write_buffer.c:"*"left_over"* ]]
    [[ $output == *"build/mine/stage-11/libeddy.a: write_buffer is exercises/11-transports/2-write_buffer.c"* ]]
    [[ $output == *" tests and demos of the chapters 11, 12"*", about "*" s:"* ]]
    [[ ${lines[-2]} == *" passed, 0 failed"* ]]
    [ "${lines[-1]}" = "All tests and demos run on your modules: write_buffer" ]
}

@test "a failing exercise crashes nobody: a crash is told with its place, a hang with what waits" {
    copy
    cp lib/01-select-echo/net.c exercises/01-select-echo/2-net.c
    sed -i 's/    int flags = fcntl(fd, F_GETFL);/    int flags = *(volatile int *)NULL;/' exercises/01-select-echo/2-net.c
    run make check-01.2
    [ "$status" -eq 2 ]
    [[ $output == *"where     "*"2-net.c:"* || $output == *"SIGSEGV"* ]]
    cp lib/01-select-echo/net.c exercises/01-select-echo/2-net.c
    sed -i 's/    int flags = fcntl(fd, F_GETFL);/    volatile int flags = 0; while (flags == 0) { }/' exercises/01-select-echo/2-net.c
    run make check-01.2
    [ "$status" -eq 2 ]
    [[ $output == *"none: it hangs"* ]]
}
