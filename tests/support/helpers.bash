# helpers.bash - what the bats files share: servers and clients that are waited for, never slept for.
# Everything is read with a time limit, and what a test starts it ends.

setup() {
    cd "$(dirname "${BASH_SOURCE[0]}")/../.." || return 1
    BUILD=${BUILD:-build}
    tmp=$BATS_TEST_TMPDIR
    started=()
}

teardown() {
    for pid in "${started[@]}"; do
        kill -9 "$pid" 2> /dev/null || :
        wait "$pid" 2> /dev/null || :
    done
}

# The version, as version.h says it.
version() {
    sed -n 's/^#define EDDY_VERSION_[A-Z]* \([0-9]*\)$/\1/p' lib/01-select-echo/version.h | paste -s -d .
}

# A copy of the tree that a test may spoil, with what is built, so that it need not be built again.
# Goes there.
copy_with_build() {
    mkdir "$tmp/tree"
    cp -rp Makefile lib chapters tests exercises solutions "$tmp/tree/" # -p: make compares the times
    rm -f "$tmp/tree/exercises/progress.txt"
    mkdir -p "$tmp/tree/build/learn"
    cp -rp "$BUILD"/{flags,lib,chapters,tested,tests,stage-*} "$tmp/tree/build/"
    # Without what other tests are building there at this moment.
    cp -rp "$BUILD"/learn/{flags,lib,tests,sanitizers.*,stage-*,learn-*.sh,learn-*.made} "$tmp/tree/build/learn/"
    cd "$tmp/tree" || return 1
    unset BUILD MAKEFLAGS MAKELEVEL EDDY_PROGRESS
    export NO_COLOR=1
}

# start NAME COMMAND... : runs it in the background, and waits for the first line it prints.
# Sets `pid`, `port` (if the line names one) and `first`, the line. Its stderr is $tmp/NAME.err.
start() {
    local name=$1
    shift
    mkfifo "$tmp/$name.out"
    # A shell's background jobs ignore Ctrl-C, and what it has open they have, too.
    "$BUILD/tests/fresh" "$@" > "$tmp/$name.out" 2> "$tmp/$name.err" &
    pid=$!
    started+=("$pid")
    exec {out}< "$tmp/$name.out"
    if ! read -r -t 10 -u "$out" first; then
        echo "$* printed nothing. Its stderr:"
        cat "$tmp/$name.err"
        return 1
    fi
    port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' <<< "$first")
}

# complains NAME TEXT: what start NAME began says this on stderr, now or soon.
complains() {
    local lines follower status=0
    exec {lines}< <(exec timeout 10 tail -n +1 -f "$tmp/$1.err" 3>&-)
    follower=$!
    grep -q -m 1 "$2" <&"$lines" || status=1
    kill "$follower" 2> /dev/null || :
    exec {lines}<&-
    [ $status -eq 0 ] || { echo "it did not say: $2"; return 1; }
}

# stop NAME [SIGNAL]: ends what start NAME began, as Ctrl-C does; it must leave nothing behind.
stop() {
    local status=0
    kill -"${2:-INT}" "$pid"
    wait "$pid" || status=$?
    [ "$status" -eq 0 ] || { echo "status $status after SIG${2:-INT}"; return 1; }
    grep -q '^ledger: nothing left' "$tmp/$1.err" || { cat "$tmp/$1.err"; return 1; }
}

# A bare system may not know the name (no hosts file); nc then needs the number.
localhost() {
    if getent hosts localhost > /dev/null 2>&1; then echo localhost; else echo 127.0.0.1; fi
}

# nc_to NAME ARGS...: a real nc that is held open, to be talked to line by line.
nc_to() {
    local name=$1
    shift
    mkfifo "$tmp/$name.in" "$tmp/$name.out"
    nc "$@" < "$tmp/$name.in" > "$tmp/$name.out" 2> /dev/null 3>&- &
    started+=("$!")
    eval "exec {say_$name}> \"$tmp/$name.in\" {hear_$name}< \"$tmp/$name.out\""
}

# nc_open NAME PORT [HOST]: the same over TCP.
nc_open() { nc_to "$1" "${3:-$(localhost)}" "$2"; }

nc_say() {
    local fd=say_$1
    printf '%s\n' "$2" >&"${!fd}"
}

# nc_hear NAME LINE: the next line that NAME gets must be LINE.
nc_hear() {
    local fd=hear_$1 line
    read -r -t 10 -u "${!fd}" line || { echo "$1 heard nothing; expected: $2"; return 1; }
    [ "$line" = "$2" ] || { echo "$1 heard: $line; expected: $2"; return 1; }
}

# connect PORT: a connection of the shell's own; sets `fd`.
connect() {
    exec {fd}<> "/dev/tcp/127.0.0.1/$1"
}

