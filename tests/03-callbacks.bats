# Chapter 3: the echo server on the loop, and the clock that many watch at once.

load support/helpers

echo=03-callbacks/echo
later=03-callbacks/later
tick=03-callbacks/tick

# ended FD SECONDS: has the connection ended within that time? Bytes that come first are passed over.
ended() {
    local status=0 line
    read -r -t "$2" -u "$1" line || status=$?
    [ "$status" -ne 0 ] && [ "$status" -le 128 ]
}

@test "the echo server serves two nc on each selector, and Ctrl-C and SIGTERM end it tidily with both there" {
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

@test "a client that is silent for too long is shown out, and one that talks stays" {
    start echo "$BUILD/tested/$echo" --idle 3 0
    connect "$port"
    talker=$fd
    connect "$port"
    silent=$fd
    # The talker has come first. When the silent one's time is up, so is its own, had it not talked.
    for i in {1..200}; do
        echo "line $i" >&"$talker"
        expect_line "$talker" "line $i"
        if ended "$silent" 0.05; then break; fi
    done
    [ "$i" -gt 1 ] && [ "$i" -lt 200 ]
    echo "still here" >&"$talker"
    expect_line "$talker" "still here"
    while read -r -t 10 -u "$out" line; do
        [[ $line != *"closed: silent for too long" ]] || break
    done
    [[ $line == *"closed: silent for too long" ]]
    stop echo
}

@test "--help names what a demo has beside the usual, and what it is unless it is given" {
    run "$BUILD/tested/$echo" --help
    [ "$status" -eq 0 ]
    [[ $output == *"[--idle SECONDS]"*"--idle SECONDS "*"60 unless given"* ]]
    run "$BUILD/tested/$tick" --help
    [ "$status" -eq 0 ]
    [[ $output == *"[--pace SECONDS]"*"--pace SECONDS "*"1 unless given"* ]]
}

@test "a number of seconds that is none is one clear line, status 1, and nothing left" {
    for program in "$echo --idle" "$tick --pace"; do
        read -r file option <<< "$program"
        for value in x 1x 0 -1 nan inf 1e9 ""; do
            run "$BUILD/tested/$file" "$option" "$value" 0
            [ "$status" -eq 1 ]
            [ "${lines[0]}" = "${file#*/}: $option: it needs a number of seconds after it; try --help" ]
            [[ ${lines[1]} == "ledger: nothing left"* ]]
            [ "${#lines[@]}" -eq 2 ]
        done
        run "$BUILD/tested/$file" "$option"
        [ "$status" -eq 1 ]
        [ "${lines[0]}" = "${file#*/}: $option: it needs a number of seconds after it; try --help" ]
    done
}

@test "a selector that this build does not have is one clear line of each demo, status 1, and nothing left" {
    for command in "$echo 0" "$tick 0" $later; do
        program=${command% 0}
        # shellcheck disable=SC2086
        EDDY_SELECTOR=kqueue run "$BUILD/tested/"$command
        [ "$status" -eq 1 ]
        [[ $output == *"${program#*/}: this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"* ]]
        [[ ${lines[-1]} == "ledger: nothing left"* ]]
    done
}

@test "when descriptors run out the loop rests, uses no CPU, and serves who waits when one is free, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which survives_without_descriptors "echo-$which" "$BUILD/tested/$echo"
    done
}

@test "in normal use EDDY_DEBUG=1 has nothing to report" {
    for program in $echo $tick; do
        EDDY_DEBUG=1 start "${program#*/}" "$BUILD/tested/$program" 0
        connect "$port"
        echo 0.01 >&"$fd"
        read -r -t 10 -u "$fd" line
        connect "$port"
        stop "${program#*/}"
        [ "$(grep -cv '^ledger: ' "$tmp/${program#*/}.err")" -eq 0 ] || { cat "$tmp/${program#*/}.err"; return 1; }
    done
}

@test "later is called in the order of the times, in whatever order it has asked" {
    run "$BUILD/tested/$later"
    [ "$status" -eq 0 ]
    [[ $output == *"call_soon, after "*"call_at, after "*"call_later, after "* ]] || { echo "$output"; return 1; }
    [[ $output == *"ledger: nothing left"* && ${#lines[@]} -eq 4 ]]
    EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$later"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "later: "*emory* && ${lines[1]} == "ledger: nothing left"* ]] || { echo "$output"; return 1; }
}

@test "each client has a pace of its own, and its ticks are counted from 1" {
    start tick "$BUILD/tested/$tick" --pace 3600 0
    nc_open ann "$port"
    nc_open bob "$port"
    nc_say ann 0.01
    for i in {1..20}; do nc_hear ann "tick $i"; done
    if read -r -t 0.05 -u "$hear_bob" line; then echo "Bob heard: $line"; return 1; fi
    nc_say bob 0.02
    for i in {1..3}; do nc_hear bob "tick $i"; done
    nc_say ann 3600
    nc_say bob 0.01
    for i in {4..10}; do nc_hear bob "tick $i"; done
    stop tick
}

@test "what is no pace is answered with a sentence, and changes nothing" {
    start tick "$BUILD/tested/$tick" --pace 3600 0
    nc_open ann "$port"
    for line in x "" 0 0.001 -1 3601 nan inf "1 2" "$(printf '%0500d' 1)"; do
        nc_say ann "$line"
        nc_hear ann "a number of seconds, please: 0.01 to 3600"
    done
    nc_say ann 0.01
    nc_hear ann "tick 1"
    stop tick
}

@test "a client that does not read misses what there is no room for, and costs nobody" {
    start tick "$BUILD/tested/$tick" --pace 3600 0
    nc_open ann "$port"
    nc_say ann 0.02
    nc_hear ann "tick 1"
    connect "$port"
    # Each wrong line is answered with 42 bytes: more than the kernel keeps for one who never reads.
    yes x 2> /dev/null | head -n 500000 >&"$fd"
    for i in {2..5}; do nc_hear ann "tick $i"; done
    exec {fd}>&-
    for i in {6..8}; do nc_hear ann "tick $i"; done
    stop tick
}
