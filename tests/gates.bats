# The gates themselves: each is shown a tree in which one thing is wrong, and must say so. (The
# transcripts' gate has a test of its own, tests/gates/transcripts-selftest.sh.)

load support/helpers

lesson=chapters/01-select-echo/README.md

copy() {
    mkdir "$tmp/tree"
    cp -r Makefile lib chapters tests exercises solutions "$tmp/tree/"
    rm -f "$tmp/tree/exercises/progress.txt"
    cd "$tmp/tree" || return 1
}

# The steps' commands, and the first program, would build everything; here only what is quoted and told counts.
lesson_gate() {
    mkdir -p build/learn/try/01
    printf 'exit %d\n' "${tried:-0}" | tee tests/learn/try.sh > build/learn/try/01/try && chmod +x build/learn/try/01/try
    BUILD=build
    sed -i 's/^> \*\*Compiles.\*\* Type `.*`/> **Compiles.** Type `true`/' $lesson
    run sh tests/gates/lesson.sh $lesson
}

@test "an untouched lesson passes its gate" {
    copy
    lesson_gate
    [[ $output != *"not ok"* ]] || { echo "$output"; return 1; }
}

@test "one changed character of a quoted line in lib/ is found" {
    copy
    sed -i 's/share one buffer/share the one buffer/' lib/01-select-echo/errors.c
    lesson_gate
    [[ $output == *"not ok"*"the code quoted from lib/01-select-echo/errors.c is in it"* ]]
    [[ $output == *"have drifted apart: mend the one that is wrong"* ]]
    [[ $output == *"may share one buffer between threads"* ]]
}

@test "a quote that says the wrong place is found" {
    copy
    sed -i 's/in `eddy_strerror`:/in `eddy_errname`:/' $lesson
    lesson_gate
    [[ $output == *"not ok"*"the code is where the lesson says"* ]]
}

@test "code that does not say where it goes is found" {
    copy
    sed -i '/^`lib.*in `eddy_strerror`:$/d' $lesson
    lesson_gate
    [[ $output == *"not ok"*"the code says where it goes"* ]]
}

@test "a quoted body that an exercise takes out is found" {
    copy
    {
        printf '\n`lib/01-select-echo/net.c`, in `eddy_net_recv`:\n\n```c\n'
        awk '/^ssize_t eddy_net_recv/,/^}/' lib/01-select-echo/net.c
        printf '```\n'
    } >> $lesson
    lesson_gate
    [[ $output == *"not ok"*"no solution of an exercise is quoted"* ]]
    [[ $output == *"eddy_net_recv()"* ]]
}

@test "a public function that no lesson names is found" {
    copy
    sed -i 's|^int eddy_net_port(int fd);|&\nint eddy_net_unheard_of(int fd);|' lib/01-select-echo/net.h
    lesson_gate
    [[ $output == *"not ok"*"it tells of eddy_net_unheard_of()"* ]]
}

@test "a box whose command fails, and one that names an exercise that is not there, are found" {
    copy
    printf '\n> **Your turn.** Write it, and type `make check-01.77`.\n' >> $lesson
    lesson_gate
    [[ $output == *"not ok"*"there is an exercise 01.77"* ]]
    printf '\n> **Compiles.** Type `false`.\n' >> $lesson
    run sh tests/gates/lesson.sh $lesson
    [[ $output == *"not ok"*": false"* ]]
}

# A page of 12 lines of 100 words, on nothing that the gate knows.
hundreds() {
    for line in {1..12}; do printf 'word %.0s' {1..100}; echo; done
}

@test "a page with too many words, without anything to do, or with a way to a solution is found" {
    hundreds > "$tmp/page.md"
    hands() { awk -v hidden="lib/01-select-echo/net.c" -f tests/gates/hands.awk "$tmp/page.md"; }
    run hands
    [[ $output == "ok 1"*"not ok 2"*"(1200 at most)"*"not ok 3"*"ok 4"* ]]
    # A box, a transcript or an answer that is folded away, every 600 words.
    for thing in '> **Your turn.** Write it.' '> **Try it.** Change it.' '```console' '<summary>Why?</summary>'; do
        { hundreds | head -n 5; echo "$thing"; [ "$thing" != '```console' ] || printf '$ true\n```\n'; hundreds | head -n 5; } > "$tmp/page.md"
        run hands
        [[ $output == "ok 1"*"ok 2"*"something to do every 600 words"* ]]
    done
    { hundreds; hundreds; hundreds; echo 'See `lib/01-select-echo/net.c`.'; } > "$tmp/page.md"
    run hands
    [[ $output == "not ok 1"*"(3602)"*"not ok 4"* ]]
}

