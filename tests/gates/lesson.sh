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
check_links
echo "1..$count"
