#!/bin/sh
# exercise.sh NN.M - the gate that an exercise passes: its file is made from its solution, compiles
# as given and fails in its test; the solution passes, and so does each other right answer; each wrong
# answer is told what is wrong with it; hints and task are there. TAP. The second word leaves something out:
#     given     only the first of these, and whether the lesson has the places that its about names
#     sample    all of these, but of the answers, right and wrong, only the first and the last by name
#               (make test)
#     rest      the other answers (make test-all)
. tests/support/environment.sh
. tests/learn/common.sh
need_exercise "$1"
number=$1 part=${2:-} count=0
work=$(mktemp -d)
mkdir "$work/parts"
export EDDY_PARTS="$work/parts" # what all answers share: see check.sh
trap 'rm -rf "$work"' EXIT

ok() { count=$((count + 1)) && echo "ok $count - exercise $number: $1"; }
not_ok() { # name, what to do, file with the details
    count=$((count + 1)) failed=yes
    printf 'not ok %d - exercise %s: %s\n# %s\n' "$count" "$number" "$1" "$2"
    [ -z "${3:-}" ] || sed -n '1,25s/^/# /p' "$3"
}

check_given() {
    sh tests/learn/given.sh "$number" > "$work/$file" 2> "$work/error" || {
        not_ok "its file can be made from its solution" "see tests/learn/given.sh" "$work/error"
        return
    }
    if cmp -s "$work/$file" "$mine"; then
        ok "its file is the one that is made from its solution"
    elif [ -n "$(recall "$number" done)$(recall "$number" begun)" ]; then
        ok "its file is the one that is made from its solution # SKIP a learner works on it here"
    else
        diff "$mine" "$work/$file" > "$work/diff"
        not_ok "its file is the one that is made from its solution" \
            "$mine differs from what $source gives. Learner: that is your work, go on. Maintainer: change $source, then: make skeletons" "$work/diff"
    fi
}

# Runs the check on a file and expects a status, and a text in what is said.
expect() { # name, file, status, text, advice
    sh tests/learn/check.sh "$number" "$2" > "$work/said" 2>&1
    status=$?
    if [ $status -ne "$3" ]; then
        not_ok "$1" "$5 (check.sh ended with status $status, not $3)" "$work/said"
    elif ! tr -s ' \n' '  ' < "$work/said" | grep -qF -- "$4"; then
        not_ok "$1" "its message should contain: $4" "$work/said"
    else
        ok "$1"
    fi
}

# Whether this part of the gate tries the answer number $1 of $2.
is_tried() {
    case $part in
    sample) [ "$1" -eq 1 ] || [ "$1" -eq "$2" ] ;;
    rest) [ "$1" -gt 1 ] && [ "$1" -lt "$2" ] ;;
    esac
}

# Writes the solution, changed as the file $1 says, to the place where it is tested.
changed_solution() {
    name=$(basename "$1" .edit)
    awk -f tests/learn/edit.awk "$1" "$source" > "$work/$file" 2> "$work/error" || {
        not_ok "the answer $name" "the change no longer fits the solution; mend $1" "$work/error"
        return 1
    }
}

