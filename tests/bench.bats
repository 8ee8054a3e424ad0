# The bench: not how fast anything is, but that every row is measured and everything is ended; and
# what can be counted is counted.

load support/helpers

bench_build() { make -s --no-print-directory "BUILD=$BUILD" bench-build; }

# The micro programs that there are on this system.
micro_programs() {
    for name in micro micro_limit micro_libuv; do
        [ ! -x "$BUILD/bench/$name" ] || echo "$BUILD/bench/$name"
    done
    ! python3 -c 'import asyncio' 2> /dev/null || echo "python3 tests/bench/micro_asyncio.py"
}

@test "a short round of the bench measures every chapter's server and every operation, and leaves nothing running" {
    bench_build
    run sh tests/bench/bench.sh "$BUILD" --quick
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    for source in chapters/*/echo.c; do
        room=$(basename "$(dirname "$source")")
        # twice: for the echo, and for the ping
        [ "$(grep -c "^$room.* ns" <<< "$output")" -ge 2 ] || { echo "no row for $room:"; echo "$output"; return 1; }
    done
    for metric in soon_chain soon_batch1000 timer_add timer_fire timer_cancel wake_roundtrip task_once task_switch mem_sleeping_task gather_100k recv wait_for_recv recv_later wait_for_recv_later queue_100 queue_1 semaphore_10 process_64 thread_64 pool_roundtrip pool_throughput late_p99 spawn_wait spawn_16; do
        grep -q "^$metric  *\(-  *\)\?~\?[0-9.]* \([nu]s\|B\) " <<< "$output" || { echo "no row for $metric:"; echo "$output"; return 1; }
    done
    [[ $output != *failed* ]]
}

@test "the bench measures only the parts that BENCH names, as often as ROUNDS says" {
    bench_build
    BENCH=soon ROUNDS=2 N_CHAIN=10 N_SOON=1000 run sh tests/bench/bench.sh "$BUILD"
    [ "$status" -eq 0 ]
    [[ $output == *soon_chain*"Rounds: 2;"* ]]
    [[ $output != *timer_add* && $output != *echoed* ]]
    BENCH=sooner run sh tests/bench/bench.sh "$BUILD"
    [ "$status" -eq 1 ]
    [ "$output" = "There is no bench sooner. There are: echo echoes ping soon timers wake tasks mem gather wait_for queue semaphore pool spawn." ]
    ROUNDS=0 run sh tests/bench/bench.sh "$BUILD"
    [ "$status" -eq 1 ]
    [ "$output" = "ROUNDS is a number from 1 on, not 0." ]
}

@test "BENCH=echoes lays all echo servers side by side: lines, system calls for a message, messages a second" {
    bench_build
    BENCH=echoes run sh tests/bench/bench.sh "$BUILD" --quick
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    for source in chapters/*/echo.c; do
        row=$(grep "^$(basename "$(dirname "$source")") " <<< "$output")
        read -r _ lines calls rate <<< "$row"
        [[ $lines -ge 20 && $lines -le 300 && $rate -ge 1 ]] || { echo "$row"; return 1; }
        # A wait, a receive and a send; chapter 4's waits before it sends, too.
        [[ $calls == - || $calls == [34].[0-9] ]] || { echo "$row"; return 1; }
    done
}

