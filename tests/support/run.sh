#!/bin/sh
# run.sh BUILD SET [CHAPTER...] - runs tests and counts them. Every test speaks TAP: our C programs,
# bats, and the gates, which are shell scripts. Several run at once. The sets:
#     all        make test: what is dear is tried by a sample
#     rest       make test-all: what the sample left out, and tests/rest/*.bats
#     NN         both, of one chapter
#     programs   both, without the gates: for a build with other flags
#     mine       the sample of these, of the chapters that are named: for make mine
#     units      the modules' own tests
#     torture    every fault of the sweeps
build=$1 set=$2
shift 2
chapters=${*:-$(cd chapters && echo [0-9][0-9]-*)}
logs=$build/tap
without=
# Many tests wait more than they compute, so there are more at once than processors.
jobs=$(($(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 1) * 2))

# Which half of a chapter's tests the set takes, and whether it takes the gates.
half=both gated=
case $set in
all) half=sample gated=yes ;;
rest) half=rest gated=yes ;;
mine) half=sample ;;
programs | units | torture) ;;
*)
    [ -n "$(ls -d chapters/"$set"-* 2> /dev/null)" ] || { echo "There is no chapter $set."; exit 1; }
    gated=yes chapters=$(cd chapters && echo "$set"-*)
    ;;
esac

# Learning needs neither (make mine); then what they run is left out, and that is said.
for program in bats nc; do
    command -v $program > /dev/null 2>&1 && continue
    without=$program
    [ -n "$gated" ] || continue
    echo "The tests need $program, which is not installed. make deps installs what they need."
    exit 1
done

. tests/support/environment.sh
export UBSAN_OPTIONS=print_stacktrace=1
[ -z "$EDDY_UNDER" ] || export EDDY_PATIENCE=60

# sample COMMAND, rest COMMAND: prints it if the set takes that half.
sample() { [ $half = rest ] || echo "$*"; }
rest() { [ $half = sample ] || echo "$*"; }

# The commands of a chapter, one a line: its C tests, its bats file, its echo server's conformance.
chapter() {
    room=$1
    for source in tests/"$room"/*.c tests/oracle/"$room"/*.c; do
        [ -f "$source" ] && sample "${EDDY_UNDER:+$EDDY_UNDER }$build/${source%.c}"
    done
    [ "$set" != units ] || return 0
    for source in tests/"$room"/sweep/*.c; do
        [ -f "$source" ] && sample "$build/${source%.c}"
    done
    [ -f "tests/$room.bats" ] && [ -z "$without" ] && sample "bats --tap tests/$room.bats"
    [ -f "chapters/$room/echo.c" ] && conformance "$room"
}

# Chapter 1's server knows select() only; the others are tried on each selector that there is. Once
# as it is, once with a kernel that moves one byte at a time. The sample is the best selector (the
# first), and the one byte at a time for the first server and the newest. A long message is beyond all marks
# and limits once; on the other selectors it is shorter.
conformance() {
    conform="$build/tests/conform $build/tested/$1/echo 0" bytes=100000
    slowly="EDDY_FAULTS=recv%1,send%1,sendmsg%1,read%1,write%1 EDDY_CONFORMANCE_BYTES"
    case $1 in
    01-*) sample "$conform" && sample "env $slowly=$bytes $conform" && return ;;
    esac
    plainly=sample by_bytes=rest
    [ "$1" != "$newest" ] || by_bytes=sample
    for selector in $(sh tests/support/selectors.sh "$build"); do
        $plainly "env EDDY_SELECTOR=$selector $conform"
        $by_bytes "env EDDY_SELECTOR=$selector $slowly=$bytes $conform"
        plainly=rest by_bytes=rest bytes=20000
    done
}

# A lesson shows what a reader on Linux sees. A build for POSIX alone has no epoll to show.
transcripts() {
    if grep -q '^epoll\|  epoll' "$1" && ! sh tests/support/selectors.sh "$build" | grep -q epoll; then
        sample "echo 1..1; echo ok 1 - transcript: $1 '# SKIP it shows epoll, which this build leaves out'"
    else
        sample "$build/tests/transcript $1"
    fi
}

# The gates of a chapter: its exercises, each with a sample of its wrong answers or with the others,
# and its lesson.
gates() {
    halves=
    [ $half = both ] || halves=" $half"
    for dir in tests/"$1"/exercises/*-*; do
        [ -f "$dir/about" ] && m=${dir##*/} && echo "sh tests/gates/exercise.sh ${1%%-*}.${m%%-*}$halves"
    done
    for lesson in chapters/"$1"/*.md; do
        [ -f "$lesson" ] || continue
        sample "sh tests/gates/lesson.sh $lesson"
        transcripts "$lesson"
    done
}

# What belongs to no chapter; first, since some of it takes long.
general() {
    for file in tests/*.bats; do
        case $file in tests/[0-9]*) ;; *) sample "bats --tap $file" ;; esac
    done
    for file in tests/rest/*.bats; do
        rest "bats --tap $file"
    done
    sample "sh tests/faults/known.sh $build"
    sample "sh tests/faults/programs.sh $build"
    for file in tests/gates/*-selftest.sh; do
        sample "sh $file"
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
    case $set in
    torture) torture && return ;;
    all | rest) general ;;
    esac
    for newest in $(cd chapters && echo [0-9][0-9]-*); do :; done
    for each in $chapters; do
        chapter "$each"
        [ -z "$gated" ] || gates "$each"
        [ -z "$gated" ] || [ $half != both ] || whole "$each"
    done
}

# What tests/rest/ has of a chapter: its tests there begin with "chapter NN:".
whole() {
    for file in tests/rest/*.bats; do
        ! grep -q "^@test \"chapter ${1%%-*}: " "$file" || echo "bats --tap -f '^chapter ${1%%-*}: ' $file"
    done
}

# Gates with many answers to try first: one of these takes minutes, and begun last, all would wait for it.
dearest_first() {
    while read -r command; do
        dear=0
        case $command in
        bats*) dear=1000 ;;
        *exercise.sh*sample) ;;
        *exercise.sh*)
            exercise=${command#*exercise.sh } exercise=${exercise%% *}
            dear=$(ls tests/"${exercise%.*}"-*/exercises/"${exercise#*.}"-*/wrong/*.edit 2> /dev/null | wc -l)
            ;;
        esac
        echo "$((dear)) $command"
    done | sort -s -k 1,1nr | cut -d ' ' -f 2-
}

# Takes the next command that nobody has taken (mkdir is atomic), until there is none.
worker() {
    number=0
    while read -r command; do
        number=$((number + 1))
        mkdir "$logs/$number" 2> /dev/null || continue
        log=$logs/$number
        room=$(printf '%s' "$command" | sed -n 's/.*\([0-9][0-9]-[a-z-]*\).*/\1/p')
        echo "$command" > "$log/command"
        began=$(date +%s)
        (
            EDDY_CAUSES=tests/$room/causes BUILD=$build "$build/tests/fresh" sh -c "$command" > "$log/tap" 2> "$log/stderr" < /dev/null
            times > "$log/times"
        )
        awk -v wall=$(($(date +%s) - began)) -v command="$command" -F '[ms ]+' '
            NR == 2 { printf "%d\t%.2f\t%s\n", wall, $1 * 60 + $2 + $3 * 60 + $4, command }' "$log/times" > "$log/took"
        awk -v command="$command" -f tests/support/tap.awk "$log/tap" "$log/stderr" > "$log/summary"
        sed "1s/^/$erase/; "'$d' "$log/summary"
    done < "$logs/commands"
}

