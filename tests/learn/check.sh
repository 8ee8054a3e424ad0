#!/bin/sh
# check.sh NN.M [FILE] - tests an exercise's file (the learner's, or FILE in its place) and says what
# came of it. Status: 0 it passes, 1 its test fails, 2 it does not compile, 3 the tool itself failed.
. tests/learn/common.sh
need_exercise "$1"
number=$1
tested=${2:-$mine}
build=${BUILD:-build}/learn
out=$build/exercises/$number
name=${file%.*}

# The last lines of every message: what to open, and what to type.
footer() {
    printf '  file      %s\n  again     make check-%s      (a hint: make hint-%s)\n' "$mine" "$number" "$number"
}

heading() {
    printf '%s%s  %s%s  (%s): %s\n\n' "$bold" "$number" "$title" "$plain" "$kind" "$1"
}

broken() {
    echo "The tool itself failed, which is not your fault: $1"
    exit 3
}

# From the first error on; a compiler may print many warnings before it.
first_errors() {
    awk '/error: |undefined reference/ { found = 1 } found && n++ < 20 { print } { all = all $0 "\n" }
        END { if (!found) printf "%s", all }' "$1"
}

does_not_compile() {
    heading "${red}it does not compile yet$plain"
    first_errors "$out/compiler" | sed 's/^/  /'
    printf '\n  cause     begin with the first error; the later ones often follow from it\n'
    footer
    exit 2
}

[ -f "$tested" ] && [ -r "$tested" ] || {
    heading "${red}its file is missing$plain"
    printf '  cause     %s is not there, or cannot be read; make reset-%s brings it back\n' "$tested" "$number"
    exit 2
}

# Two checks of one exercise at once would build into the same folder. A lock whose owner is gone does
# not count.
mkdir -p "$build/exercises"
lock=$out.lock
if ! mkdir "$lock" 2> /dev/null; then
    if kill -0 "$(cat "$lock/pid" 2> /dev/null || echo 0)" 2> /dev/null; then
        echo "$number is being tested already, in another terminal. When that is over:  make check-$number"
        exit 3
    fi
    mkdir -p "$lock"
fi
echo $$ > "$lock/pid"
trap 'rm -rf "$lock"' EXIT
trap 'exit 130' INT TERM HUP

rm -rf "$out" && mkdir -p "$out"
sanitizers=$(sh tests/learn/sanitizers.sh "$build")
$MAKE -s --no-print-directory BUILD="$build" SANITIZE="$sanitizers" OPT="-O1 -g" "learn-parts-${number%%.*}" > "$out/make" 2>&1 ||
    broken "the library does not build. make says: $(tail -n 5 "$out/make")"
. "$build/learn-${number%%.*}.sh" # sets CC FLAGS QUOTE LIBRARY SUPPORT WRAPS LIBS TESTS

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

check_object() {
    compile -Werror "$@" -c "$dir/check.c" -o "$out/check.o" 2> "$out/make" || broken "$(cat "$out/make")"
}

# Your object takes the library's place, and the linker is told to demand it.
link_dropin() { # its name, its object
    link -Wl,--undefined="eddy_mine_$module" -Wl,--require-defined="eddy_mine_$module" \
        -o "$out/$1" "$2" "$SUPPORT" "$out/libeddy.a"
    programs="$programs $out/$1"
}

build_dropin() {
    printf 'extern const char eddy_mine_%s[];\nconst char eddy_mine_%s[] = "%s";\n' \
        "$module" "$module" "$tested" > "$out/mine.h"
    learners_object -include "$out/mine.h"
    mv "$out/$name.o" "$out/$module.o"
    cp "$LIBRARY" "$out/libeddy.a"
    ar r "$out/libeddy.a" "$out/$module.o" 2> "$out/make" || broken "$(cat "$out/make")"
}

# An exercise's own test speaks first, where there is one: it begins with what is simple. Then the
# chapter's tests run.
test_dropin() {
    if [ -f "$dir/check.c" ]; then
        check_object
        link_dropin check "$out/check.o"
        run_tests
        ! grep -q '^not ok' "$out/tap" || return
    fi
    programs=
    for test in $TESTS; do
        link_dropin "${test##*/}" "$build/$test.o"
    done
    run_tests
}

build_program() {
    learners_object
    link -o "$out/$name" "$out/$name.o" "$build/tests/support/tested.o" "$SUPPORT" "$LIBRARY"
    check_object -DPROGRAM="\"$out/$name\""
    link -o "$out/check" "$out/check.o" "$SUPPORT" "$LIBRARY"
    programs=$out/check
}

build_functions() {
    learners_object
    check_object
    link -o "$out/check" "$out/check.o" "$out/$name.o" "$SUPPORT" "$LIBRARY"
    programs=$out/check
}

# A prediction is compared with what really happens, line by line.
check_prediction() {
    compile -Werror -c "$dir/program.c" -o "$out/program.o" 2> "$out/make" || broken "$(cat "$out/make")"
    link -o "$out/program" "$out/program.o" "$SUPPORT" "$LIBRARY"
    "$out/program" > "$out/truth" || broken "$dir/program.c ended with an error"
    awk -v program="$out/program" -v number="$number" -f tests/learn/predict.awk "$dir/why" "$out/truth" "$tested" > "$out/tap"
}

run_tests() {
    EDDY_PATIENCE=${EDDY_PATIENCE:-3} EDDY_CAUSES=tests/$room/causes ASAN_OPTIONS=handle_abort=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
    export EDDY_PATIENCE EDDY_CAUSES ASAN_OPTIONS UBSAN_OPTIONS
    for program in $programs; do
        "$program" || break # the first failure is told, and nobody waits for more
    done >> "$out/tap" 2> "$out/stderr"
    grep -q '^1\.\.' "$out/tap" || broken "the test did not run: $(tail -n 3 "$out/stderr")"
}

programs=
case $kind in
predict) check_prediction ;;
drop-in) build_dropin && test_dropin ;;
bug) build_program && run_tests ;;
build) build_functions && run_tests ;;
esac

passed=$(grep -c '^ok' "$out/tap")
failed=$(grep -c '^not ok' "$out/tap")
planned=$(awk -F'\\.\\.' '/^1\.\.[0-9]+$/ { n += $2 } END { print n + 0 }' "$out/tap")
if [ "$failed" -eq 0 ]; then
    [ "$passed" -gt 0 ] && [ "$passed" -eq "$planned" ] ||
        broken "$passed of $planned tests have said something: $(tail -n 3 "$out/stderr" 2> /dev/null)"
    printf '%s%s  %s: done%s (%d of %d tests pass)\n' "$green" "$number" "$title" "$plain" "$passed" "$passed"
    exit 0
fi
heading "${red}not done yet$plain ($passed of $((passed + failed)) tests pass)"
awk -f tests/learn/speak.awk "$out/tap"
warning=$(grep -m 1 'warning: ' "$out/compiler" 2> /dev/null)
[ -z "$warning" ] || printf '  compiler  %s\n' "$warning"
footer
exit 1
