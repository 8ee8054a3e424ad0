# Chapter 9: executors as a person meets them: the server that computes for many, the classics of
# concurrent.futures and multiprocessing; what signals and faults do to them; and the chapter's traps.

load support/helpers

room=09-executors
compute=$room/compute
echo=$room/echo

# Takes some seconds, if nobody stops it.
long="prime 18446744073709551557"

# ---- The server that computes ------------------------------------------------------------------------

@test "compute answers two nc in the loop, in threads and in processes, on each selector, and Ctrl-C and SIGTERM end it" {
    for which in $(selectors); do
        for mode in loop threads processes; do
            for signal in INT TERM; do
                at=${which}_${mode}_$signal
                EDDY_SELECTOR=$which start compute-$at "$BUILD/tested/$compute" 0 $mode
                hear_out "compute: it computes in *${mode}"
                nc_open ann_$at "$port"
                nc_open bob_$at "$port"
                nc_say ann_$at "prime 97"
                nc_hear ann_$at "97 is a prime"
                nc_say bob_$at "prime 91"
                nc_hear bob_$at "91 is 7 times 13"
                stop compute-$at $signal
            done
        done
    done
}

@test "each question has its answer, and so has what is none; sum says what cksum does" {
    printf 'one\ntwo or three\nthree\n' > "$tmp/text"
    for mode in loop threads processes; do
        start compute-$mode "$BUILD/tested/$compute" 0 $mode
        connect "$port"
        printf '%s\n' "prime 18446744073709551616" "prime 0" "prime -7" "prime 2" "sum $tmp/text" "sum $tmp" "sum $tmp/none" \
            "sum $tmp/$(printf '%0300d' 0)" "find three $tmp/text" "find four $tmp/text" "ann" "" "prime" "time" >&"$fd"
        for answer in "'18446744073709551616' is no number that fits; try prime 97" "0 is no prime" \
            "'-7' is no number that fits; try prime 97" "2 is a prime" "$(cksum "$tmp/text")" \
            "cannot read $tmp: it is no plain file" "cannot read $tmp/none: No such file or directory" \
            "cannot read $tmp/000*" "2 of 3 lines have three, line 2 is the first" "no line of 3 has four" \
            "ann[?] Type prime N, sum PATH, find TEXT PATH or time" "What[?] Type prime N, sum PATH, find TEXT PATH or time" \
            "prime[?] Type prime N, sum PATH, find TEXT PATH or time" "open for [0-9]*.[0-9][0-9][0-9] s"; do
            heard "$answer"
        done
        stop compute-$mode
    done
}

@test "while others compute, in threads or processes, the loop answers at once, and Ctrl-C comes through" {
    for mode in threads processes; do
        start compute-$mode "$BUILD/tested/$compute" 0 $mode
        for i in {1..6}; do # more than there are workers
            connect "$port"
            echo "$long" >&"$fd"
        done
        connect "$port"
        echo "time" >&"$fd"
        heard "open for *"
        stop compute-$mode
    done
}

@test "while somebody computes in the loop all others wait, also Ctrl-C; a second signal kills" {
    start compute "$BUILD/tested/$compute" 0 loop
    connect "$port"
    echo "$long" >&"$fd"
    connect "$port"
    echo "time" >&"$fd"
    ! read -r -t 0.2 -u "$fd" line || { echo "came: $line"; return 1; }
    kill -INT "$pid"
    ! read -r -t 0.1 -u "$fd" line || { echo "came: $line"; return 1; }
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -ge 128 ]
}

@test "a worker of compute that is killed breaks its pool: who waits is told, and who asks afterwards; the loop goes on" {
    start compute "$BUILD/tested/$compute" 0 processes
    for i in {1..4}; do # so all workers compute
        connect "$port"
        echo "$long" >&"$fd"
    done
    ann=$fd
    connect "$port"
    echo "time" >&"$fd"
    heard "open for *" # and the last of them has said its line before
    kill -KILL "$(pgrep -P "$pid" | head -n 1)"
    fd=$ann
    heard "sorry: worker * was killed by signal 9"
    echo "prime 97" >&"$fd"
    heard "sorry: worker * was killed by signal 9"
    echo "time" >&"$fd"
    heard "open for *"
    stop compute
}

