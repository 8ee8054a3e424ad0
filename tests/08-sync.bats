# Chapter 8: tasks that share, as a person meets them: the chat room in which a slow reader holds up only
# itself, the pool with its gate; what signals and faults do to them; and the chapter's traps.

load support/helpers

chat=08-sync/chat
pool=08-sync/pool

# nobody_reads: the program prints, and waits while nobody takes that.
nobody_reads() {
    cat <&"$out" > "$tmp/printed" 3>&- &
    started+=("$!")
}

# ---- The chat room ---------------------------------------------------------------------------------

# come NAME: a connection of the shell's own enters the room; sets `fd`.
come() {
    connect "$port"
    echo "$1" >&"$fd"
    expect_line "$fd" "Your name?"
    expect_line "$fd" "Welcome, $1."
}

@test "in chapter 8's chat room, what one says all others read, on each selector, and Ctrl-C and SIGTERM end it" {
    for which in $(selectors); do
        for signal in INT TERM; do
            at=${which}_$signal
            EDDY_SELECTOR=$which start chat-$at "$BUILD/tested/$chat" 0
            nc_open ann_$at "$port"
            nc_hear ann_$at "Your name?"
            nc_say ann_$at Ann
            nc_hear ann_$at "Welcome, Ann."
            nc_open bob_$at "$port"
            nc_say bob_$at Bob
            nc_hear bob_$at "Your name?"
            nc_hear bob_$at "Welcome, Bob."
            nc_hear ann_$at "Bob has come"
            nc_say ann_$at "hello"
            nc_say bob_$at "hello yourself"
            nc_hear bob_$at "Ann: hello"
            nc_hear ann_$at "Bob: hello yourself"
            stop chat-$at $signal
        done
    done
}

@test "in chapter 8's chat room a name that is taken, empty or too long is asked for again; who leaves is announced" {
    start chat "$BUILD/tested/$chat" 0
    come Ann
    ann=$fd
    connect "$port"
    printf 'Ann\n\na name of thirty letters or more\nBob\n\033[2Jboo\n' >&"$fd"
    for line in "Your name?" "Ann is here already. Your name?" "a name has 1 to 20 letters. Your name?" \
        "a name has 1 to 20 letters. Your name?" "Welcome, Bob."; do
        expect_line "$fd" "$line"
    done
    expect_line "$ann" "Bob has come"
    expect_line "$ann" "Bob: ?[2Jboo"
    exec {fd}>&-
    expect_line "$ann" "Bob has gone"
    stop chat
}

# Bob says fifty lines, and the next fifty when Ann has read those: she keeps up with him, since an outbox
# has room for 64. Sets `ann`, `sloth`, `bob`; Sloth has read nothing yet.
talk_past_sloth() {
    start chat "$BUILD/tested/$chat" 0
    nobody_reads
    come Sloth
    sloth=$fd
    come Ann
    mkfifo "$tmp/ann.hears"
    grep --line-buffered '[05]0$\|has' <&"$fd" > "$tmp/ann.hears" 3>&- {sloth}>&- &
    started+=("$!")
    exec {ann}< "$tmp/ann.hears"
    come Bob
    bob=$fd
    expect_line "$ann" "Bob has come"
    bob_says 1 "$1"
}

# bob_says FROM TO: numbers, in long lines.
bob_says() {
    local i last
    for ((i = $1; i < $2; i += 50)); do
        # shellcheck disable=SC2046
        printf '%0290d\n' $(seq $i $((i + 49))) >&"$bob"
        printf -v last '%0290d' $((i + 49))
        expect_line "$ann" "Bob: $last"
    done
}

@test "a guest who does not read holds up nobody, misses lines, and is told how many, where they are missing" {
    talk_past_sloth 2000
    echo "that has been all" >&"$bob"
    expect_line "$ann" "Bob: that has been all"
    timeout 10 sed '/that has been all/q' <&"$sloth" > "$tmp/heard"
    # The numbers go on by one, but where a note is: there they go on after as many as it says. (The kernel
    # takes a little more now and then, so there may be several.) The last are there.
    awk '/^Bob: 0/ { n = $2 + 0; if (n != was + 1 + gap) { print "after " was " came " n ", and the note says " gap + 0; bad = 1 }
                was = n; heard++; after++; gap = 0 }
        /^\(you read slowly, and have missed [0-9]+ lines?\)$/ { gap = $7; missed += gap; after = 0 }
        END { print heard " heard, " missed + 0 " missed, " after " after that"
            exit bad || missed == 0 || heard + missed != 2000 || after < 63 }' "$tmp/heard"
    echo "and you, Sloth?" >&"$bob"
    expect_line "$sloth" "Bob: and you, Sloth?"
    echo "here I am" >&"$sloth"
    expect_line "$bob" "Sloth: here I am"
    stop chat
}

