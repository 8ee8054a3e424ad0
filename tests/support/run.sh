#!/bin/sh
# run.sh BUILD all|programs|units|torture|NN - runs tests and counts them. Every test speaks TAP: our C programs,
# bats, and the gates, which are shell scripts. Several run at once.
build=$1 set=$2
logs=$build/tap
without=
unset MAKEFLAGS MFLAGS MAKELEVEL # how many jobs the make above has is no business of the makes below
# Many tests wait more than they compute, so there are more at once than processors.
jobs=$(($(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 1) * 2))

# Learning needs neither (make mine); then what they run is left out, and that is said.
for program in bats nc; do
    command -v $program > /dev/null 2>&1 && continue
    without=$program
    case $set in programs | units | torture) continue ;; esac
    echo "The tests need $program, which is not installed. make deps installs what they need."
    exit 1
done

# The commands of a chapter, one a line: its C tests, its bats file, its echo server's conformance.
chapter() {
    room=$1
    for source in tests/"$room"/*.c tests/oracle/"$room"/*.c; do
        [ -f "$source" ] && echo "${EDDY_UNDER:+$EDDY_UNDER }$build/${source%.c}"
    done
    [ "$set" != units ] || return 0
    for source in tests/"$room"/sweep/*.c; do
        [ -f "$source" ] && echo "$build/${source%.c}"
    done
    [ -f "tests/$room.bats" ] && [ -z "$without" ] && echo "bats --tap tests/$room.bats"
    [ -f "chapters/$room/echo.c" ] && conformance "$room"
}

# Chapter 1's server knows select() only; the others are tried on each selector that there is. Once
# as it is, once with a kernel that moves one byte at a time.
conformance() {
    conform="$build/tests/conform $build/tested/$1/echo 0"
    slowly="EDDY_FAULTS=recv%1,send%1,read%1,write%1 EDDY_CONFORMANCE_BYTES=100000"
    case $1 in
    01-*) printf '%s\n' "$conform" "env $slowly $conform" ;;
    *)
        for selector in $(sh tests/support/selectors.sh "$build"); do
            printf '%s\n' "env EDDY_SELECTOR=$selector $conform" "env EDDY_SELECTOR=$selector $slowly $conform"
        done
        ;;
    esac
}

# A lesson shows what a reader on Linux sees. A build for POSIX alone has no epoll to show.
transcripts() {
    if grep -q '^epoll\|  epoll' "$1" && ! sh tests/support/selectors.sh "$build" | grep -q epoll; then
        echo "echo 1..1; echo ok 1 - transcript: $1 '# SKIP it shows epoll, which this build leaves out'"
    else
        echo "$build/tests/transcript $1"
    fi
}

# The gates of a chapter: its exercises and its lesson.
gates() {
    for dir in tests/"$1"/exercises/*-*; do
        [ -f "$dir/about" ] && m=${dir##*/} && echo "sh tests/gates/exercise.sh ${1%%-*}.${m%%-*}"
    done
    for lesson in chapters/"$1"/*.md; do
        [ -f "$lesson" ] || continue
        echo "sh tests/gates/lesson.sh $lesson"
        transcripts "$lesson"
    done
}

# Every fault of the sweeps, where the other sets try a sample.
torture() {
    for source in tests/[0-9]*/sweep/*.c; do
        echo "$build/${source%.c} --full"
    done
    echo "sh tests/faults/programs.sh $build --full"
}

commands() {
    [ "$set" != torture ] || { torture; return; }
    for dir in chapters/[0-9][0-9]-*; do
        room=${dir##*/}
        case $set in all | programs | units | "${room%%-*}") ;; *) continue ;; esac
        chapter "$room"
        case $set in programs | units) ;; *) gates "$room" ;; esac
    done
    [ "$set" = all ] || return
    for file in tests/*.bats; do
        case $file in tests/[0-9]*) ;; *) echo "bats --tap $file" ;; esac
    done
    echo "sh tests/faults/known.sh $build"
    echo "sh tests/faults/programs.sh $build"
    for file in tests/gates/*-selftest.sh; do
        [ -f "$file" ] && echo "sh $file"
    done
}

# Takes the next command that nobody has taken (mkdir is atomic), until there is none.
worker() {
    number=0
    while read -r command; do
        number=$((number + 1))
        mkdir "$logs/$number" 2> /dev/null || continue
        room=$(printf '%s' "$command" | sed -n 's/.*\([0-9][0-9]-[a-z-]*\).*/\1/p')
        echo "$command" > "$logs/$number/command"
        EDDY_CAUSES=tests/$room/causes BUILD=$build sh -c "$command" > "$logs/$number/tap" 2> "$logs/$number/stderr" < /dev/null
        awk -v command="$command" -f tests/support/tap.awk "$logs/$number/tap" "$logs/$number/stderr" > "$logs/$number/summary"
        sed '$d' "$logs/$number/summary"
    done < "$logs/commands"
}

case $set in
all | programs | units | torture) ;;
*) [ -n "$(ls -d chapters/"$set"-* 2> /dev/null)" ] || { echo "There is no chapter $set."; exit 1; } ;;
esac
rm -rf "$logs" && mkdir -p "$logs"
# Ctrl-C ends the workers, too, and what they run: a shell's background jobs do not hear of it.
trap 'trap - TERM; kill 0; exit 130' INT TERM
# bats needs one of these to end a test that takes too long.
if command -v pkill > /dev/null 2>&1 || command -v ps > /dev/null 2>&1; then export BATS_TEST_TIMEOUT=300; fi
export UBSAN_OPTIONS=print_stacktrace=1
commands > "$logs/commands"
case $set in programs | units | torture) gated= ;; *) gated=yes ;; esac
if [ -n "$gated" ]; then
    # The gates need the learner's build; it is made once, before they run side by side.
    for dir in chapters/[0-9][0-9]-*; do
        number=${dir##*/}
        ${MAKE:-make} -s --no-print-directory BUILD="$build/learn" SANITIZE="$(sh tests/learn/sanitizers.sh "$build/learn")" OPT="-O1 -g" \
            "learn-parts-${number%%-*}" || exit 1
    done
fi
i=0
while [ $i -lt "$jobs" ]; do
    worker &
    i=$((i + 1))
done
wait
[ -z "$without" ] || echo "Left out: the tests that need $without, which is not installed (make deps installs it)."
cat "$logs"/*/summary | awk -v commands="$(wc -l < "$logs/commands")" '
    /^counts / { told++ }
    /^counts / { passed += $2; failed += $3; skipped += $4 }
    END {
        if (told != commands) { # a worker was ended, or the disk is full
            printf "%d of %d tests have left no result\n", commands - told, commands
            failed += commands - told
        }
        printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
        exit failed > 0 || passed == 0
    }'