@test "each micro program prints its metrics, with as few repetitions as one likes" {
    bench_build
    export N_CHAIN=10 N_SOON=1000 N_TIMERS=100 TIMERS_MS=10 N_WAKE=10 N_POST=100 N_TASKS=1000 N_YIELDS=2 N_RESUMES=2 N_MEM=1000 N_GATHER=1 N_RECV=100 N_PINGPONG=10 N_QUEUE=100 N_PERMITS=100 N_POOL_RT=10 N_POOL=1000 N_PROCESS=10 N_LATE=10 N_SPAWN=16
    while read -r program; do
        wanted="soon_chain soon_batch1000 timer_add timer_fire timer_cancel timer_live_cpu wake_roundtrip post_flood "
        benches="soon timers wake"
        if [[ $program != *_libuv ]]; then # which has no tasks
            wanted+="task_once task_switch " benches+=" tasks"
            # by hand, and in Python, there is no depth to speak of
            [[ $program != */micro ]] || wanted+="resume_depth1 resume_depth10 resume_depth100 "
            [ ! -r /proc/self/statm ] || wanted+="mem_sleeping_task(bytes) " benches+=" mem"
            wanted+="gather_100k recv wait_for_recv recv_later wait_for_recv_later " benches+=" gather wait_for"
            [[ $program == *micro_limit ]] || wanted+="queue_100 queue_1 semaphore_10 " benches+=" queue semaphore"
        fi
        benches+=" pool"
        [[ $program == *_libuv || $program == *_limit ]] || wanted+="process_64 thread_64 "
        wanted+="pool_roundtrip pool_throughput "
        [[ $program == *_libuv || $program == *_limit ]] || wanted+="late_p99 "
        benches+=" spawn" wanted+="spawn_wait spawn_16 "
        for bench in $benches; do
            $program $bench | sed 's/ [0-9]*\.[0-9][0-9] ns$//; s/ [0-9]*\.[0-9][0-9] bytes$/(bytes)/'
        done > "$tmp/metrics"
        run tr '\n' ' ' < "$tmp/metrics"
        [ "$output" = "$wanted" ] || { echo "$program: $output"; return 1; }
    done < <(micro_programs)
}

@test "a micro program that has no such bench ends with 77, and one that is asked for none says what it has" {
    bench_build
    while read -r program; do
        for bench in streams no-such-bench; do
            run $program $bench
            [ "$status" -eq 77 ] || { echo "$program $bench: status $status"; return 1; }
        done
        run $program
        [ "$status" -eq 2 ] || { echo "$program: status $status"; return 1; }
        usage="soon|timers|wake|tasks|mem|gather|wait_for|queue|semaphore|pool|spawn"
        [[ $program != *micro_limit ]] || usage=${usage%|queue*}"|pool|spawn"
        [[ $program != *_libuv ]] || usage="soon|timers|wake|pool|spawn"
        [[ $output == "usage: "*" $usage" ]] || { echo "$program: $output"; return 1; }
    done < <(micro_programs)
}

@test "an echoed message costs each server one receive and one send, and the selector is told nothing" {
    bench_build
    strace -c -o "$tmp/counts" true 2> /dev/null || skip "there is no strace here, or it may not trace"
    for source in chapters/*/echo.c; do
        program=$BUILD/${source%.c} name=$(basename "$(dirname "$source")")
        # strace passes no signal on, so the server says which process it is.
        start "$name" strace -f -c -e trace=sendto,recvfrom,read,epoll_ctl -o "$tmp/counts" \
            sh -c 'echo $$ > "$0" && exec "$1" 0' "$tmp/server" "$program"
        started+=("$(cat "$tmp/server")")
        # Twice 1000 messages, the first to warm up; and a few calls for the connections.
        "$BUILD/bench/load" -c 4 -n 1000 -t 20 "$port"
        # Not SIGINT: in the background it is ignored, and eddy_run() leaves it so.
        kill -TERM "$(cat "$tmp/server")"
        wait "$pid"
        # A pump reads with read(), as what is no socket needs.
        for call in sendto:2000:2020 recvfrom,read:2000:2040 epoll_ctl:0:20; do
            IFS=: read -r call least most <<< "$call"
            n=$(awk -v calls=",$call," 'index(calls, "," $NF ",") { n += $4 } END { print n }' "$tmp/counts")
            [ "${n:-0}" -ge "$least" ] && [ "${n:-0}" -le "$most" ] ||
                { echo "$name: ${n:-0} times $call for 2000 messages"; cat "$tmp/counts"; return 1; }
        done
    done
}

@test "the load generator says how it is used" {
    bench_build
    run "$BUILD/bench/load"
    [ "$status" -eq 2 ]
    [[ $output == "load: usage: "*" PORT" ]]
}
