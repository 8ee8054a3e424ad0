#!/bin/sh
# check.sh NN.M [FILE] - tests an exercise's file (the learner's, or FILE in its place) and says what
# came of it. Status: 0 it passes, 1 its test fails, 2 it does not compile, 3 the tool itself failed.
. tests/learn/common.sh
need_exercise "$1"
number=$1
tested=${2:-$mine}
build=${BUILD:-build}/learn
# A gate tests many answers to one exercise: what does not depend on the answer lies in the folder
# EDDY_PARTS, and is made once. What does, lies there too, apart from what a learner tests meanwhile.
out=${EDDY_PARTS:+$EDDY_PARTS/answer}
out=${out:-$build/exercises/$number}
parts=${EDDY_PARTS:-$out}
name=${file%.*}

# The last lines of every message: what to open, and what to type.
footer() {
    printf '  file      %s\n  again     make check-%s      (a hint: make hint-%s)\n' "$mine" "$number" "$number"
}

heading() {
    printf '%s%s  %s%s  (%s): %s\n\n' "$bold" "$number" "$title" "$plain" "$kind" "$1"
}

# What the compiler warns of, in a file that passes, too.
warnings() {
    grep 'warning: ' "$out/compiler" 2> /dev/null | awk 'n++ < 3 { printf "  %-9s %s\n", (n == 1 ? "compiler" : ""), $0 }
        END { if (n > 3) printf "  %-9s (and %d more)\n", "", n - 3 }'
}

broken() {
    echo "The tool itself failed, which is not your fault: $1"
    exit 3
}

# From the first error on; a compiler may print many warnings before it.
first_errors() {
    awk '/error: |undefined reference|undefined symbol/ { found = 1 } found && n++ < 20 { print } { all = all $0 "\n" }
        END { if (!found) printf "%s", all }' "$1"
}

does_not_compile() {
    heading "${red}it does not compile yet$plain"
    first_errors "$out/compiler" | sed 's/^/  /'
    meaning=$(awk -f tests/learn/compiler.awk "$out/compiler" "$tested")
    printf '\n  cause     %s\n' "${meaning:-begin with the first error; the later ones often follow from it}"
    footer
    exit 2
}

[ -f "$tested" ] && [ -r "$tested" ] || {
    heading "${red}its file is missing$plain"
    printf '  cause     %s is not there, or cannot be read; make reset-%s brings it back\n' "$tested" "$number"
    exit 2
}

# Two checks of one exercise at once would build into the same folder. So each puts a file into the
# lock, and only then looks for others': whoever comes second finds the first. The file bears the
# process's number and when that began, since a number alone is given to a stranger one day. One whose
# process is gone does not count.
began() { # a process's number: when it began; nothing if it is gone
    if [ -r /proc/self/stat ]; then
        sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | cut -d ' ' -f 20 # the 22nd of all
    else
        ps -o lstart= -p "$1" 2> /dev/null | tr -cs '[:alnum:]\n' _
    fi
}

lock=$out.lock
mkdir -p "$lock"
mine_is=$lock/$$-$(began $$)
: > "$mine_is"
trap 'rm -f "$mine_is"' EXIT
trap 'exit 130' INT TERM HUP
for other in "$lock"/*; do
    pid=${other##*/} pid=${pid%%-*}
    if [ "$other" = "$mine_is" ]; then
        continue
    elif [ "$lock/$pid-$(began "$pid")" = "$other" ]; then
        echo "$number is being tested already, in another terminal. When that is over:  make check-$number"
        exit 3
    fi
    rm -f "$other"
done

rm -rf "$out" && mkdir -p "$out"
: > "$out/tap"
chapter=${number%%.*}

# Builds learn-library, learn-support or learn-parts of the chapter. The first time takes a while, so it
# is told, on stderr, where it is read at once.
need() {
    [ ! -f "$parts/$1" ] || return 0
    [ -f "$build/$1-$chapter.made" ] || echo "(building $2, once; some seconds)" >&2
    $MAKE -s --no-print-directory BUILD="$build" SANITIZE="$sanitizers" OPT="-O1 -g" "$1-$chapter" > "$out/make" 2>&1 ||
        broken "the library does not build. make says: $(tail -n 5 "$out/make")"
    : > "$parts/$1"
}

