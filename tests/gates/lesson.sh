#!/bin/sh
# lesson.sh FILE.md - the gate that a page of a lesson passes: what it quotes is in the source, what
# it tells to type works, what a chapter adds is told, its links lead somewhere. TAP. (Transcripts
# have a gate of their own, transcript.c.)
. tests/support/environment.sh
. tests/learn/common.sh
lesson=$1 chapter=${1#chapters/} chapter=${chapter%%/*}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { count=$((count + 1)) && echo "ok $count - $lesson: $1"; }
not_ok() { count=$((count + 1)) && printf 'not ok %d - %s: %s\n# %s\n' "$count" "$lesson" "$1" "$2"; }

# "PATH FIRST LAST NAME" for each body that a drop-in takes out.
blanked() {
    for number in $(exercises); do
        open_exercise "$number"
        [ "$kind" = drop-in ] || continue
        for name in $blank; do
            echo "$source $(awk -v names="$name" -v ranges=1 -f tests/learn/blank.awk "$source") $name"
        done
    done
}

check_quotes() {
    blanked > "$work/ranges"
    awk -v ranges="$work/ranges" -f tests/gates/quotes.awk "$lesson" > "$work/quotes"
    count=$(sed -n 's/^count //p' "$work/quotes")
    sed '/^count /d' "$work/quotes"
}

# A lesson says build/; what is built may lie elsewhere.
placed() {
    printf '%s\n' "$1" | sed "s|build/|${BUILD:-build}/|g"
}

# "### Step" sections: each has its badge, "> **Compiles.** Type `make stage-01`" or
# "> **Does not compile until step 3.** Type `...`". What one shall type is typed.
check_steps() {
    awk '
        function flush() { if (step != "") printf "%s\t%s\n", step, badge; step = ""; badge = "" }
        /^##/ { flush() }
        /^### Step/ { step = FNR }
        step != "" && /^> \*\*(Compiles|Does not compile)/ { badge = $0 }
        END { flush() }' "$lesson" > "$work/steps"
    while IFS='	' read -r line badge; do
        command=$(printf '%s\n' "$badge" | sed -n 's/.*[Tt]ype `\([^`]*\)`.*/\1/p')
        if [ -z "$command" ]; then
            not_ok "the step at line $line says whether things compile, and what to type" \
                'add a line such as:  > **Compiles.** Type `make stage-01`.'
        elif printf '%s' "$badge" | grep -q 'Does not compile' || (sh -c "$(placed "$command")" > "$work/out" 2>&1 < /dev/null); then
            ok "the step at line $line: $command"
        else
            not_ok "the step at line $line: $command" "this ended with an error: $(tail -n 2 "$work/out" | tr '\n' ' ')"
        fi
    done < "$work/steps"
}

# Once a chapter, on its first page: every function that its headers declare is named in the lesson.
check_functions() {
    [ "${lesson##*/}" = README.md ] || return 0
    for function in $(sed -n 's/^[a-z].*[ *]\(eddy_[a-z0-9_]*\)(.*/\1/p' lib/"$chapter"/*.h 2> /dev/null); do
        if grep -qw "$function" chapters/"$chapter"/*.md; then ok "it tells of $function()"; else
            not_ok "it tells of $function()" "the chapter adds this function and never names it"
        fi
    done
}

# Once a chapter, at the head of its first page: a whole program that is the reader's to change. It has 10
# to 25 lines of code, and under `make try-NN` it compiles without a word and ends by itself in a second.
check_opening() {
    [ "${lesson##*/}" = README.md ] || return 0
    number=${chapter%%-*} opening=chapters/$chapter/try.c
    head=$(sed '/^## 1/,$d' "$lesson")
    if [ -f "$opening" ] && printf '%s\n' "$head" | grep -qxF "\`$opening\`, whole:" && printf '%s\n' "$head" | grep -qF "make try-$number"; then
        ok "its head quotes the reader's first program, and says make try-$number"
    else
        not_ok "its head quotes the reader's first program, and says make try-$number" \
            "before \"## 1\" stands a line  \`$opening\`, whole:  with the file below it, and what to type"
        return
    fi
    lines=$(grep -v '^/\*.*\*/$' "$opening" | grep -c '[^ ]')
    if [ "$lines" -ge 10 ] && [ "$lines" -le 25 ]; then ok "the first program is short"; else
        not_ok "the first program is short" "$opening has $lines lines of code; 10 to 25 are right"
    fi
    FILE=$opening sh tests/learn/try.sh "$number" > "$work/out" 2>&1 < /dev/null
    tried=$? began=$(date +%s)
    "${BUILD:-build}/learn/try/$number/try" > "$work/printed" 2>&1 < /dev/null
    took=$(($(date +%s) - began))
    if [ $tried -eq 0 ] && [ $took -le 2 ] && ! grep -q 'try\.c:[0-9]' "$work/out"; then
        ok "the first program runs, and ends by itself"
    else
        not_ok "the first program runs, and ends by itself" "after $took s make try-$number FILE=$opening says: $(tail -n 3 "$work/out" | tr '\n' ' ')"
    fi
}

check_links() {
    for target in $(grep -o '](\([^)#]*\)' "$lesson" | sed 's/](//' | grep -v '^http' | sort -u); do
        if [ -e "chapters/$chapter/$target" ]; then ok "the link $target leads somewhere"; else
            not_ok "the link $target leads somewhere" "there is no chapters/$chapter/$target"
        fi
    done
}

check_quotes
check_steps
check_functions
check_opening
check_links
echo "1..$count"