@test "a guest who leaves while lines wait for it harms nobody, and Ctrl-C comes soon with such a guest there" {
    talk_past_sloth 1000
    come Snail
    snail=$fd
    exec {sloth}>&- # with lines that it has not read, so it resets the connection
    expect_line "$ann" "Snail has come"
    expect_line "$ann" "Sloth has gone"
    bob_says 1 1000
    stop chat
}

@test "a guest who has said all still reads what was said before" {
    needs_half_close
    start chat "$BUILD/tested/$chat" 0
    come Ann
    ann=$fd
    printf 'Bob\nhello and good-bye\n' | nc -N "$(localhost)" "$port" > "$tmp/bob"
    expect_line "$ann" "Bob has come"
    expect_line "$ann" "Bob: hello and good-bye"
    expect_line "$ann" "Bob has gone"
    [ "$(cat "$tmp/bob")" = "$(printf '%s\n' "Your name?" "Welcome, Bob.")" ]
    stop chat
}

# ---- The pool ----------------------------------------------------------------------------------------

hello() { echo "Each line that you type is a job. $1 wait."; }

# hear_jobs N: what the pool prints until the N-th job is done, in whatever order, to $tmp/jobs.
hear_jobs() {
    local done=0
    : > "$tmp/jobs"
    while [ $done -lt "$1" ] && read -r -t 10 -u "$out" line; do
        echo "$line" >> "$tmp/jobs"
        [[ $line != *": done" ]] || done=$((done + 1))
    done
    [ $done -eq "$1" ] || { cat "$tmp/jobs"; return 1; }
}

@test "who types a job and who looks on see what becomes of it, on each selector, and Ctrl-C and SIGTERM end the pool" {
    for which in $(selectors); do
        for signal in INT TERM; do
            at=${which}_$signal
            EDDY_SELECTOR=$which start pool-$at "$BUILD/tested/$pool" --seconds 0.01 0
            nc_open ann_$at "$port"
            nc_hear ann_$at "$(hello 0)"
            nc_open bob_$at "$port"
            nc_hear bob_$at "$(hello 0)"
            nc_say ann_$at "paint"
            for who in ann bob; do
                nc_hear ${who}_$at "job 1 (paint): queued"
                nc_hear ${who}_$at "job 1: started by worker 1"
                nc_hear ${who}_$at "job 1: done"
            done
            stop pool-$at $signal
        done
    done
}

@test "jobs begin in the order in which they came, three at once at most, and each is queued, started and done once" {
    start pool "$BUILD/tested/$pool" --seconds 0.02 0
    hear_out "*Ctrl-C ends it"
    connect "$port"
    # The gate opens each 4 ms, and a job takes 20, 40 or 60.
    for i in {1..9}; do printf '%0*d\n' $((i % 3 * 10 + 10)) "$i"; done >&"$fd"
    hear_jobs 9
    awk '{ n = $2 + 0 }
        / queued$/ { bad += n != ++queued; state[n] = 1 }
        / started by worker [1-3]$/ { bad += n != ++begun || state[n] != 1 || busy[$NF]; state[n] = 2; busy[$NF] = 1; by[n] = $NF
            if (begun - finished > most) most = begun - finished }
        / done$/ { bad += state[n] != 2; state[n] = 3; busy[by[n]] = 0; finished++ }
        END { print queued, begun, finished, most, bad + 0; exit bad || queued != 9 || begun != 9 || most < 2 || most > 3 }' "$tmp/jobs"
    stop pool
}

@test "no more than five jobs begin within a second" {
    start pool "$BUILD/tested/$pool" 0
    connect "$port"
    expect_line "$fd" "$(hello 0)"
    before=$(milliseconds)
    printf '%s\n' a b c d e f >&"$fd"
    hear_out "job 6: started by worker *"
    [ $(($(milliseconds) - before)) -ge 999 ] || { echo "after $(($(milliseconds) - before)) ms"; return 1; }
    stop pool
}

