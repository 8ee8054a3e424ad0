# Chapter 7: many at once as a person meets them: the echo server that shows silent clients out, the
# fetcher, the scanner with so many in flight, the classics of gather and wait; and what signals do to them.

load support/helpers

echo=07-gather/echo
fetch=07-gather/fetch
ports=07-gather/ports
results=07-gather/results
saad=07-gather/saad

told="you have said nothing for too long"

# ---- The echo server -----------------------------------------------------------------------------

@test "the echo server with a time-out serves two nc on each selector, and Ctrl-C and SIGTERM end it with both there" {
    for which in $(selectors); do
        for signal in INT TERM; do
            EDDY_SELECTOR=$which start echo-$which-$signal "$BUILD/tested/$echo" 0
            nc_open ann_${which}_$signal "$port"
            nc_open bob_${which}_$signal "$port"
            nc_say bob_${which}_$signal "I am Bob"
            nc_hear bob_${which}_$signal "I am Bob"
            nc_say ann_${which}_$signal "and I am Ann"
            nc_hear ann_${which}_$signal "and I am Ann"
            stop echo-$which-$signal $signal
        done
    done
}

@test "a client that says nothing for so long is told so and dropped, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start echo-$which "$BUILD/tested/$echo" --idle 0.2 0
        before=$(milliseconds)
        connect "$port"
        expect_line "$fd" "$told"
        ! read -r -t 10 -u "$fd" || { echo "more came: $REPLY"; return 1; }
        [ $(($(milliseconds) - before)) -ge 199 ]
        hear_out "\[*\] closed: silent for too long"
        exec {fd}>&-
        stop echo-$which
    done
}

@test "the silence begins anew with each message" {
    start echo "$BUILD/tested/$echo" --idle 2 0
    connect "$port"
    ! read -r -t 0.2 -u "$fd" line || { echo "came: $line"; return 1; }
    spoke=$(milliseconds)
    echo "hello" >&"$fd"
    expect_line "$fd" "hello"
    expect_line "$fd" "$told"
    [ $(($(milliseconds) - spoke)) -ge 1999 ] || { echo "after $(($(milliseconds) - spoke)) ms"; return 1; }
    stop echo
}

