# Chapter 4: futures as a person meets them: the slow operation, the desk that looks things up, the
# echo server whose steps are operations, and a program that waits for what never comes.

load support/helpers

echo=04-futures/echo
lookup=04-futures/lookup
slow=04-futures/slow

ann="ann is in team tools on floor 3: call 303"
carl="carl is in team press on floor 1: call 101"
dora="dora is in team night; nobody knows where that sits"

@test "the slow operation is done after a second" {
    before=$(date +%s%N)
    run "$BUILD/tested/$slow"
    after=$(date +%s%N)
    [ "$status" -eq 0 ]
    [[ $output == *"future is done"* && $output == *"ledger: nothing left"* ]]
    [ $(((after - before) / 1000000)) -ge 990 ] || { echo "after $(((after - before) / 1000000)) ms"; return 1; }
}

@test "the slow operation without memory is one clear line and status 1" {
    EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$slow"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "slow: "*emory* ]]
    [[ ${lines[1]} == "ledger: nothing left"* ]]
}

@test "a program that waits for what nobody can finish says who waits and where, and ends" {
    cat > "$tmp/stuck.c" << 'TEXT'
#include "until_complete.h"

static struct eddy_future answer;

static void ask(struct eddy_loop *loop)
{
    eddy_future_init(&answer, loop);
}

static int listen_for_it(struct eddy_loop *loop)
{
    return eddy_loop_run_until_complete(loop, &answer);
}

int main(void)
{
    struct eddy_loop loop;
    int err = eddy_loop_open(&loop, NULL);

    ask(&loop);
    if (err == 0)
        err = listen_for_it(&loop);
    eddy_loop_close(&loop);
    return err < 0;
}
TEXT
    # As the library was compiled; behind the flags stand other words.
    compiler=$(sed 's/ -.*//' "$BUILD/flags")
    flags=$(tr ' ' '\n' < "$BUILD/flags" | grep '^-')
    # shellcheck disable=SC2046,SC2086
    $compiler $flags $(printf -- '-iquote %s ' lib/0[1-4]-*) -o "$tmp/stuck" "$tmp/stuck.c" "$BUILD/stage-04/libeddy.a"
    for which in $(selectors); do
        EDDY_SELECTOR=$which run timeout 10 "$tmp/stuck"
        [ "$status" -eq 1 ] || { echo "$which: status $status: $output"; return 1; }
        [ "${lines[0]}" = "eddy: stuck: nobody can finish what listen_for_it ($tmp/stuck.c:12) waits for" ]
        [ "${lines[1]}" = "    it waits for   future, made in ask ($tmp/stuck.c:7)" ]
        [ "${lines[2]}" = "    called then    nobody" ]
        [ "${#lines[@]}" -eq 5 ]
    done
}

@test "the desk answers several nc at once, each its own, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start lookup-$which "$BUILD/tested/$lookup" --seconds 0.02 0
        [ "$first" = "lookup: listening on port $port; in another terminal, type:  nc localhost $port" ]
        for client in one two three; do nc_open ${client}_$which "$port"; done
        nc_say one_$which ann
        nc_say two_$which carl
        nc_say three_$which dora
        nc_hear three_$which "$dora"
        nc_hear two_$which "$carl"
        nc_hear one_$which "$ann"
        nc_say one_$which bob
        nc_hear one_$which "bob${ann#ann}"
        stop lookup-$which
    done
}

@test "nobody waits for another's lookup" {
    start lookup "$BUILD/tested/$lookup" --seconds 0.05 0
    before=$(date +%s%N)
    local fds=()
    for i in {0..19}; do
        connect "$port"
        fds+=("$fd")
        echo ann >&"$fd"
    done
    for i in {0..19}; do expect_line "${fds[i]}" "$ann"; done
    after=$(date +%s%N)
    # Three books of 0.05 seconds each; one after the other, the twenty would take 3 seconds.
    [ $(((after - before) / 1000000)) -ge 145 ]
    [ $(((after - before) / 1000000)) -lt 2500 ] || { echo "after $(((after - before) / 1000000)) ms"; return 1; }
    stop lookup
}