@test "when the queue is full the client waits, and no job is lost: nc hears of all and ends with the last" {
    needs_half_close
    start pool "$BUILD/tested/$pool" --seconds 0.1 0
    nobody_reads
    seq 40 | nc -N "$(localhost)" "$port" > "$tmp/heard"
    # The queue has room for ten, and three are with the workers.
    grep -q '^job [0-9]* ([0-9]*): waits for room in the queue$' "$tmp/heard" || { cat "$tmp/heard"; return 1; }
    for i in {1..40}; do
        for what in " ($i): queued" ": started by worker [123]" ": done"; do
            [ "$(grep -c "^job $i$what\$" "$tmp/heard")" -eq 1 ] || { echo "job $i: $what"; cat "$tmp/heard"; return 1; }
        done
    done
    stop pool
}

@test "a client that leaves while its job waits for room leaves no job half in" {
    start pool "$BUILD/tested/$pool" --seconds 0.05 0
    connect "$port"
    for i in {1..14}; do echo "twenty bytes of work"; done >&"$fd"
    hear_out "job 14 (*): waits for room in the queue"
    exec {fd}>&- # with lines that it has not read: the next one that is sent to it fails
    hear_jobs 13
    connect "$port"
    expect_line "$fd" "$(hello 0)"
    stop pool
    cat <&"$out" >> "$tmp/jobs"
    # Where nothing is slow, it is gone before there is room.
    [ "$(grep -c "^job 14 (.*queued" "$tmp/jobs")" -eq "$(grep -c "^job 14: done" "$tmp/jobs")" ] || { cat "$tmp/jobs"; return 1; }
}

@test "Ctrl-C of the pool lets in no new job, and comes when those that are in are done" {
    start pool "$BUILD/tested/$pool" --seconds 0.1 0
    connect "$port"
    for i in {1..6}; do echo "twenty bytes of work"; done >&"$fd"
    hear_out "job 6 (*): queued"
    kill -INT "$pid"
    cat <&"$out" > "$tmp/rest"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 0 ]
    grep -qx "job 6: done" "$tmp/rest"
    grep -q '^ledger: nothing left' "$tmp/pool.err" || { cat "$tmp/pool.err"; return 1; }
}

@test "while the pool closes who types a job is told that it is not taken, and a second Ctrl-C ends it at once" {
    start pool "$BUILD/tested/$pool" --seconds 1000 0
    connect "$port"
    echo "long" >&"$fd"
    for line in "$(hello 0)" "job 1 (long): queued" "job 1: started by worker 1"; do expect_line "$fd" "$line"; done
    kill -INT "$pid"
    expect_line "$fd" "the pool closes; jobs to be done before: 1"
    echo "late" >&"$fd"
    expect_line "$fd" "job 2: not taken, the pool closes"
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 130 ]
}

# ---- Both ----------------------------------------------------------------------------------------------