@test "a first program that is missing, that is not the file's whole text, or that is too long is found" {
    copy
    sed -i 's/`, whole:$/`, at the top:/' $lesson
    lesson_gate
    [[ $output == *"not ok"*"its head quotes the reader's first program, and says make try-01"* ]]
    sed -i 's|try.c`, at the top:$|try.c`, whole:|' $lesson
    echo 'int more;' >> chapters/01-select-echo/try.c
    lesson_gate
    [[ $output == *"not ok"*"the code is where the lesson says"* ]]
    for line in 1 2 3; do echo 'int more;'; done >> chapters/01-select-echo/try.c
    lesson_gate
    [[ $output == *"not ok"*"the first program is short"*"26 lines of code; 10 to 25 are right"* ]]
    echo '/* EDDY_HANDLER: a server and its guest */' >> chapters/01-select-echo/try.c
    lesson_gate
    [[ $output == *"ok"*"the first program is short"* && $output != *"are right"* ]]
}

@test "a first program that fails is found" {
    copy
    tried=1 lesson_gate
    [[ $output == *"not ok"*"the first program runs, and ends by itself"* ]]
}

@test "a link that leads nowhere is found" {
    copy
    echo '[nowhere](../../exercises/01-select-echo/nowhere.md)' >> $lesson
    lesson_gate
    [[ $output == *"not ok"*"leads somewhere"* ]]
}

@test "one changed character of a drop-in's skeleton is found" {
    copy
    sed -i 's/already freed the number/already freed the numbers/' exercises/01-select-echo/2-net.c
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"*"its file is the one that is made from its solution"* ]]
    [[ $output == *"make skeletons"* ]]
}

@test "a library file that changes makes its drop-in's skeleton old, and make skeletons renews it" {
    copy
    sed -i 's/already freed the number/already freed the numbers/' lib/01-select-echo/net.c
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"* ]]
    make -s skeletons
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output != *"not ok"* ]]
}

@test "an exercise whose page has no such section, or a place for a function that it has not, or no such test, is found" {
    copy
    about=tests/01-select-echo/exercises/2-net/about
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output != *"not ok"* ]]
    echo 'write   eddy_net_port README.md Step 1: one way to fail' >> $about
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"*"eddy_net_port() is one of its functions"* ]]
    sed -i 's/^write .*/write   passed_over nowhere.md Step 1: one way to fail/' $about
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"*"the lesson has this place: nowhere.md Step 1: one way to fail"* ]]
    sed -i '/^write /d; s/^section .*/section Step 8: three decisions/' $about
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"*"the lesson has this place: net.md Step 8: three decisions"* ]]
    echo 'far     selector' >> $about
    run sh tests/gates/exercise.sh 01.2 given
    [[ $output == *"not ok"*"this is a test of the chapter: selector"* ]]
}

@test "a wrong answer that no longer fits the solution is found" {
    copy
    echo "--- replace" > "$tmp/change"
    printf 'no such line\n--- with\nanother\n--- end\n' >> "$tmp/change"
    run awk -f tests/learn/edit.awk "$tmp/change" lib/01-select-echo/net.c
    [ "$status" -ne 0 ]
    [[ $output == *"these lines are not in lib/01-select-echo/net.c any more"* ]]
}

@test "a right answer that an exercise's test refuses is found" {
    copy
    mkdir tests/01-select-echo/exercises/1-readable/right
    printf '%s\n' '--- replace' "$(sed -n '/^a\. /p' solutions/01-select-echo/1-readable.txt)" '--- with' \
        "$(sed -n 's/^\(a\. .*: \).*/\17/p' solutions/01-select-echo/1-readable.txt)" '--- end' \
        > tests/01-select-echo/exercises/1-readable/right/seven.edit
    run sh tests/gates/exercise.sh 01.1 sample
    [[ $output == *"not ok"*"the right answer seven passes"*"a right answer need not look like the solution"* ]]
}

@test "the small changes of mutants are made one at a time, within the functions that are named" {
    printf '%s\n' 'int f(void)' '{' '    while (i < n && !done)' '        step(i + 1);' '    return 0;' '}' \
        'int g(void)' '{' '    return 1 < 2;' '}' > "$tmp/file.c"
    ranges=$(awk -v names=f -v ranges=1 -f tests/learn/blank.awk "$tmp/file.c")
    run awk -v ranges="$ranges" -f tests/gates/mutants.awk "$tmp/file.c"
    [ "${lines[0]}" = "3"$'\t'"    while (i <= n && !done)" ]
    [ "${lines[1]}" = "3"$'\t'"    while (i < n || !done)" ]
    [ "${lines[2]}" = "3"$'\t'"    while (!(i < n && !done))" ]
    [ "${lines[3]}" = "4"$'\t'"        step(i - 1);" ]
    [ "${lines[4]}" = "4"$'\t'"        step(i);" ]
    [ "${lines[5]}" = "4"$'\t'";" ]
    [ "${lines[6]}" = "5"$'\t'"    return 1;" ]
    [ "${#lines[@]}" -eq 7 ]
}
