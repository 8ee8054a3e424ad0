# functions.sh - a drop-in, function by function. A part of check.sh.
#
# A function whose body is still the stub's is not written, and the library's body stands in for it. So
# what is written is tested in a whole module, with all tests, and if one fails it is because of something
# that is written. Because of which function, is tried out and not guessed: the case runs again with the
# library's body for one function more. The function that this mends is the one that fails. So no test
# needs to say which functions it is about.

bodies() { awk -v names="$blank" "$@"; }
reader='-f tests/learn/code.awk -f tests/learn/bodies.awk'

# Lines "function state text" in $out/functions. States: open (not written), gone (not in the file), same
# (as the library's), written. `open` and `written` list the functions.
read_functions() {
    sh tests/learn/given.sh "$number" > "$out/given.c"
    # shellcheck disable=SC2086
    for which in "library $source" "given $out/given.c" "mine $tested"; do
        bodies $reader "${which#* }" > "$out/${which%% *}.bodies"
    done
    awk -v names="$blank" '
        { text[FILENAME, $1] = $6 }
        END {
            n = split(names, list, " ")
            for (i = 1; i <= n; i++) {
                mine = text[ARGV[3], list[i]]
                state = mine == "" ? "gone" : mine == text[ARGV[2], list[i]] ? "open" : "written"
                print list[i], mine != "" && mine == text[ARGV[1], list[i]] ? "same" : state, mine
            }
        }' "$out/library.bodies" "$out/given.bodies" "$out/mine.bodies" > "$out/functions"
    open=$(in_state open)
    written=$(in_state '!open')
}

in_state() { # a state, or "!" and the state that is left out
    awk -v state="$1" '(state ~ /^!/) != ($2 == substr(state, state ~ /^!/ ? 2 : 1)) { print $1 }' "$out/functions" | tr '\n' ' '
}

# Prints a file with the library's bodies for some functions.
lend() { # functions, file
    printf '%s\n' $1 | awk 'NR == FNR { lent[$1]; next } $1 in lent' - "$out/library.bodies" > "$out/lent"
    # shellcheck disable=SC2086
    bodies -v ranges="$out/lent" -v as="$2" -v from="$source" $reader "$2"
}

# The learner's module, with what is lent, takes the place of the library's.
build_module() { # functions that are lent
    lend "$1" "$tested" > "$out/$module.c"
    compile -Wno-unused-parameter -Wno-unused-function -include "$out/mine.h" \
        -c "$out/$module.c" -o "$out/$module.o" 2> "$out/compiler" || return
    cp "$LIBRARY" "$out/libeddy.a"
    ar r "$out/libeddy.a" "$out/$module.o" 2> "$out/make" || broken "$(cat "$out/make")"
}

build_dropin() {
    printf 'extern const char eddy_mine_%s[];\nconst char eddy_mine_%s[] = "%s";\n' \
        "$module" "$module" "$tested" > "$out/mine.h"
    read_functions
    touch "$out.good"
    [ -n "$written" ] || { learners_object -Wno-unused-const-variable -include "$out/mine.h" && return; } # the stubs must compile, too
    build_module "$open"
    built=$?
    fits || lent_does_not_fit
    [ $built -eq 0 ] || does_not_compile
}

# The file's own errors are told as in every exercise; but the first may be in a body of the library's.
fits() {
    awk -v lent="$source:" '
        /error: |implicit declaration|undeclared function/ { misfit = index($0, lent) == 1; exit }
        END { exit misfit }' "$out/compiler"
}

lent_does_not_fit() {
    heading "${red}it does not compile yet$plain"
    awk '/error: |implicit declaration|undeclared function/ { found = 1 } found && n++ < 8 { print "  " $0 }' "$out/compiler"
    printf '\n  cause     for what you have not written yet, the library'\''s own body stands in; it does not fit\n'
    printf '            your file: has something in it been renamed, changed or taken out?\n'
    footer
    exit 2
}

# The linker is told to demand the learner's object.
link_dropin() { # a test's name, its object
    [ "$1" = check ] && wraps=$(wraps) || wraps=
    # shellcheck disable=SC2086
    link $wraps -Wl,--undefined="eddy_mine_$module" -Wl,--require-defined="eddy_mine_$module" \
        -o "$out/$1" "$2" "$SUPPORT" "$out/libeddy.a"
}

# ---- The tests -----------------------------------------------------------------------------------

# An exercise's own test speaks first, where there is one: it begins with what is simple. Where there is
# none, the module's own among the chapter's do (`tests` in about; `cases` is in the sentences of those
# cases that are about it). Whoever has written all functions has the rest of the chapter's tests, too.
# The first failure is told, and nobody waits for more; the test programs that are not tried then are
# `left`.
test_dropin() {
    [ -n "$written" ] || return 0
    need learn-support "what the tests stand on"
    chosen=${open:+$(about cases)}
    left=$TESTS
    if [ -f "$dir/check.c" ]; then
        check_object
        test_module check "$parts/check.o" || return
    fi
    for test in $(chapter_tests); do
        need learn-parts "the tests of chapter $chapter"
        left=$(echo " $left " | sed "s| $test | |")
        test_module "${test##*/}" "$build/$test.o" || return
    done
}