# count_calls SERVER: a client sends it 200 messages, one after the other; how often it has made which
# system call over its whole life is in $tmp/counts-SERVER then. (strace -D: `pid` is the server's.)
count_calls() {
    local name=${1%%/*}
    mkfifo "$tmp/traced-$name"
    cat "$tmp/traced-$name" > "$tmp/calls" 3>&- & # ends when strace does
    tracer=$!
    started+=("$tracer")
    start "$name" strace -D -qq -o "$tmp/traced-$name" "$BUILD/chapters/$1" 0
    connect "$port"
    for i in {1..200}; do
        echo "message $i" >&"$fd"
        expect_line "$fd" "message $i"
    done
    exec {fd}>&-
    hear_out "*closed"
    kill -TERM "$pid"
    wait "$pid" || :
    wait "$tracer"
    sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$tmp/calls" | sort | uniq -c | awk '{ print $2, $1 }' > "$tmp/counts-$name"
}

@test "a time-out around each receive adds no system call" {
    needs_strace
    count_calls 06-tasks/echo
    count_calls $echo
    # One wait, one receive and one send for each message; what is left is the beginning and the end.
    awk 'NR == FNR { without[$1] = $2; next }
        $2 > without[$1] + 20 { print $1 " was called " $2 " times, without a time-out " without[$1] + 0; more = 1 }
        $1 == "recvfrom" && $2 >= 200 { received = 1 }
        END { exit more || !received }' "$tmp/counts-06-tasks" "$tmp/counts-07-gather"
}

@test "without a free descriptor the echo server with a time-out rests, uses no CPU, and serves who waits when one is free" {
    survives_without_descriptors echo "$BUILD/tested/$echo"
}

@test "a thousand clients are members of one group, and are served at once" {
    needs_descriptors 2500
    start echo bash -c "ulimit -Sn 2500; exec $BUILD/tested/$echo --idle 600 0"
    cat <&"$out" > /dev/null 3>&- & # it prints who comes and goes, and waits while nobody takes that
    started+=("$!")
    local fds=()
    for i in {0..999}; do
        connect "$port"
        fds+=("$fd")
        echo "line $i" >&"$fd"
    done
    for i in {999..0}; do
        read -r -u "${fds[i]}" line # without -t: for that bash asks select()
        [ "$line" = "line $i" ] || { echo "client $i heard: $line"; return 1; }
    done
    stop echo
}

@test "in debug mode echo and fetch have nothing to report, and SIGUSR1 shows who waits for whom" {
    for program in $echo $fetch; do
        name=${program#*/}
        EDDY_DEBUG=1 start "$name" "$BUILD/tested/$program" 0
        connect "$port"
        echo mars >&"$fd"
        read -r -t 10 -u "$fd" -n 1 line # it is there
        kill -USR1 "$pid"
        for i in {1..200}; do
            ! grep -q "tasks$" "$tmp/$name.err" || break
            read -r -t 0.05 -u "$fd" line || :
        done
        grep -q "task 1: $name (chapters/$program.c:[0-9]*) awaits g" "$tmp/$name.err" || { cat "$tmp/$name.err"; return 1; }
        stop "$name"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

# ---- Ctrl-C, at any moment ------------------------------------------------------------------------

# What a client says that is there when faults come (talk_to).
words='mars\n' answers=1

@test "Ctrl-C before any system call of echo or fetch ends it tidily" {
    interrupted 7 $echo "$fetch --seconds 0.01"
}

@test "ports and the classics can be interrupted while they wait, and leave nothing" {
    for which in $(selectors); do
        case $which in select) call=pselect ;; epoll) call=epoll_wait ;; *) call=$which ;; esac
        for signal in SIGINT SIGTERM; do
            for program in $results $saad; do
                EDDY_SELECTOR=$which EDDY_FAULTS=$call@1=$signal,select@1=$signal run "$BUILD/tested/$program"
                [ "$status" -eq 0 ]
                [[ $output == *"ledger: nothing left"* && $output != *result:* && $output != *"func()="* ]] ||
                    { echo "$program: $output"; return 1; }
            done
            EDDY_SELECTOR=$which EDDY_FAULTS=connect@7=$signal run "$BUILD/tested/$ports" 127.0.0.1 1 400 20
            [ "$status" -eq 0 ]
            [[ ${lines[-1]} == "ledger: nothing left"* && $output != *" without an answer"* ]] || { echo "$output"; return 1; }
        done
    done
}

# ---- The fetcher -----------------------------------------------------------------------------------

