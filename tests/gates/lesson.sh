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

# A box that says that things compile, "> **Compiles.** Type `make stage-01`": what one shall type is typed.
check_compiles() {
    grep -n '^> \*\*Compiles' "$lesson" > "$work/boxes"
    while IFS=: read -r line box; do
        command=$(printf '%s\n' "$box" | sed -n 's/.*[Tt]ype `\([^`]*\)`.*/\1/p')
        if [ -n "$command" ] && (sh -c "$(placed "$command")" > "$work/out" 2>&1 < /dev/null); then
            ok "the box at line $line: $command"
        else
            not_ok "the box at line $line: $command" "it names no command, or that ended with an error: $(tail -n 2 "$work/out" | tr '\n' ' ')"
        fi
    done < "$work/boxes"
}

# "> **Your turn.** Write `f` in `exercises/...`, and type `make check-03.2`": the exercise is there.
check_turns() {
    grep -o 'make check-[0-9.]*[0-9]' "$lesson" | sort -u | sed 's/.*-//' > "$work/numbers"
    while IFS= read -r number; do
        if exercises | grep -q "^${number%%.*}\.${number#*.}\$" || [ "${number#*.}" = "$number" ]; then ok "there is an exercise $number"; else
            not_ok "there is an exercise $number" "the page says make check-$number"
        fi
    done < "$work/numbers"
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

# At the head of each page: a whole program that is the reader's to change, try.c or, on the page x.md,
# try-x.c. It has 10 to 25 lines of code (40 if a server and its guest are in it, which are two programs), and
# under `make try-NN` it compiles without a word and ends by itself in a second.
check_opening() {
    page=${lesson##*/} page=${page%.md}
    case $page in README) verb=${chapter%%-*} first=try ;; *) verb=${chapter%%-*}-$page first=try-$page ;; esac
    opening=chapters/$chapter/$first.c
    head=$(sed '/^## 1/,$d' "$lesson")
    if [ -f "$opening" ] && printf '%s\n' "$head" | grep -qxF "\`$opening\`, whole:" && printf '%s\n' "$head" | grep -qF "make try-$verb"; then
        ok "its head quotes the reader's first program, and says make try-$verb"
    else
        not_ok "its head quotes the reader's first program, and says make try-$verb" \
            "before \"## 1\" stands a line  \`$opening\`, whole:  with the file below it, and what to type"
        return
    fi
    lines=$(grep -v '^/\*.*\*/$' "$opening" | grep -c '[^ ]')
    if grep -q EDDY_HANDLER "$opening"; then most=40; else most=25; fi
    if [ "$lines" -ge 10 ] && [ "$lines" -le $most ]; then ok "the first program is short"; else
        not_ok "the first program is short" "$opening has $lines lines of code; 10 to $most are right"
    fi
    FILE=$opening sh tests/learn/try.sh "$verb" > "$work/out" 2>&1 < /dev/null
    tried=$? began=$(date +%s)
    "${BUILD:-build}/learn/try/$verb/$first" > "$work/printed" 2>&1 < /dev/null
    took=$(($(date +%s) - began))
    if [ $tried -eq 0 ] && [ $took -le 2 ] && ! grep -q "$first"'\.c:[0-9]' "$work/out"; then
        ok "the first program runs, and ends by itself"
    else
        not_ok "the first program runs, and ends by itself" "after $took s make try-$verb FILE=$opening says: $(tail -n 3 "$work/out" | tr '\n' ' ')"
    fi
}

# "Hands first": hands.awk has the rules.
check_hands() {
    hidden=$(for number in $(exercises); do open_exercise "$number" && [ "$kind" = drop-in ] && echo "$source"; done | tr '\n' ' ')
    awk -v hidden="$hidden" -f tests/gates/hands.awk "$lesson" > "$work/hands"
    while IFS= read -r line; do
        case $line in
        "ok "*) count=$((count + 1)) && echo "ok $count -${line#*-}" ;;
        "not ok "*) count=$((count + 1)) && echo "not ok $count -${line#*-}" ;;
        "count "*) ;;
        *) echo "$line" ;;
        esac
    done < "$work/hands"
}

check_links() {
    for target in $(grep -o '](\([^)#]*\)' "$lesson" | sed 's/](//' | grep -v '^http' | sort -u); do
        if [ -e "chapters/$chapter/$target" ]; then ok "the link $target leads somewhere"; else
            not_ok "the link $target leads somewhere" "there is no chapters/$chapter/$target"
        fi
    done
}

check_quotes
check_compiles
check_turns
check_functions
check_opening
check_hands
check_links
echo "1..$count"