# The lines of $TESTS for these names.
tests_named() { about "$1" | tr ' ' '\n' | sed "s|^|tests/$room/|"; }

# Those that are to run, the module's own first.
chapter_tests() {
    own=$(tests_named tests)
    [ -n "$open" ] && [ -f "$dir/check.c" ] || echo "$own"
    [ -n "$open" ] || printf '%s\n' $TESTS | grep -vxF -e "$own" -e "$(tests_named far)"
}

test_module() { # a test's name, its object
    link_dropin "$1" "$2"
    run_cases "$1" "$chosen" && return
    blame "$1" "$2"
    return 1
}

run_cases() { # a test's name, a text that the cases' sentences contain
    [ -z "$2" ] || export EDDY_CASES="$2"
    run_test "$out/$1"
    set -- $?
    unset EDDY_CASES
    return "$1"
}

# ---- Which function fails --------------------------------------------------------------------------

# The case that failed in the last run.
failed_case() { sed -n 's/^not ok [0-9]* - [^:]*: //p' "$out/one" | head -n 1; }

# A file without these functions, nor the comment at its top, nor empty lines.
without_functions() {
    lend "$blank" "$1" | awk '/^#line/ { next } !n++ && /^\/\*/ { inside = 1 } inside { inside = !/\*\//; next } NF'
}

# Whether the learner's file differs from the given one in these functions only.
only_functions_differ() {
    without_functions "$tested" > "$out/mine.rest"
    without_functions "$out/given.c" | cmp -s - "$out/mine.rest"
}

# What has passed before as it stands now is suspected last.
suspects() {
    awk 'FILENAME == ARGV[1] { good[$1, $2]; next } $2 == "written" { print ((($1, $3) in good) ? 2 : 1), FNR, $1 }' \
        "$out.good" "$out/functions" | sort -k 1,1n -k 2,2n | sed 's/.* //'
}

# Finds the function that fails, and with it whether others do, too. `guilty` is empty if none alone does.
blame() { # a test's name, its object
    sentence=$(failed_case) guilty='' others=''
    cp "$out/tap" "$out/told"
    cp "$out/compiler" "$out/compiler.told"
    patience=1 suspects=$(suspects)
    if [ "$(echo "$suspects" | wc -w)" -eq 1 ] && only_functions_differ; then
        guilty=$suspects
    else
        for each in $suspects; do
            mends "$each" "$@" && guilty=$each && break
        done
        [ -z "$guilty" ] || run_cases "$1" "$chosen" || others=yes
    fi
    mv "$out/told" "$out/tap"
    mv "$out/compiler.told" "$out/compiler"
}

# Whether the case passes with the library's body for one function more.
mends() { # function, a test's name, its object
    build_module "$open $1" && fits || return
    (link_dropin "$2" "$3") > /dev/null || return
    run_cases "$2" "$sentence"
}

# ---- What is told of it ----------------------------------------------------------------------------

# "function <tab> what is to be said of it" for each, and what is good is kept for the next time.
verdicts() {
    : > "$out/good"
    awk -v guilty="${guilty:-}" -v others="${others:-}" -v sentence="${sentence:-}" -v kept="$out/good" '
        FILENAME == ARGV[1] { good[$1, $2]; next }
        function verdict(name, state, text) {
            if (state == "open")
                return "not written yet"
            if (state == "gone")
                return "not in your file"
            if (name == guilty)
                return "fails: " sentence
            if (sentence == "" || (guilty != "" && others == "") || state == "same" || (name, text) in good) {
                print name, text > kept
                return "done"
            }
            return guilty != "" ? "written, and another test fails: mend " guilty "() first" : "in doubt: a test fails, and not for one function alone"
        }
        { print $1 "\t" verdict($1, $2, $3) }' "$out.good" "$out/functions" > "$out/verdicts"
    mv "$out/good" "$out.good"
}

# The counts of a heading, for one who has not written all.
functions_done() {
    awk -F '\t' '{ n++ } $2 == "done" { d++ } END { printf "%d of %d functions done", d, n }' "$out/verdicts"
}

tell_functions() {
    awk -F '\t' -v green="$green" -v red="$red" -v plain="$plain" '
        { name[NR] = $1; said[NR] = $2; if (length($1) > wide) wide = length($1) }
        END {
            for (i = 1; i <= NR; i++) {
                colour = said[i] == "done" ? green : said[i] ~ /^(not written|written)/ ? "" : red
                printf "  %-" wide + 2 "s%s%s%s\n", name[i], colour, said[i], colour == "" ? "" : plain
            }
            print ""
        }' "$out/verdicts"
}

# What to do next: mend what fails, or write the first that is not written.
tell_next() {
    task=mend each=${guilty:-}
    [ -n "${sentence:-}" ] || { task=write && each=${open%% *}; }
    [ -z "$each" ] || printf '  next      %s %s(); the lesson: %s\n' "$task" "$each" "$(lesson "$each")"
}