# hear_planets: the eight lines, in the order in which they are printed, to $tmp/planets; then `line` is
# that of the times, whose numbers are `total` and `sum`, in hundredths of a second.
hear_planets() {
    read -r -t 10 -u "$out" line
    [ "$line" = "fetch: Ctrl-C ends it" ] || { echo "came: $line"; return 1; }
    for i in {1..8}; do
        read -r -t 10 -u "$out" line || return 1
        echo "$line"
    done > "$tmp/planets"
    read -r -t 10 -u "$out" line
    [[ $line =~ ^all\ 8\ +([0-9]+)\.([0-9][0-9])\ s,\ and\ their\ times\ add\ up\ to\ ([0-9]+)\.([0-9][0-9])\ s$ ]] ||
        { echo "came: $line"; return 1; }
    total=$((10#${BASH_REMATCH[1]}${BASH_REMATCH[2]})) sum=$((10#${BASH_REMATCH[3]}${BASH_REMATCH[4]}))
}

planets="earth jupiter mars mercury neptune saturn uranus venus "

@test "fetch asks eight servers in the time of the slowest, on each selector, and they answer nc afterwards" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start fetch-$which "$BUILD/tested/$fetch" --seconds 0.4 0
        hear_planets
        [ "$(awk '{ print $1 }' "$tmp/planets" | sort | tr '\n' ' ')" = "$planets" ]
        grep -q '^mars     \.\.\.\.\.\.\.\.\.\.  [0-9.]* s my sunsets are blue$' "$tmp/planets" || { cat "$tmp/planets"; return 1; }
        [ "$total" -ge 40 ]
        [ "$total" -lt "$sum" ] || { echo "$line"; return 1; }
        nc_open guest_$which "$port"
        nc_say guest_$which "venus"
        nc_hear guest_$which ".......... the sun rises in the west here"
        nc_say guest_$which "ann"
        nc_hear guest_$which "there is no planet ann"
        stop fetch-$which
    done
}

@test "fetch --one-by-one takes the sum of the times, and asks in the order of its list" {
    start fetch "$BUILD/tested/$fetch" --seconds 0.1 --one-by-one 0
    hear_planets
    [ "$(awk '{ print $1 }' "$tmp/planets" | tr '\n' ' ')" = "$planets" ]
    [ "$total" -ge 39 ] # the distances are 3.9 times that of the farthest
    [ "$total" -ge $((sum - 8)) ] || { echo "$line"; return 1; } # each is rounded
    stop fetch
}

@test "fetch prints plain lines into a pipe, and on a terminal one for each server that changes in its place" {
    start fetch env TERM=xterm "$BUILD/tested/$fetch" --seconds 0.05 0
    hear_planets
    ! grep -q $'\033' "$tmp/planets" || { cat -v "$tmp/planets"; return 1; }
    stop fetch
    script -qec true /dev/null > /dev/null 2>&1 || skip "there is no script here, which makes a terminal"
    mkfifo "$tmp/screen"
    script -qec "exec env TERM=xterm $BUILD/tested/$fetch --seconds 0.05 0" /dev/null > "$tmp/screen" < /dev/null 3>&- &
    started+=("$!")
    exec {out}< "$tmp/screen"
    hear_out "*all 8*" > /dev/null
    esc=$'\033'
    # The line of the first one is the eighth above the cursor, and it has begun without a dot.
    [[ $line == *"${esc}[8A"*"${esc}[Kearth    ..........  "*" s mostly harmless${esc}[8B"* ]] || { cat -v <<< "$line"; return 1; }
    [[ $line == *"${esc}[Kearth    .           "* ]] || { cat -v <<< "$line"; return 1; }
}

@test "when a server cannot be asked fetch says why, with status 1 and nothing left" {
    EDDY_FAULTS=connect@3=ECONNREFUSED run "$BUILD/tested/$fetch" --seconds 5 0
    [ "$status" -eq 1 ]
    [[ $output == *"fetch: Connection refused"*"ledger: nothing left"* && $output != *"all 8"* ]] || { echo "$output"; return 1; }
    start fetch "$BUILD/tested/$fetch" --seconds 0.01 0
    run "$BUILD/tested/$fetch" "$port"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "fetch: cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
    [[ ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
    stop fetch
}

# ---- The scanner ------------------------------------------------------------------------------------

@test "ports tells an open port from closed ones, one at a time or many, on each selector" {
    start echo "$BUILD/tested/$echo" --host 127.0.0.1 0
    # The ports around it may be somebody's, so they are not counted.
    first=$((port > 20 ? port - 20 : 1))
    for which in $(selectors); do
        for in_flight in 1 7 ""; do
            # shellcheck disable=SC2086
            EDDY_SELECTOR=$which run "$BUILD/tested/$ports" 127.0.0.1 $first "$port" $in_flight
            [ "$status" -eq 0 ]
            grep -qx "port $port is open" <<< "$output"
            [[ ${lines[-2]} =~ ^([0-9]+)\ open,\ ([0-9]+)\ closed,\ ([0-9]+)\ without\ an\ answer,\ after\ [0-9.]+\ s$ ]] ||
                { echo "$output"; return 1; }
            [ $((BASH_REMATCH[1] + BASH_REMATCH[2] + BASH_REMATCH[3])) -eq $((port - first + 1)) ]
            [[ ${lines[-1]} == "ledger: nothing left"* ]]
        done
    done
    stop echo
    run "$BUILD/tested/$ports" 127.0.0.1 "$port" "$port"
    [[ ${lines[0]} == "0 open, 1 closed, 0 without an answer, after "* ]]
}

@test "never more connects of ports are in flight than one says" {
    needs_strace
    strace -qq -e trace=socket,close -o "$tmp/calls" "$BUILD/chapters/$ports" 127.0.0.1 1 200 5
    awk '/^socket\(/ { is_one[$NF] = 1; if (++now > most) most = now; all++ }
        match($0, /^close\([0-9]*/) && is_one[substr($0, 7, RLENGTH - 6)] { delete is_one[substr($0, 7, RLENGTH - 6)]; now-- }
        END { print all " sockets, at most " most " at once"; exit most != 5 || all < 200 || now != 0 }' "$tmp/calls"
}

@test "ports without enough descriptors goes on with fewer at once; with none at all it is one clear line" {
    run bash -c "ulimit -Sn 12; exec $BUILD/tested/$ports 127.0.0.1 1 50"
    [ "$status" -eq 0 ]
    [[ ${lines[-2]} == *" without an answer, after "* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$output"; return 1; }
    EDDY_FAULTS=socket@1+=EMFILE run "$BUILD/tested/$ports" 127.0.0.1 1 50
    [ "$status" -eq 1 ]
    [[ ${lines[-2]} == "ports: "*"open files"* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$output"; return 1; }
}

@test "a port that does not answer is given up after a second, and the others do not wait for it" {
    [[ $(nc -h 2>&1) == *"[-"*k*"]"* ]] || skip "this nc cannot listen again and again"
    start echo "$BUILD/tested/$echo" --host 127.0.0.1 0
    stop echo # its port is free now
    nc -lk 127.0.0.1 "$port" > /dev/null 2>&1 < /dev/null 3>&- &
    pid=$!
    started+=("$pid")
    for i in {1..200}; do
        [[ $("$BUILD/chapters/$ports" 127.0.0.1 "$port" "$port") != *"1 open"* ]] || break
        kill -0 "$pid" || skip "this nc does not listen"
    done
    kill -STOP "$pid" # the kernel takes as many as its queue has room for, and then no more
    first=$((port > 20 ? port - 20 : 1))
    for i in {1..20}; do
        run "$BUILD/tested/$ports" 127.0.0.1 $first "$port" 5
        [ "$status" -eq 0 ]
        [[ $output == *"port $port is open"* ]] || break
    done
    [[ ${lines[-2]} =~ ,\ ([1-9][0-9]*)\ without\ an\ answer,\ after\ ([0-9]+)\.([0-9][0-9])\ s$ ]] || { echo "$output"; return 1; }
    [ "${BASH_REMATCH[2]}" -ge 1 ]
    [[ ${lines[-1]} == "ledger: nothing left"* ]]
}

@test "ports with a wrong port or number is its usage and status 1" {
    for bad in "0 1" "2 1" "x 1" "1 65536" "1 2 0" "1 2 901" "1 2 x" "1 2 3 4" "1"; do
        # shellcheck disable=SC2086
        run "$BUILD/tested/$ports" 127.0.0.1 $bad
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "usage: ports "* ]]
    done
}

# ---- The classics -----------------------------------------------------------------------------------

# prints PROGRAM LINE...: these are the lines of its stdout, and it leaves nothing.
prints() {
    run "$BUILD/tested/$1"
    shift
    [ "$status" -eq 0 ]
    grep -q "^ledger: nothing left" <<< "$output"
    [ "$(grep -v "^ledger: " <<< "$output")" = "$(printf '%s\n' "$@")" ] || { echo "$output"; return 1; }
}

@test "saad gathers what two coroutines return, in the order of the arguments" {
    prints $saad A --0 --1 --2 --3 --4 B "func()=saad, count()=saad2"
}

@test "results prints the results of all that are done, in the order of the places" {
    prints $results "square(4) is done" "square(3) is done" "result: 9" "result: 16"
}

@test "the classics, ports and fetch without memory are one clear line and status 1" {
    for command in $results $saad "$ports 127.0.0.1 1 2" "$fetch 0"; do
        # shellcheck disable=SC2086
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/"$command
        [ "$status" -eq 1 ]
        [[ ${lines[-2]} == *": "*emory* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$command: $output"; return 1; }
    done
}

# ---- The traps --------------------------------------------------------------------------------------

# trap_prints NAME LINE...: these are its lines, blanks at their beginning left out.
trap_prints() {
    local name=$1
    shift
    run "$BUILD/chapters/07-gather/trap-$name"
    [ "$status" -eq 0 ]
    [ "$(sed 's/^ *//' <<< "$output")" = "$(printf '%s\n' "$@")" ] || { echo "$output"; return 1; }
}

@test "children that are started above the await outlive their frame when a cancel lands there, and debug mode names them" {
    trap_prints started-early "started above the await:" "parent: ECANCELED; I end, and so does my frame" \
        "ann:    I write into a frame; whose is it now?" "bob:    I write into a frame; whose is it now?" \
        "started in the await:" "parent: ECANCELED; I end, and so does my frame"
    EDDY_DEBUG=1 run "$BUILD/chapters/07-gather/trap-started-early"
    [ "$(grep -c '^eddy: parent: it ends before the task child, which lies in its frame$' <<< "$output")" -eq 2 ]
}

@test "a cancel does not reach a group that is joined in the cleanup section alone" {
    trap_prints join-in-cleanup "joined in the cleanup section alone:" "member: OK" "owner:  cancelled, and ended with OK" \
        "joined in the body:" "member: ECANCELED" "owner:  cancelled, and ended with ECANCELED"
}

@test "what is shielded ends after the frame that it lies in, unless the cleanup section awaits it" {
    trap_prints shield "a shield alone:" "order:  ECANCELED" "order:  I end, and so does my frame" "commit: all is written" \
        "awaited in the cleanup section:" "order:  ECANCELED" "commit: all is written" "order:  I end, and so does my frame"
    EDDY_DEBUG=1 run "$BUILD/chapters/07-gather/trap-shield"
    [ "$(grep -c '^eddy: order: it ends before the task commit, which lies in its frame$' <<< "$output")" -eq 1 ]
}

@test "the losers of a wait run on until somebody cancels them" {
    trap_prints wait "wait() alone:" "hare: OK" "race: the first is here" "tortoise: OK" "race: the prize is given" \
        "with an eddy_gather_cancel() of all:" "hare: OK" "race: the first is here" "tortoise: ECANCELED" "race: the prize is given"
}

@test "a time-out of a task that refuses returns late, with the task's result" {
    run "$BUILD/chapters/07-gather/trap-early-result"
    [ "$status" -eq 0 ]
    [ "$(sed 's/^ *//; s/ after .*//' <<< "$output")" = "$(printf '%s\n' "a task that hears:" "task: ECANCELED, I go" \
        "wait_for(0.1 s): ETIMEDOUT" "a task that refuses:" "task: ECANCELED? not now" "task: done" "wait_for(0.1 s): OK")" ]
    [[ $(tail -n 1 <<< "$output") =~ after\ ([0-9]+)\.([0-9])\ s$ ]]
    [ "${BASH_REMATCH[1]}${BASH_REMATCH[2]}" -ge 4 ]
}

# ---- The command line ----------------------------------------------------------------------------

@test "--help of chapter 7's demos names their options, and the port unless one is given" {
    run "$BUILD/chapters/$echo" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: echo "*"25000 unless given"*"--idle SECONDS  how long a client may be silent; 10 unless given"* ]]
    run "$BUILD/chapters/$fetch" --help
    [[ $status -eq 0 && $output == "usage: fetch "*"--one-by-one"*"--seconds SECONDS"* ]]
    for program in $ports $results $saad; do
        run "$BUILD/chapters/$program" --help
        [ "$status" -eq 0 ]
        [[ ${lines[0]} == "usage: ${program#*/}"* ]]
    done
}

@test "a selector that this build does not have is one clear line of each of chapter 7's demos, and nothing is left" {
    for command in "$echo 0" "$fetch 0" "$ports 127.0.0.1 1 2" $results $saad; do
        # shellcheck disable=SC2086
        EDDY_SELECTOR=kqueue run "$BUILD/tested/"$command
        [ "$status" -eq 1 ]
        [[ $output == *": this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"* ]]
        [[ ${lines[-1]} == "ledger: nothing left"* ]]
    done
}