@test "a fault of any call of compute, and of echo with its log, ends it with 0 or 1, and nothing is left: a sample" {
    run "$BUILD/tests/faults/programs/programs" "$compute" "$BUILD/tested/$compute"
    [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    EDDY_OPTION=--log EDDY_SECONDS=$tmp/log run "$BUILD/tests/faults/programs/programs" "$echo" "$BUILD/tested/$echo"
    [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
}

@test "latency measures compute in each of its modes, and leaves no server" {
    "$BUILD/tested/$room/latency" 0.01 > "$tmp/printed" 2> "$tmp/err"
    sed 's/[0-9]*\.[0-9][0-9] ms/N ms/g' "$tmp/printed" |
        diff - <(printf '%-9s  median N ms, 99 of 100 within N ms\n' loop threads processes)
    [ "$(grep -c '^ledger: nothing left' "$tmp/err")" -eq 4 ] || { cat "$tmp/err"; return 1; }
}

# What those calls that have to do with threads and processes may fail with.
plausible="calloc=ENOMEM pipe=EMFILE socketpair=EMFILE socket=EMFILE pthread_atfork=ENOMEM
    pthread_mutex_init=EAGAIN pthread_create=EAGAIN pthread_cond_init=ENOMEM fork=EAGAIN poll=ENOMEM
    epoll_create1=EMFILE epoll_ctl_add=ENOSPC getsockname=ENOBUFS bind=EADDRINUSE listen=EADDRINUSE
    connect=ECONNREFUSED sigaction_install=EINVAL"

@test "a fault of a call of the classics, or of compute with processes, ends it with 0 or 1, and nothing is left: a sample" {
    words='prime 97\n' answers=1
    talk_to $compute "" processes
    [ "$status" -eq 0 ]
    for fault in $(faults_of 8 4 $plausible); do
        talk_to $compute "$fault" processes
        [[ $status -le 1 && $(tail -n 1 "$tmp/err") == "ledger: nothing left"* ]] || { echo "$fault: $status"; cat "$tmp/err"; return 1; }
    done
    for name in primes apply future await fetch; do
        EDDY_FAULTS_COUNTS=$tmp/counts "$BUILD/tested/$room/$name" > /dev/null 2>&1
        for fault in $(faults_of 8 4 $plausible); do
            status=0
            EDDY_FAULTS=$fault timeout 10 "$BUILD/tested/$room/$name" > "$tmp/printed" 2> "$tmp/err" || status=$?
            [[ $status -le 1 && $(tail -n 1 "$tmp/err") == "ledger: nothing left"* ]] ||
                { echo "$name: $fault: $status"; cat "$tmp/printed" "$tmp/err"; return 1; }
            [[ $status -eq 0 || $(cat "$tmp/err") == "$name: "* ]] || { echo "$name: $fault"; cat "$tmp/err"; return 1; }
        done
    done
}

# ---- The echo server ---------------------------------------------------------------------------------

@test "the echo server that logs serves two nc on each selector, has a line for each in its file, and ends by Ctrl-C and SIGTERM" {
    for which in $(selectors); do
        for signal in INT TERM; do
            at=${which}_$signal
            EDDY_SELECTOR=$which start echo-$at "$BUILD/tested/$echo" --log "$tmp/log" 0
            nc_open ann_$at "$port"
            nc_open bob_$at "$port"
            nc_say bob_$at "I am Bob"
            nc_hear bob_$at "I am Bob"
            nc_say ann_$at "and I am Ann"
            nc_hear ann_$at "and I am Ann"
            stop echo-$at $signal
            cat <&"$out" | grep connected | sort > "$tmp/said"
            diff "$tmp/said" <(sort "$tmp/log")
            [ "$(wc -l < "$tmp/log")" -eq 2 ]
            rm "$tmp/log"
        done
    done
}

@test "a log is added to; one that cannot be opened is one clear line; a full disk is told, and the client is served" {
    echo "before" > "$tmp/log"
    start echo "$BUILD/tested/$echo" 0 --log "$tmp/log"
    connect "$port"
    echo "hello" >&"$fd"
    expect_line "$fd" "hello"
    stop echo
    [[ $(cat "$tmp/log") == "before"$'\n'"["*"] connected: "* ]]
    run "$BUILD/tested/$echo" --log "$tmp/none/log" 0
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "echo: $tmp/none/log: No such file or directory" && ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
    [ -w /dev/full ] || skip "there is no /dev/full"
    start full "$BUILD/tested/$echo" --log /dev/full 0
    connect "$port"
    echo "hello" >&"$fd"
    expect_line "$fd" "hello"
    complains full "echo: /dev/full: No space left on device"
    stop full
}

# ---- Both ----------------------------------------------------------------------------------------------

@test "in debug mode compute and echo have nothing to report, and SIGUSR1 shows who waits for a job" {
    EDDY_DEBUG=1 start compute "$BUILD/tested/$compute" 0
    connect "$port"
    echo "$long" >&"$fd"
    connect "$port"
    echo "time" >&"$fd"
    heard "open for *" # so the other one computes
    kill -USR1 "$pid"
    complains compute "client (chapters/$compute.c:[0-9]*) awaits job$"
    stop compute
    EDDY_DEBUG=1 start echo "$BUILD/tested/$echo" --log "$tmp/log" 0
    connect "$port"
    echo "hello" >&"$fd"
    expect_line "$fd" "hello"
    stop echo
    for name in compute echo; do
        [ "$(grep -cv '^ledger: \|task' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

@test "Ctrl-C before any system call of compute or echo ends it tidily" {
    words='prime 97\n' answers=1
    uninterrupted=fcntl_getfd # the ledger looks at all descriptors
    interrupted 11 $compute "$compute processes" "$echo --log $tmp/log"
}

@test "compute and echo without memory, with a port that is taken, or a selector that is none, are one clear line" {
    for program in $compute $echo; do
        name=${program#*/}
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$program" 0
        [ "$status" -eq 1 ]
        [[ ${lines[-2]} == *": "*emory* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$program: $output"; return 1; }
        start "$name" "$BUILD/tested/$program" 0
        run "$BUILD/tested/$program" "$port"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == *": cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
        [[ ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]] || { echo "$program: $output"; return 1; }
        stop "$name"
        EDDY_SELECTOR=kqueue run "$BUILD/tested/$program" 0
        [[ $status -eq 1 && ${lines[0]} == *": this build has no selector of that name (EDDY_SELECTOR: "* ]]
    done
}

# ---- The classics --------------------------------------------------------------------------------------

# prints PROGRAM [ARGUMENT] -- LINE...: these are its lines, status 0, and nothing is left.
prints() {
    local command=()
    while [ "$1" != -- ]; do
        command+=("$1")
        shift
    done
    shift
    "$BUILD/tested/$room/${command[@]}" > "$tmp/printed" 2> "$tmp/ledger" || { cat "$tmp/printed" "$tmp/ledger"; return 1; }
    diff <(printf '%s\n' "$@") "$tmp/printed"
    [[ $(cat "$tmp/ledger") == "ledger: nothing left"* ]] || { cat "$tmp/ledger"; return 1; }
}

@test "primes prints each answer as it comes, and then all in the order of the numbers, as Python does" {
    in_order=("(25, False)" "(61, True)" "(29, True)" "(50, False)" "(109, True)")
    prints primes 1 -- "25 False" "61 True" "29 True" "50 False" "109 True" "${in_order[@]}"
    "$BUILD/tested/$room/primes" > "$tmp/printed"
    diff <(sed 5q "$tmp/printed" | sort -n) <(printf '%s\n' "25 False" "29 True" "50 False" "61 True" "109 True")
    diff <(sed 1,5d "$tmp/printed") <(printf '%s\n' "${in_order[@]}")
}

@test "apply prints what pools of one and of four processes return, callbacks first; close refuses, terminate cuts short" {
    some=("  callback: 100" "  get(): 100" "  map(): [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]")
    prints apply -- "a pool of 1, and close():" "${some[@]}" "  error callback: it is closed" \
        "a pool of 4, and terminate():" "${some[@]}" "  get(): ETIMEDOUT" \
        "  error callback: the pool was terminated" "  get(): EDDY_EBROKEN"
}

@test "future shows a job that runs, one that is cancelled, and one that fails, and when callbacks are called" {
    prints future -- "first: running() True, done() False, cancelled() False" "first: cancel() False" \
        "first: result() fails with ETIMEDOUT, \"Connection timed out\"" \
        "second: running() False, done() False, cancelled() False" "second: cancel() True" \
        "second: running() False, done() True, cancelled() True" \
        "second: result() fails with ECANCELED, \"Operation canceled\"" "first: error() EDDY_EPENDING" \
        "the gate is opened" "done-callback: error() OK" "first: result() 42" \
        "first: running() False, done() True, cancelled() False" "third: result() fails with EDOM, \"-1 is negative\"" \
        "done-callback: error() EDOM"
}

@test "await awaits a function that blocks while a clock ticks, and one that computes in threads and in processes" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which prints await -- "tick 1" "tick 2" "tick 3" "default thread pool: all has come" \
            "custom thread pool: 333332833333500000" "custom process pool: 333332833333500000"
    done
}

@test "fetch loads five pages of its own server at once, prints what Python prints, and its server has gone" {
    start fetch "$BUILD/tested/$room/fetch"
    { echo "$first" && cat <&"$out"; } | sed 's/:[0-9][0-9]*\//:PORT\//' | sort > "$tmp/printed"
    wait "$pid"
    diff "$tmp/printed" <(printf "'http://localhost:PORT/%s\n" "gone' generated an exception: HTTP Error 404: Not Found" \
        "map' page is 48000 bytes" "news' page is 1270 bytes" "poem' page is 640 bytes" "song' page is 3100 bytes")
    [[ $(cat "$tmp/fetch.err") == "ledger: nothing left"* ]] || { cat "$tmp/fetch.err"; return 1; }
    ! pgrep -f "$BUILD/tested/$room/fetch"
}

@test "fetch tells of each URL that cannot be loaded why, and its server ends when fetch is killed" {
    start compute "$BUILD/tested/$compute" 0 # which speaks no HTTP
    "$BUILD/tested/$room/fetch" http://localhost:1/ https://localhost/ "http://localhost:$port/x?y" > "$tmp/printed" 2> "$tmp/err"
    diff <(sort "$tmp/printed") <(printf '%s\n' "'http://localhost:$port/x?y' generated an exception: the answer is not HTTP" \
        "'http://localhost:1/' generated an exception: Connection refused" \
        "'https://localhost/' generated an exception: unknown url type: it begins with http:// here" | sort)
    stop compute
    start fetch "$BUILD/chapters/$room/fetch"
    kill -KILL "$pid"
    cat <&"$out" > /dev/null # ends when the server, which has the same stdout, does
}

# ---- The traps ---------------------------------------------------------------------------------------

@test "a job that waits for a job of its own full pool is told that it would wait for ever; with a second thread it gets it" {
    prints trap-full -- "1 thread:" "  outer waits for inner: EDDY_EDEADLOCK" "  main waits for outer: EDDY_EDEADLOCK" \
        "2 threads:" "  inner runs" "  outer waits for inner: OK" "  main waits for outer: OK"
}

@test "a global that a job changes in a process is changed there alone" {
    prints trap-global -- "in a thread: 1 2 3; the counter of main() is 3" "in a process: 41 42 43; the counter of main() is 0"
}

@test "a pointer that is sent to a process leads to what was there when the pool was opened" {
    prints trap-pointer -- "a pointer is sent: hello, nobody" "the text is sent: hello, Ann"
}

@test "a pool of processes is refused while threads run" {
    prints trap-late -- "a thread runs:" \
        "  a pool of processes: EDDY_ETHREADS: it forks, so it must be opened before threads are started" \
        "it has ended:" "  a pool of processes: OK"
}

@test "a call that blocks in the loop waits in vain for a tick of the loop's clock; in a thread it hears it" {
    ticks=("  tick 1" "  tick 2" "  tick 3")
    for which in $(selectors); do
        EDDY_SELECTOR=$which prints trap-blocking -- "in the loop:" "  the call: ETIMEDOUT" "${ticks[@]}" \
            "in a thread:" "${ticks[@]}" "  the call: OK"
    done
}

@test "a signal is handled in a thread that does not block it, in the middle of its work; in a pool's thread never" {
    prints trap-signal -- "a thread of our own: the handler has run in the thread that works" \
        "a thread of a pool: the handler has run in main()"
}

# ---- The command line --------------------------------------------------------------------------------

@test "--help of chapter 9's demos says what they do, and what they cannot understand is one clear line" {
    run "$BUILD/chapters/$compute" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: compute "*"loop, threads (unless given) or processes"*"8081 unless given"* ]]
    run "$BUILD/chapters/$compute" prosesses
    [ "$status" -eq 1 ]
    [ "$output" = "compute: 'prosesses': not a port: a port is a whole number from 0 to 65535; try --help" ]
    for name in primes apply future await fetch latency; do
        run "$BUILD/chapters/$room/$name" --help
        [[ $status -eq 0 && $output == "usage: $name"* ]] || { echo "$name: $output"; return 1; }
        run "$BUILD/chapters/$room/$name" -3
        [[ $status -eq 1 && $output == "usage: $name"* ]] || { echo "$name: $output"; return 1; }
    done
}