@test "in debug mode chat and pool have nothing to report, and SIGUSR1 shows who waits for what" {
    for program in $chat $pool; do
        name=${program#*/}
        EDDY_DEBUG=1 start "$name" "$BUILD/tested/$program" 0
        connect "$port"
        echo ann >&"$fd"
        read -r -t 10 -u "$fd" line
        read -r -t 10 -u "$fd" line # it is in the room, or in the queue
        kill -USR1 "$pid"
        complains "$name" " awaits queue get"
        grep -q "task 1: $name (chapters/$program.c:[0-9]*) awaits g" "$tmp/$name.err" || { cat "$tmp/$name.err"; return 1; }
        stop "$name"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

@test "without a free descriptor chat and pool rest, use no CPU, and let in who waits when one is free" {
    [ -r /proc/self/stat ] || skip "no /proc to read processor times from"
    for program in $chat $pool; do
        name=${program#*/}
        start "$name" bash -c "ulimit -Sn 16; exec $BUILD/tested/$program 0"
        fds=()
        for i in {0..13}; do
            connect "$port"
            fds+=("$fd")
        done
        read -r -t 10 -u "${fds[0]}" line
        complains "$name" " for now: "
        before=$(ticks "$pid")
        ! read -r -t 0.3 -u "${fds[13]}" line || { echo "the last of 14 was let in: $line"; return 1; }
        [ $(($(ticks "$pid") - before)) -le 2 ] || { echo "it used $(($(ticks "$pid") - before)) ticks while it waited"; return 1; }
        for i in {0..12}; do exec {fds[i]}>&-; done
        read -r -t 10 -u "${fds[13]}" line
        [[ $line == "Your name?" || $line == "$(hello 0)" ]] || { echo "came: $line"; return 1; }
        stop "$name"
    done
}

# What a client says that is there when faults come (talk_to).
words='ann\nhello\n' answers=2

@test "Ctrl-C before any system call of chat or pool ends it tidily" {
    interrupted 7 $chat "$pool --seconds 0.005"
}

@test "a fault of any call of chat or pool ends it with 0 or 1, and nothing is left: a sample" {
    run "$BUILD/tests/faults/programs/programs" "$chat" "$BUILD/tested/$chat"
    [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    EDDY_OPTION=--seconds EDDY_SECONDS=0.005 run "$BUILD/tests/faults/programs/programs" "$pool" "$BUILD/tested/$pool"
    [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
}

@test "chat and pool without memory, or with a port that is taken, are one clear line and status 1" {
    for program in $chat $pool; do
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$program" 0
        [ "$status" -eq 1 ]
        [[ ${lines[-2]} == *": "*emory* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$program: $output"; return 1; }
        start "${program#*/}" "$BUILD/tested/$program" 0
        run "$BUILD/tested/$program" "$port"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == *": cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
        [[ ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
        stop "${program#*/}"
    done
}

# ---- The traps -------------------------------------------------------------------------------------------

# trap_prints NAME LINE...: these are its lines, without blanks at their beginning and what eddy reports.
# The report is in $tmp/report.
trap_prints() {
    local name=$1
    shift
    run "$BUILD/chapters/08-sync/trap-$name"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    sed -n '/^eddy: /,/nobody keeps the loop/p' <<< "$output" > "$tmp/report"
    [ "$(sed '/^eddy: /,/nobody keeps the loop/d; s/^ *//' <<< "$output")" = "$(printf '%s\n' "$@")" ] || { echo "$output"; return 1; }
}

@test "who reads, awaits and writes without a lock loses what others have written meanwhile" {
    trap_prints across "three pay in 10 each, without a lock: the account has 10" \
        "three pay in 10 each, with a lock: the account has 30"
}

@test "two locks that are taken in two orders hang, and the report says who waits and who has the lock" {
    trap_prints two-locks "bob takes the fork first:" "ann: ECANCELED" "bob: ECANCELED" \
        "eddy_run() has returned EDDY_ESTUCK" "both take the knife first:" "ann: I eat" "bob: I eat"
    grep -q "dinner (chapters/08-sync/trap-two-locks.c:[0-9]*) awaits the task ann$" "$tmp/report"
    grep -q "ann (chapters/08-sync/trap-two-locks.c:[0-9]*) awaits lock, which bob has$" "$tmp/report"
}

@test "a condition that is waited for with an if lets two take the one loaf" {
    trap_prints if "if (bread == 0):" "baker: here is one loaf" "ann takes a loaf: 0 left" "baker: I close" \
        "bob takes a loaf: -1 left" "while (bread == 0):" "baker: here is one loaf" "ann takes a loaf: 0 left" \
        "baker: I close" "bob goes home: ECANCELED"
}

@test "a semaphore that wakes and lets try loses the permit with a waiter that goes; one that is handed over goes on" {
    trap_prints lost "a waiter is woken:" "ann has the seat" "ann goes: OK" "bob goes: ECANCELED" "carl goes: ECANCELED" \
        "OK; free seats: 1" "a permit is handed over:" "ann has the seat" "ann goes: OK" "bob has the seat" \
        "bob goes: ECANCELED" "carl has the seat" "carl goes: OK" "OK; free seats: 1"
    grep -q "show (chapters/08-sync/trap-lost.c:[0-9]*) awaits gather: 1 of 3 have not ended$" "$tmp/report"
}

@test "an unlimited queue grows with a maker that is faster; a bounded one makes it wait" {
    trap_prints unbounded "room for all:" "10000 made, 6667 wait" "20000 made, 13334 wait" "30000 made, 20001 wait" \
        "the most that have waited: 20001" "room for ten:" "10000 made, 10 wait" "20000 made, 10 wait" "30000 made, 10 wait" \
        "the most that have waited: 10"
}

# ---- The command line --------------------------------------------------------------------------------------

@test "--help of chapter 8's demos names their options, and the port unless one is given" {
    run "$BUILD/chapters/$chat" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: chat "*"8081 unless given"* ]]
    run "$BUILD/chapters/$pool" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: pool "*"8081 unless given"*"--seconds SECONDS  how long a second is, to watch it slowly; 1 unless given"* ]]
}

@test "a selector that this build does not have is one clear line of each of chapter 8's demos, and nothing is left" {
    for program in $chat $pool; do
        EDDY_SELECTOR=kqueue run "$BUILD/tested/$program" 0
        [ "$status" -eq 1 ]
        [[ $output == *": this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"* ]]
        [[ ${lines[-1]} == "ledger: nothing left"* ]]
    done
}