sanitizers=$(sh tests/learn/sanitizers.sh "$build")
need learn-library "the library of chapter $chapter"
. "$build/learn-$chapter.sh" # sets CC FLAGS QUOTE LIBRARY SUPPORT WRAPS LIBS TESTS

# shellcheck disable=SC2086
compile() { $CC $FLAGS $QUOTE -iquote "exercises/$room" -iquote "$dir" "$@"; }

# shellcheck disable=SC2086
link() { $CC $FLAGS $WRAPS "$@" $LIBS 2> "$out/linker" || does_not_link; }

does_not_link() {
    cp "$out/linker" "$out/compiler"
    does_not_compile
}

learners_object() {
    compile -Wno-unused-parameter -Wno-unused-function "$@" -c "$tested" -o "$out/$name.o" 2> "$out/compiler" ||
        does_not_compile
}

# The exercise's own test. It is kept from one check to the next, as long as nothing that it is made of
# has changed.
check_object() {
    [ ! -f "$parts/check.o" ] || return 0
    made_of=$(cat "$dir/check.c" "$dir"/*.h "exercises/$room"/*.h "tests/$room"/*.h tests/support/*.h \
        tests/faults/*.h lib/*/*.h "$build/learn-$chapter.sh" 2> /dev/null | cksum)
    if [ "$made_of" = "$(cat "$out.made-of" 2> /dev/null)" ] && cp "$out.check.o" "$parts/check.o" 2> /dev/null; then
        return
    fi
    compile -Werror "$@" -c "$dir/check.c" -o "$parts/check.o" 2> "$out/make" || broken "$(cat "$out/make")"
    rm -f "$out.made-of"
    [ -n "${EDDY_PARTS:-}" ] || { cp "$parts/check.o" "$out.check.o" && echo "$made_of" > "$out.made-of"; }
}

# A program of the learner's, which the test starts.
test_program() {
    need learn-support "what the tests stand on"
    learners_object
    link -o "$out/$name" "$out/$name.o" "$build/tests/support/tested.o" "$SUPPORT" "$LIBRARY"
    check_object -DPROGRAM="\"$out/$name\""
    link -o "$out/check" "$parts/check.o" "$SUPPORT" "$LIBRARY"
    run_test "$out/check"
}

# The linker leads the calls that `wrap` names through the exercise's own test, which can so see who calls
# what, and when.
wraps() { about wrap | tr -s ' ' '\n' | sed 's/^./-Wl,--wrap=&/'; }

# Functions of the learner's, which the test calls.
test_functions() {
    need learn-support "what the tests stand on"
    learners_object
    check_object
    # shellcheck disable=SC2046
    link $(wraps) -o "$out/check" "$parts/check.o" "$out/$name.o" "$SUPPORT" "$LIBRARY"
    run_test "$out/check"
}

# Some of the programs that tell the truth need the tests' tools. The others do without, and a learner
# has the first verdict sooner.
link_truth() {
    for header in $(sed -n 's/^#include "\(.*\)"/\1/p' "$dir/program.c"); do
        [ -z "$(ls lib/*/"$header" 2> /dev/null)" ] || continue
        need learn-support "what the tests stand on"
        link -o "$parts/program" "$parts/program.o" "$SUPPORT" "$LIBRARY"
        return
    done
    WRAPS=
    link -o "$parts/program" "$parts/program.o" "$LIBRARY"
}

# A prediction is compared with what really happens, line by line.
check_prediction() {
    if [ ! -f "$parts/truth" ]; then
        compile -Werror -c "$dir/program.c" -o "$parts/program.o" 2> "$out/make" || broken "$(cat "$out/make")"
        link_truth
        "$build/tests/fresh" "$parts/program" > "$parts/truth.new" || broken "$dir/program.c ended with an error"
        mv "$parts/truth.new" "$parts/truth"
    fi
    awk -v program="$parts/program" -v number="$number" -f tests/learn/predict.awk "$dir/why" "$parts/truth" "$tested" > "$out/tap"
}

