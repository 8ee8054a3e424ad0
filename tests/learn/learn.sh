#!/bin/sh
# learn.sh VERB [NUMBER] - the learner's verbs, behind `make learn`, `make check-01.2` and so on.
# Everything it remembers stands in exercises/progress.txt, which is yours to read and to edit.
# Status: 1 when `check` finds something left to do or a number does not exist; 0 otherwise.
. tests/support/environment.sh
. tests/learn/common.sh

# The first exercise that is not done, or nothing.
next_exercise() {
    for number in $(exercises); do
        is_done "$number" || { echo "$number"; return; }
    done
}

count_done() {
    done_count=0 total=0
    for number in $(exercises); do
        total=$((total + 1))
        is_done "$number" && done_count=$((done_count + 1))
    done
    tell_edited_library
}

# How often somebody has tried to mend a bug, this time included: once for each state of the file that is
# neither the given one nor the one before.
tries() {
    before=$(recall "$1" tries)
    number_of=${before%%-*} state=$(cksum < "$mine" 2> /dev/null | tr ' ' .)
    if sh tests/learn/given.sh "$1" | cmp -s - "$mine"; then
        echo "0-given"
    elif [ "$before" = "${number_of:-0}-$state" ]; then
        echo "$before"
    else
        echo "$((${number_of:-0} + 1))-$state"
    fi
}

# Tests an exercise. A bug hunt shows what happens, and says why only after a second try, or with a hint.
test_it() {
    open_exercise "$1"
    EDDY_HUNT=
    if [ "$kind" = bug ]; then
        now=$(tries "$1")
        [ "${now%%-*}" -ge 2 ] || [ -n "$(recall "$1" hint)" ] || EDDY_HUNT=yes
    fi
    export EDDY_HUNT
    sh tests/learn/check.sh "$1"
    code=$?
    [ $code -ne 1 ] || [ "$kind" != bug ] || remember "$1" tries "$now"
    return $code
}

# A chapter begins with a program of the reader's own, at the head of its first page: until that was tried.
tell_begin() {
    [ "$next" = "$(exercises | grep "^${next%%.*}\." | head -n 1)" ] && [ ! -e "exercises/$room/try.c" ] || return 0
    printf '\n  begin     make try-%s  (the first program of chapters/%s/README.md)' "${next%%.*}" "$room"
}

# From one exercise to the next, as long as they pass.
learn() {
    count_done
    echo "${bold}eddy: an asyncio in C that you build yourself, chapter by chapter.$plain"
    echo "$done_count of $total exercises done."
    while next=$(next_exercise) && [ -n "$next" ]; do
        open_exercise "$next"
        tell_begin
        printf '\n  next      %s  %s  (%s)\n  lesson    %s\n  task      exercises/%s/README.md\n' \
            "$next" "$title" "$kind" "$(lesson | sed "s|, |, as far as |")" "$room"
        printf '  open      %s\n\nIts test says now:\n\n' "$mine"
        test_it "$next" > "${BUILD:-build}/said"
        status=$?
        cat "${BUILD:-build}/said"
        [ $status -eq 0 ] || { printf '\nChange the file, then type:  make learn      (all verbs: make help)\n' && return; }
        pass "$next"
    done
    printf '\nThat is all of them. make mine builds the whole library from your modules.\n'
}

pass() {
    remember "$1" done "$(fingerprint "$1")"
}

# Not done, or not any more. A file that is no longer as it was given has been begun.
left() {
    is_kept "$1" && return
    forget "$1" done
    open_exercise "$1"
    sh tests/learn/given.sh "$1" | cmp -s - "$mine" || remember "$1" begun yes
}

# One exercise, or all of a chapter.
check() {
    need_exercise "$1"
    case $1 in *.*) numbers=$1 ;; *) numbers=$(exercises | grep "^$1\.") ;; esac
    status=0
    for each in $numbers; do
        test_it "$each"
        case $? in
        0) pass "$each" ;;
        1 | 2) left "$each" && status=1 ;;
        *) status=1 ;; # it was not tested, so nothing new is known
        esac
        [ "$numbers" = "$each" ] || echo
    done
    [ $status -ne 0 ] || { next=$(next_exercise) && [ -z "$next" ] || echo "Next is $next. Type:  make learn"; }
    return $status
}

