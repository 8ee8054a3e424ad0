# Chapter 1: the echo server as a person meets it. What every echo server must do is in the
# conformance driver (tests/conformance), the modules' own tests are in tests/01-select-echo/.

load support/helpers

echo=01-select-echo/echo

@test "the demo prints the nc line to type" {
    start echo "$BUILD/tested/$echo" 0
    [ "$first" = "echo: listening on port $port; in another terminal, type:  nc localhost $port" ]
    stop echo
}

@test "two nc at once get their own lines back" {
    start echo "$BUILD/tested/$echo" 0
    nc_open ann "$port"
    nc_open bob "$port"
    nc_say bob "I am Bob"
    nc_hear bob "I am Bob"
    nc_say ann "and I am Ann"
    nc_hear ann "and I am Ann"
    nc_say bob "goodbye"
    nc_hear bob "goodbye"
    stop echo
}

@test "SIGTERM ends it as Ctrl-C does, with clients connected" {
    start echo "$BUILD/tested/$echo" 0
    nc_open ann "$port"
    nc_say ann "hello"
    nc_hear ann "hello"
    stop echo TERM
}

@test "a busy port is one clear line, status 1, and nothing left" {
    start echo "$BUILD/tested/$echo" 0
    run "$BUILD/tested/$echo" "$port"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "echo: cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
    [ "${lines[1]}" = "ledger: nothing left: no descriptor, child, thread or heap block" ]
    [ "${#lines[@]}" -eq 2 ]
    stop echo
}

@test "the blocking server, too, names a busy port and a way out" {
    start echo "$BUILD/tested/$echo" --host 127.0.0.1 0
    run timeout 5 "$BUILD/chapters/01-select-echo/blocking" "$port"
    [ "$status" -eq 1 ]
    [[ $output == "blocking: cannot listen on port $port: Address "*"in use (port 0 picks a free one)" ]]
    stop echo
}

@test "a bad port is one clear line and status 1" {
    for bad in 80x 70000 -1 "" " 80" 0x50; do
        run "$BUILD/chapters/$echo" "$bad"
        [ "$status" -eq 1 ]
        [ "$output" = "echo: '$bad': not a port: a port is a whole number from 0 to 65535; try --help" ]
    done
    run "$BUILD/chapters/$echo" --hlep
    [ "$status" -eq 1 ]
    [ "$output" = "echo: --hlep: there is no such option; try --help" ]
    run "$BUILD/chapters/$echo" --host
    [ "$status" -eq 1 ]
    [ "$output" = "echo: --host: it needs a host after it; try --help" ]
    run "$BUILD/chapters/$echo" 8081 8082
    [ "$status" -eq 1 ]
    [ "$output" = "echo: '8082': one port is enough; try --help" ]
}

@test "a port without permission is one clear line, status 1, and nothing left" {
    EDDY_FAULTS=bind@1+=EACCES run "$BUILD/tested/$echo" 80
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "echo: cannot listen on localhost port 80: Permission denied" ]
    [ "${lines[1]}" = "ledger: nothing left: no descriptor, child, thread or heap block" ]
}

@test "a host that does not exist is one clear line and status 1" {
    run "$BUILD/chapters/$echo" --host "no such host" 0
    [ "$status" -eq 1 ]
    [[ $output == "echo: cannot listen on no such host port 0: no such host"* ]]
}

@test "--help tells what it does and what it takes" {
    run "$BUILD/chapters/$echo" --help
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "usage: echo "* ]]
    [[ $output == *"8081"* ]]
}

@test "IPv6 clients are served, too" {
    [ -f /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 || skip "no IPv6 on this machine"
    start echo "$BUILD/tested/$echo" --host ::1 0
    nc_open ann "$port" ::1
    nc_say ann "over IPv6"
    nc_hear ann "over IPv6"
    stop echo
}

@test "without a free descriptor it goes on, uses no CPU, and serves who waits when one is free" {
    survives_without_descriptors echo "$BUILD/tested/$echo"
}

@test "a client beyond FD_SETSIZE is refused, and those before it are served on" {
    needs_descriptors 2500
    start echo "$BUILD/tested/$echo" 0
    local fds=()
    for i in {0..1029}; do
        connect "$port"
        fds+=("$fd")
    done
    echo "first" >&"${fds[0]}"
    expect_line "${fds[0]}" "first"
    echo "the thousandth" >&"${fds[999]}"
    expect_line "${fds[999]}" "the thousandth"
    complains echo "no more clients for now"
    stop echo
}

@test "the server of the opening, which blocks, is told apart by the conformance driver" {
    EDDY_PATIENCE=1 run "$BUILD/tests/conform" --only silent "$BUILD/tested/01-select-echo/blocking" 0
    [ "$status" -ne 0 ]
    [[ $output == *"not ok"* ]]
}