# While a test says nothing for a second, the learner is told that it is waited for. (Not a gate.)
watch_silence() {
    [ -z "${EDDY_PARTS:-}" ] || return 0
    seen=0
    while sleep 1 > /dev/null 2>&1 3>&-; do
        now=$(($(wc -c < "$out/one")))
        [ "$now" -ne "$seen" ] || break
        seen=$now
    done
    echo "(no answer for a second; I wait up to $EDDY_PATIENCE)" >&2
}

# The functions that the learner's file has still to write, as it says of itself.
todo() {
    sed -n "s/.*TODO $number: write \([a-z0-9_]*\)().*/\1()/p" "$tested" | tr '\n' ' ' | sed 's/ $//; s/ /, /g'
}

# Status: whether all its cases pass.
run_test() {
    EDDY_PATIENCE=${patience:-5} EDDY_CAUSES=tests/$room/causes ASAN_OPTIONS=handle_abort=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
    EDDY_TODO=$(todo)
    export EDDY_PATIENCE EDDY_CAUSES EDDY_TODO ASAN_OPTIONS UBSAN_OPTIONS
    : > "$out/one"
    watch_silence > /dev/null &
    watcher=$!
    EDDY_FIRST=1 "$1" > "$out/one" 2> "$out/stderr"
    passes=$?
    { kill $watcher && wait $watcher; } 2> /dev/null
    cat "$out/one" >> "$out/tap"
    grep -q '^1\.\.' "$out/one" || broken "the test did not run: $(tail -n 3 "$out/stderr")"
    return $passes
}

left='' open='' sentence=''
[ "$kind" != drop-in ] || . tests/learn/functions.sh
case $kind in
predict) check_prediction ;;
drop-in) build_dropin && test_dropin ;;
bug) test_program ;;
build) test_functions ;;
esac

# What no test has come to yet is neither passed nor failed. Nothing is tried after the first failure
# (EDDY_FIRST), so whoever mends something never finds fewer that pass than before.
[ "$kind" != drop-in ] || verdicts
passed=$(grep -c '^ok' "$out/tap")
untried=$(grep -c '^# came      not tried' "$out/tap")
failed=$(($(grep -c '^not ok' "$out/tap") - untried))
counts="$passed pass, $failed fail"
[ "$failed" -ne 1 ] || counts="${counts}s"
planned=$(awk -F'\\.\\.' '/^1\.\.[0-9]+$/ { n += $2 } END { print n + 0 }' "$out/tap")
if [ "$failed" -eq 0 ] && [ -n "$open" ]; then
    heading "${red}not done yet$plain ($(functions_done))"
    tell_functions
    warnings
    tell_next
    footer
    exit 1
elif [ "$failed" -eq 0 ]; then
    [ "$passed" -gt 0 ] && [ "$passed" -eq "$planned" ] ||
        broken "$passed of $planned tests have said something: $(tail -n 3 "$out/stderr" 2> /dev/null)"
    printf '%s%s  %s: done%s (%d tests pass)\n' "$green" "$number" "$title" "$plain" "$passed"
    warnings
    exit 0
fi
for test in $left; do
    untried=$((untried + $(grep -c '^ *CASE(' "$test.c")))
done
[ $untried -eq 0 ] || counts="$counts, $untried not tried"
if [ "$kind" = drop-in ]; then
    [ -z "$open" ] && counts="$(functions_done); $counts" || counts=$(functions_done)
    heading "${red}not done yet$plain ($counts)"
    tell_functions
else
    heading "${red}not done yet$plain ($counts)"
fi
awk -v hunt="${EDDY_HUNT:+$number}" -f tests/learn/speak.awk "$out/tap"
warnings
[ "$kind" != drop-in ] || tell_next
footer
exit 1