# Each time one layer more: where to look, the idea, nearly the code.
hint() {
    need_one_exercise "$1"
    layers=$(recall "$1" hint)
    layers=$((${layers:-0} + 1))
    [ $layers -le 3 ] || layers=3
    remember "$1" hint $layers
    echo "$bold$1  $title$plain"
    fold -s -w 90 "$dir/hints" | sed 's/ *$//' | awk -v most=$layers '
        /^--- / { n++; if (n <= most) print (n == 1 ? "\nwhere to look" : n == 2 ? "\nthe idea" : "\nnearly the code"); next }
        n <= most { print "  " $0 }'
    echo
    if [ $layers -lt 3 ]; then
        echo "More: make hint-$1 again."
    else
        echo "That was the last hint. The solution: make solution-$1"
    fi
}

solution() {
    need_one_exercise "$1"
    echo "$bold$1  $title$plain: from yours (-, $mine) to the solution (+, $source)"
    if diff -u "$mine" "$source"; then
        echo "They are the same."
    fi
    echo "Yours need not look like it; what counts is:  make check-$1"
}

# Puts a learner's file aside, under a name that nothing has; a file as it was given is no loss.
keep_aside() {
    [ -f "$1" ] && ! cmp -s "$1" "$1.new" || return 0
    aside=$1.before-reset n=1
    while [ -e "$aside" ]; do n=$((n + 1)) aside=$1.$n.before-reset; done
    cp "$1" "$aside" && kept=" Yours is kept as $aside."
}

# Back to the file as it was given. What you had is kept beside it.
reset() {
    need_one_exercise "$1"
    sh tests/learn/given.sh "$1" > "$mine.new" || { rm -f "$mine.new"; echo "$mine cannot be written."; return 1; }
    keep_aside "$mine" || { echo "$mine could not be put aside, so it stays as it is."; return 1; }
    mv "$mine.new" "$mine" || return 1
    forget "$1" done
    forget "$1" hint
    forget "$1" tries
    echo "$mine is as it was given.${kept:-} Next:  make check-$1"
}

show_progress() {
    count_done
    echo "$bold$done_count of $total exercises done.$plain"
    chapter=
    for number in $(exercises); do
        open_exercise "$number"
        [ "$chapter" = "$room" ] || printf '\n%s\n' "$room"
        chapter=$room
        mark=' '
        is_done "$number" && mark=x
        open_exercise "$number"
        hints=$(recall "$number" hint)
        printf '  [%s] %s  %-46s %-9s%s\n' "$mark" "$number" "$title" "$kind" "${hints:+hints: $hints}"
    done
    next=$(next_exercise)
    [ -z "$next" ] || printf '\nNext is %s. Type:  make learn\n' "$next"
}

# Tests the next exercise each time its file is saved. Ctrl-C ends it.
watch() {
    trap 'echo; exit 0' INT TERM
    while number=$(next_exercise) && [ -n "$number" ]; do
        open_exercise "$number"
        seen=$(cksum 2> /dev/null < "$mine")
        check "$number" && { echo; continue; }
        echo "watching $mine; save it and its test runs. Ctrl-C ends this."
        # An editor may take the file away for a moment while it saves.
        while [ ! -f "$mine" ] || [ "$(cksum < "$mine")" = "$seen" ]; do sleep 1; done
        printf '\n----\n\n'
    done
    echo "All exercises are done; nothing is left to watch."
}

verb=$1 number=${2:-}
mkdir -p "${BUILD:-build}" 2> /dev/null && touch "$progress" 2> /dev/null || {
    echo "I cannot write $progress or in ${BUILD:-build}; nothing would be remembered. Two places that can be written:"
    echo "    make BUILD=/tmp/eddy EDDY_PROGRESS=/tmp/eddy-progress.txt learn"
    exit 1
}
case $verb in
learn) learn ;;
check) check "$number" || { tell_edited_library && exit 1; } ;;
hint) hint "$number" ;;
solution) solution "$number" ;;
reset) reset "$number" ;;
progress) show_progress ;;
watch) watch ;;
*) echo "learn.sh: no verb '$verb'; make help lists them" && exit 1 ;;
esac