# expect_line FD LINE
expect_line() {
    local line
    read -r -t 10 -u "$1" line || { echo "nothing came; expected: $2"; return 1; }
    [ "$line" = "$2" ] || { echo "came: $line; expected: $2"; return 1; }
}

# The selectors of this build, best first.
selectors() { sh tests/support/selectors.sh "$BUILD"; }

# hear_out PATTERN: the program that runs prints a line that matches, now or soon. Sets `line`.
hear_out() {
    while read -r -t 10 -u "$out" line; do
        # shellcheck disable=SC2053
        [[ $line != $1 ]] || return 0
    done
    echo "it did not print: $1"
    return 1
}

# heard PATTERN: the next line that comes to `fd` matches. Sets `line`.
heard() {
    read -r -t 10 -u "$fd" line || { echo "nothing came; expected: $1"; return 1; }
    # shellcheck disable=SC2053
    [[ $line == $1 ]] || { echo "came: $line; expected: $1"; return 1; }
}

# asks NAME ANSWER: a client of its own asks, and hears this.
asks() {
    connect "$port"
    echo "$1" >&"$fd"
    expect_line "$fd" "$2"
    exec {fd}>&-
}

# needs_half_close: skips the test where nc cannot say that it has said all, and go on reading.
needs_half_close() {
    [[ $(nc -h 2>&1) == *-N* ]] || skip "this nc has no -N"
}