check_right_answers() {
    rights=0 all=$(ls "$dir"/right/*.edit 2> /dev/null | wc -l)
    for change in "$dir"/right/*.edit; do
        [ -f "$change" ] || continue
        rights=$((rights + 1))
        is_tried $rights "$all" || continue
        changed_solution "$change" || continue
        expect "the right answer $name passes" "$work/$file" 0 "done" \
            "a right answer need not look like the solution; mend the test"
    done
}

check_wrong_answers() {
    wrongs=0 all=$(ls "$dir"/wrong/*.edit 2> /dev/null | wc -l)
    for change in "$dir"/wrong/*.edit; do
        [ -f "$change" ] || continue
        wrongs=$((wrongs + 1))
        is_tried $wrongs "$all" || continue
        changed_solution "$change" || continue
        text=$(awk '/^--- /{ inside = $2 == "expect"; next } inside' "$change")
        expect "the wrong answer $name is told what is wrong with it" "$work/$file" 1 "$text" \
            "a wrong answer must fail in its test; mend $change or the test"
    done
    [ "$part" != rest ] || return 0
    if [ $wrongs -ge 3 ]; then ok "three wrong answers or more are tried"; else
        not_ok "three wrong answers or more are tried" "$dir/wrong has $wrongs"
    fi
}

# Prints the given file with the library's body for one function, and the rest not written.
with_one() {
    awk -v names="$1" -f tests/learn/code.awk -f tests/learn/bodies.awk "$source" > "$work/body"
    awk -v names="$1" -v ranges="$work/body" -v as="$file" -v from="$source" \
        -f tests/learn/code.awk -f tests/learn/bodies.awk "$work/given" | sed '/^#line/d'
}

# A drop-in is written function by function. With one of them alone the check says that it is done; with
# one alone that does nothing, that it fails.
check_functions() {
    [ "$kind" = drop-in ] || return 0
    all=$(echo "$blank" | wc -w) nth=0
    for function in $blank; do
        nth=$((nth + 2))
        if is_tried $((nth - 1)) $((2 * all)); then
            with_one "$function" > "$work/stub/$file"
            expect "with $function() alone, it is done" "$work/stub/$file" 1 "(1 of $all functions done)" \
                "for what is not written the library's body stands in: see tests/learn/functions.sh"
        fi
        if is_tried $nth $((2 * all)); then
            sed "/TODO .* write $function()/s/\$/ ;/" "$work/given" > "$work/stub/$file"
            expect "a $function() that does nothing fails" "$work/stub/$file" 1 "$function fails: " \
                "a test must find this function; the exercise's own, or those that its about names"
        fi
    done
}

check_place() { # page and section of the lesson
    if sed -n 's/^##* //p' "chapters/$room/${1%% *}" 2> /dev/null | grep -qxF "${1#* }"; then ok "the lesson has this place: $1"; else
        not_ok "the lesson has this place: $1" "mend page, section and write in $dir/about, or the lesson's heading"
    fi
}

# Where the lesson tells of it, and of each of its functions.
check_places() {
    check_place "$(about page) $(about section)"
    about write > "$work/places"
    while read -r function place; do
        case " $blank " in *" $function "*) check_place "$place" ;; *)
            not_ok "$function() is one of its functions" "$dir/about tells where to write it, and blank has no such name" ;;
        esac
    done < "$work/places"
}

# The tests that its about names, among the chapter's.
check_tests() {
    for test in $(about tests) $(about far); do
        [ -f "tests/$room/$test.c" ] ||
            not_ok "this is a test of the chapter: $test" "$dir/about names it, and there is no tests/$room/$test.c"
    done
}

check_words() {
    layers=$(grep -c -e '^--- where$' -e '^--- idea$' -e '^--- nearly$' "$dir/hints")
    if [ "$layers" = 3 ]; then ok "it has hints in three layers"; else
        not_ok "it has hints in three layers" "$dir/hints needs --- where, --- idea, --- nearly"
    fi
    if grep -q "^## $number " "exercises/$room/README.md"; then ok "its task is told"; else
        not_ok "its task is told" "exercises/$room/README.md needs a heading: ## $number $title"
    fi
    if grep -q 'TODO\|?\|[Ff]ind the bug' "$work/given"; then ok "its file says what to do"; else
        not_ok "its file says what to do" "$mine needs a TODO"
    fi
}

check_given_and_solution() {
    check_given
    sh tests/learn/given.sh "$number" > "$work/given"
    mkdir "$work/stub" && cp "$work/given" "$work/stub/$file"
    expect "as given it compiles, and fails in its test" "$work/stub/$file" 1 "not done yet" \
        "an exercise must compile as given and fail in its test, not in the compiler"
    failed=
    expect "its solution passes" "$solution" 0 "done" "what is wrong is $source, or the test; mend that, not the exercise"
}

failed=
case $part in
given)
    check_given
    check_places
    check_tests
    ;;
rest)
    sh tests/learn/given.sh "$number" > "$work/given" && mkdir "$work/stub"
    check_right_answers
    check_wrong_answers
    check_functions
    ;;
*)
    check_given_and_solution
    [ -n "$failed" ] || { check_right_answers; check_wrong_answers; check_functions; } # they are made from it, and would all fail alike
    check_places
    check_tests
    check_words
    ;;
esac
echo "1..$count"