@test "several questions in one write are answered in their order, whatever they are" {
    start lookup "$BUILD/tested/$lookup" --seconds 0.01 0
    before=$(date +%s%N)
    connect "$port"
    long=$(printf '%0300d' 0)
    printf 'ann\neve\n\n%s\ncarl\r\n%%s%%n\ndora\n' "$long" >&"$fd"
    expect_line "$fd" "$ann"
    expect_line "$fd" "nobody here is called eve"
    expect_line "$fd" "nobody here is called"
    expect_line "$fd" "nobody here is called ${long:0:63}"
    expect_line "$fd" "$carl"
    expect_line "$fd" "nobody here is called %s%n"
    expect_line "$fd" "$dora"
    # They are looked up in twelve books: 0.12 seconds. At half a second each it would be six.
    [ $((($(date +%s%N) - before) / 1000000)) -lt 5000 ]
    printf 'ann' >&"$fd" # and leaves in the middle of a word
    exec {fd}>&-
    hear_out "*closed"
    stop lookup
}

@test "clients that leave while they are looked up for harm nobody" {
    start lookup "$BUILD/tested/$lookup" --seconds 0.05 0
    for i in {0..9}; do
        connect "$port"
        printf 'ann\ncarl\n' >&"$fd"
        exec {fd}>&-
    done
    asks dora "$dora"
    for i in {0..10}; do hear_out "*closed"; done
    stop lookup
}

@test "Ctrl-C in the middle of a lookup leaves nothing, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start lookup-$which "$BUILD/tested/$lookup" --seconds 1000 0
        connect "$port"
        hear_out "*connected*"
        echo ann >&"$fd"
        connect "$port" # when this one has come in, the question has
        hear_out "*connected*"
        stop lookup-$which
    done
}

@test "without a free descriptor the desk goes on, and serves who waits when one is free" {
    start lookup bash -c "ulimit -Sn 16; exec $BUILD/tested/$lookup --seconds 0.01 0"
    local fds=()
    for i in {0..7}; do
        connect "$port"
        fds+=("$fd")
        echo ann >&"$fd"
    done
    expect_line "${fds[0]}" "$ann"
    complains lookup "no more clients for now: " # not before it has come to the one that is too many
    for i in {0..6}; do exec {fds[i]}>&-; done
    expect_line "${fds[7]}" "$ann"
    stop lookup
}

@test "echo --idle ends who is silent, and keeps who talks" {
    start echo "$BUILD/tested/$echo" --idle 0.7 0
    connect "$port"
    talker=$fd
    connect "$port"
    silent=$fd
    for ((i = 0; ; i++)); do
        echo "still here: $i" >&"$talker"
        expect_line "$talker" "still here: $i"
        status=0
        read -r -t 0.05 -u "$silent" line || status=$?
        [ "$status" -gt 128 ] || break # that was a time-out; the end is 1
        [ "$i" -lt 200 ] || { echo "the silent one is still there"; return 1; }
    done
    [ "$status" -eq 1 ]
    echo "and now" >&"$talker"
    expect_line "$talker" "and now"
    hear_out "*closed: silent for too long"
    stop echo
}

@test "echo --idle ends who takes nothing: what is being sent is cancelled, too" {
    start echo "$BUILD/tested/$echo" --idle 0.3 0
    connect "$port"
    yes "$(printf '%0400d' 7)" >&"$fd" 2> /dev/null 3>&- & # and nobody reads the answers
    started+=("$!")
    hear_out "*closed: silent for too long"
    stop echo
}

@test "echo goes on without a free descriptor, uses no CPU, and serves who waits when one is free" {
    survives_without_descriptors echo "$BUILD/tested/$echo"
}

@test "in debug mode echo and the desk have nothing to report" {
    export EDDY_DEBUG=1
    start echo "$BUILD/tested/$echo" 0
    nc_open eve "$port"
    nc_say eve hello
    nc_hear eve hello
    stop echo
    start lookup "$BUILD/tested/$lookup" --seconds 0.01 0
    asks ann "$ann"
    stop lookup
    [ "$(cat "$tmp/echo.err" "$tmp/lookup.err" | grep -vc '^ledger')" -eq 0 ] || { cat "$tmp"/*.err; return 1; }
}

@test "--help names each demo's options" {
    run "$BUILD/chapters/$echo" --help
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "usage: echo "*"--idle SECONDS"* ]]
    run "$BUILD/chapters/$lookup" --help
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "usage: lookup "*"--seconds SECONDS"* ]]
    run "$BUILD/chapters/$slow" --help
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "usage: slow" ]]
}

@test "a time that is none is one clear line and status 1" {
    for bad in -1 0 soon 1s nan inf ""; do
        run "$BUILD/tested/$echo" --idle "$bad" 0
        [ "$status" -eq 1 ]
        [ "${lines[0]}" = "echo: --idle: it needs a number of seconds after it; try --help" ]
        [[ ${lines[1]} == "ledger: nothing left"* ]]
    done
    run "$BUILD/tested/$lookup" --seconds
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "lookup: --seconds: it needs a number of seconds after it; try --help" ]
}