# Of the wall clock.
milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# The processor time that a process has used, in clock ticks.
ticks() {
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# Skips the test where system calls cannot be counted. (A sanitizer makes calls of its own, and does not
# like to be traced.)
needs_strace() {
    command -v strace > /dev/null || skip "strace is not installed"
    strace -o /dev/null true 2> /dev/null || skip "strace may not trace here"
    ! grep -q fsanitize "$BUILD/flags" || skip "this build has sanitizers"
}

# needs_descriptors N: skips the test where a process may not have so many; else raises the limit.
needs_descriptors() {
    [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge "$1" ] || skip "descriptors are limited to $(ulimit -Hn)"
    ulimit -Sn "$1"
}

# survives_without_descriptors NAME PROGRAM: of 20 clients not all find room. The server serves those
# who did, uses no CPU for the others, and serves them when descriptors are free again.
survives_without_descriptors() {
    [ -r /proc/self/stat ] || skip "no /proc to read processor times from"
    start "$1" bash -c "ulimit -Sn 16; exec $2 0"
    local fds=() line before after
    for i in {0..19}; do
        connect "$port"
        fds+=("$fd")
        echo "line $i" >&"$fd"
    done
    expect_line "${fds[0]}" "line 0"
    if read -r -t 0.2 -u "${fds[19]}" line; then echo "the last of 20 was served: $line"; return 1; fi
    before=$(ticks "$pid")
    if read -r -t 0.5 -u "${fds[19]}" line; then echo "the last of 20 was served: $line"; return 1; fi
    after=$(ticks "$pid")
    [ $((after - before)) -le 2 ] || { echo "it used $((after - before)) ticks while it waited"; return 1; }
    echo "still here" >&"${fds[0]}"
    expect_line "${fds[0]}" "still here"
    for i in {0..18}; do exec {fds[i]}>&-; done
    expect_line "${fds[19]}" "line 19"
    complains "$1" "no more clients for now: "
    stop "$1"
}

# talk_to PROGRAM PLAN ARGS...: runs it with these faults, with a client that comes, says `words` (as
# printf knows them), hears `answers` lines and goes, until it ends; if it does not by itself, Ctrl-C ends
# it. Sets `status`, and `port` (empty: it never listened).
talk_to() {
    local program=$1 plan=$2
    shift 2
    rm -f "$tmp/out"
    mkfifo "$tmp/out"
    EDDY_FAULTS=$plan EDDY_FAULTS_COUNTS=$tmp/counts "$BUILD/tested/$program" "$@" 0 > "$tmp/out" 2> "$tmp/err" 3>&- &
    pid=$!
    started+=("$pid")
    exec {hear}< "$tmp/out"
    port=
    ! read -r -t 10 -u "$hear" line || port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' <<< "$line")
    if [ -n "$port" ]; then
        # It may have gone by now: then nobody is talked to.
        # shellcheck disable=SC2059
        (exec 3>&-; exec {fd}<> "/dev/tcp/127.0.0.1/$port" && printf "$words" >&"$fd" &&
            for ((i = 0; i < answers; i++)); do read -r -t 0.5 -u "$fd" line || break; done) 2> /dev/null || :
        kill -INT "$pid" 2> /dev/null || :
    fi
    status=0
    wait "$pid" || status=$?
    exec {hear}<&-
}

# interrupted EVERY COMMAND...: Ctrl-C before each EVERY-th system call (EDDY_FULL: each) of these programs, with
# their arguments and a client (talk_to), ends them with 0, and nothing is left. `uninterrupted`: a call that
# is left out.
interrupted() {
    local every=$1 number=0 command call count k argv
    shift
    [ -z "${EDDY_FULL:-}" ] || every=1
    for command in "$@"; do
        read -r -a argv <<< "$command"
        talk_to "${argv[0]}" "" "${argv[@]:1}"
        [ "$status" -eq 0 ] || { echo "$command: status $status"; cat "$tmp/err"; return 1; }
        cp "$tmp/counts" "$tmp/calls"
        while read -r call count <&4; do
            [[ $call != injected && $call != "${uninterrupted:-}" ]] || continue
            for ((k = 1; k <= count; k++)); do
                number=$((number + 1))
                [ $((number % every)) -eq 0 ] || continue
                talk_to "${argv[0]}" "$call@$k=SIGINT" "${argv[@]:1}"
                # Before it has asked for the signal, it is killed by it; a second one comes too late.
                if [ "$status" -eq 130 ]; then continue; fi
                [[ $status -eq 0 && $(tail -n 1 "$tmp/err") == "ledger: nothing left"* ]] ||
                    { echo "$command: EDDY_FAULTS=$call@$k=SIGINT: status $status"; cat "$tmp/err"; return 1; }
            done
        done 4< "$tmp/calls"
    done
    echo "$number calls"
}

# faults_of MOST EVERY CALL=ERROR...: of these calls, as far as they are in $tmp/counts, the first, and each
# EVERY-th of the first MOST (EDDY_FULL: each of those), as EDDY_FAULTS has them.
faults_of() {
    local most=$1 every=$2 call count k
    local -A why
    shift 2
    for call in "$@"; do why[${call%=*}]=${call#*=}; done
    while read -r call count; do
        [ -n "${why[$call]:-}" ] || continue
        for ((k = 1; k <= count && k <= most; k++)); do
            [[ $k -gt 1 && $((k % every)) -ne 0 && -z ${EDDY_FULL:-} ]] || echo "$call@$k=${why[$call]}"
        done
    done < "$tmp/counts"
}

# needs_nc LETTER: skips the test where nc does not know this option.
needs_nc() {
    nc -h 2>&1 | grep -q "^usage: nc.*\[-[A-Za-z]*$1\|^[[:space:]]*-$1" || skip "this nc has no -$1"
}

# serve NAME ARGS...: starts this program of the chapter (`room`); what follows a dash in NAME is for the files.
serve() {
    local name=$1
    shift
    start "$name" "$BUILD/tested/$room/${name%%-*}" "$@"
}

# each_ending FUNCTION: calls it for each selector and signal, with the name for files; EDDY_SELECTOR is set.
each_ending() {
    local which signal
    for which in $(selectors); do
        for signal in INT TERM; do
            EDDY_SELECTOR=$which "$1" "${which}_$signal" $signal
        done
    done
}

# prints PROGRAM LINE...: these are its lines, status 0, and nothing is left.
prints() {
    local program=$1
    shift
    "$BUILD/tested/$room/$program" > "$tmp/printed" 2> "$tmp/ledger" || { cat "$tmp/printed" "$tmp/ledger"; return 1; }
    diff <(printf '%s\n' "$@") "$tmp/printed"
    [[ $(cat "$tmp/ledger") == "ledger: nothing left"* ]] || { cat "$tmp/ledger"; return 1; }
}

# ---- Chains of proxies -------------------------------------------------------------------------------

# chain N: an echo server and N proxies before it; `port` is the last one's.
chain() {
    local i
    serve echo 0
    chained=("$pid")
    for ((i = 1; i <= $1; i++)); do
        serve "proxy-$i" "$port" 0
        chained+=("$pid")
    done
}

# end_chain: the last one first.
end_chain() {
    local i
    for ((i = ${#chained[@]} - 1; i > 0; i--)); do
        pid=${chained[i]}
        stop "proxy-$i"
    done
    pid=${chained[0]}
    stop echo
}

# most_memory PID: in kB.
most_memory() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB$/\1/p' "/proc/$1/status"; }

# still: no process of the chain has used the processor for some time. (If a busy machine lets it take that for
# still too early, less is in flight: the test is weaker then, but not wrong.)
still() {
    local before= now=
    while :; do
        now=
        for pid in "${chained[@]}"; do now="$now $(awk '{ print $14 + $15 }' "/proc/$pid/stat")"; done
        [ "$now" != "$before" ] || return 0
        before=$now
        sleep 0.1
    done
}
