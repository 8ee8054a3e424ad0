# shellcheck shell=sh disable=SC2154 # bench.sh sets them
# micro.sh - bench.sh's part for single operations: what the loop's calls cost.

# Name and command of each program; the first that the table compares with.
programs() {
    for name in limit eddy libuv; do
        case $name in
        eddy) program=$bench/micro ;;
        *) program=$bench/micro_$name ;;
        esac
        [ ! -x "$program" ] || echo "$name|$program"
    done
    has_asyncio && echo "asyncio|$python tests/bench/micro_asyncio.py"
}

# A program that has no such bench ends with status 77.
measure_part() {
    # shellcheck disable=SC2086 # a command and its arguments
    run "$work/lines" $command "$part"
    case $status in
    0) sed -n "s/^\([a-z_0-9]*\) \([0-9.]*\) \([a-z]*\)\$/$name|\1|$round|\2|\3/p" "$work/lines" >> "$work/micro" ;;
    77) ;;
    *) echo "failed: $name, $part: $(tail -n 1 "$work/lines")" >> "$work/failed-micro" ;;
    esac
}

micro_round() {
    for part in $operations; do
        wanted "$part" || continue
        ordered "$work/programs" > "$work/order"
        while IFS='|' read -r name command <&4; do
            progress "$name, $part"
            measure_part
        done 4< "$work/order"
    done
}

programs > "$work/programs"
: > "$work/micro"
: > "$work/failed-micro"
repeat micro_round
awk -f tests/bench/median.awk -f tests/bench/micro.awk "$work/programs" "$work/micro"
[ ! -s "$work/failed-micro" ] || { sort -u "$work/failed-micro" | tee -a "$work/failed"; echo; }
