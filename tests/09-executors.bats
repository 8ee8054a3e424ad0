# Chapter 9: executors as a person meets them: the server that computes for many, the classics of
# concurrent.futures and multiprocessing; what signals and faults do to them; and the chapter's traps.

load support/helpers

room=09-executors
compute=$room/compute

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
    heard "sorry: it is broken: *"
    echo "time" >&"$fd"
    heard "open for *"
    stop compute
}

@test "a fault of any call of compute ends it with 0 or 1, and nothing is left, in threads and in processes: a sample" {
    for mode in threads processes; do
        EDDY_OPTION=$mode run "$BUILD/tests/faults/programs/programs" "$compute $mode" "$BUILD/tested/$compute"
        [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    done
}

# ---- The command line --------------------------------------------------------------------------------

@test "--help of chapter 9's demos says what they do, and what they cannot understand is one clear line" {
    run "$BUILD/chapters/$compute" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: compute "*"loop, threads (unless given) or processes"*"8081 unless given"* ]]
    run "$BUILD/chapters/$compute" prosesses
    [ "$status" -eq 1 ]
    [ "$output" = "compute: 'prosesses': not a port: a port is a whole number from 0 to 65535; try --help" ]
}