# How far it is: on a terminal in a line that changes, elsewhere in a line every ten seconds. What is
# left is reckoned from how long each test took when it last ran.
progress() {
    seconds=0
    while sleep 1 > /dev/null 2>&1; do
        seconds=$((seconds + 1))
        [ -n "$erase" ] || [ $((seconds % 10)) -eq 0 ] || continue
        ls -d "$logs"/*/summary 2> /dev/null | awk -F / -v seconds=$seconds -v erase="$erase" -v times="$build/times" -v commands="$logs/commands" '
            { is_done[$(NF - 1)] = 1; n++ }
            END {
                while ((getline line < times) > 0) {
                    split(line, took, "\t")
                    known[took[3]] = took[1] + 0.5
                    sum += known[took[3]]; count++
                }
                while ((getline line < commands) > 0) {
                    total++
                    weight = line in known ? known[line] : count ? sum / count : 1
                    if (total in is_done) past += weight; else left += weight
                }
                if (n < total)
                    printf "%s  %d of %d%s%s", erase, n, total, (20 * past > past + left) ? sprintf(", about %d s left", seconds * left / past + 0.5) : "", erase ? "" : "\n"
            }'
    done
}

# For `make mine`: what is going to run, and for how long, by how long each took when it last ran. One
# that never did counts as a second.
announce() {
    awk -F '\t' -v jobs="$jobs" -v chapters="$chapters" '
        NR == FNR && FILENAME != ARGV[2] { known[$3] = $1; next }
        { sum += $1 in known ? known[$1] : 1; n++ }
        END {
            gsub(/-[a-z-]*/, "", chapters)
            gsub(/ /, ", ", chapters)
            printf "%d tests and demos of the chapters %s, about %d s:\n", n, chapters, sum / jobs * 1.5 + 1
        }' "$build/times" "$logs/commands"
}

erase=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then erase=$(printf '\r\033[K'); fi
rm -rf "$logs" && mkdir -p "$logs"
# Ctrl-C ends the workers, too, and what they run: a shell's background jobs do not hear of it.
trap 'trap - TERM; kill 0; exit 130' INT TERM
# bats needs one of these to end a test that takes too long.
if command -v pkill > /dev/null 2>&1 || command -v ps > /dev/null 2>&1; then export BATS_TEST_TIMEOUT=600; fi
commands | dearest_first > "$logs/commands"
[ "$set" != mine ] || announce
if [ -n "$gated" ]; then
    # The gates need the learner's build; it is made once, before they run side by side.
    goal=learn-parts
    [ $half != both ] || goal=learn-parts-$set
    ${MAKE:-make} -s --no-print-directory BUILD="$build/learn" SANITIZE="$(sh tests/learn/sanitizers.sh "$build/learn")" OPT="-O1 -g" $goal || exit 1
fi
i=0 workers=
while [ $i -lt "$jobs" ]; do
    worker &
    workers="$workers $!"
    i=$((i + 1))
done
progress &
watcher=$!
# shellcheck disable=SC2086
wait $workers
{ kill -9 $watcher && wait $watcher; } 2> /dev/null # not TERM: that may be ignored here
printf %s "$erase"
cat "$logs"/*/took > "$logs/times"
cat "$logs/times" "$build/times" 2> /dev/null | awk -F '\t' '!seen[$3]++' > "$logs/all-times" && mv "$logs/all-times" "$build/times"
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
