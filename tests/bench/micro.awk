# micro.awk PROGRAMS RESULTS - the table of single operations: a line for each, a column for each
# program: the limit in nanoseconds or bytes, and behind it how many times as much the others cost, the median
# of the ratios within each round. Without a limit, all are in these.
BEGIN { FS = "|"; LIMIT = "limit" }
FNR == 1 { file++ }
file == 1 { program[++programs] = $1; next }
!($2 in unit) { unit[$2] = $5; metric[++metrics] = $2 }
{ cost[$1, $2, $3] = $4; if ($3 > rounds) rounds = $3 }

function in_words(value, unit) {
    if (unit == "bytes")
        return sprintf("%.0f B", value)
    if (value >= 10000)
        return sprintf("%.1f us", value / 1000)
    return sprintf(value < 100 ? "%.1f ns" : "%.0f ns", value)
}

function cell(name, what,    round, n, limit, values, text) {
    for (round = 1; round <= rounds; round++) {
        limit = name == LIMIT ? 0 : cost[LIMIT, what, round]
        if ((name, what, round) in cost)
            values[++n] = cost[name, what, round] / (limit ? limit : 1)
    }
    if (!n)
        return "-"
    text = limit ? sprintf("%.2f", median(values, n)) : in_words(median(values, n), unit[what])
    if (!differ(values, n))
        return text
    spread = 1
    return "~" text
}

END {
    if (!metrics)
        exit
    print "One operation, in nanoseconds or bytes, and as its ratio to the limit:\n"
    printf "%-20s", ""
    for (p = 1; p <= programs; p++)
        printf " %12s", program[p]
    print ""
    for (m = 1; m <= metrics; m++) {
        printf "%-20s", metric[m]
        for (p = 1; p <= programs; p++)
            printf " %12s", cell(program[p], metric[m])
        print ""
    }
    print ""
    if (spread)
        print "~: the rounds differed by more than a quarter; do not build on this figure.\n"
}
