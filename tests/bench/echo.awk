# echo.awk LOADS SERVERS RESULTS - the table of echo servers: a line for each, a column for each load.
# A cell is the median time of a message, and the median of its ratios to the limit in the same
# round: what disturbs a whole round disturbs the ratio less.
BEGIN { FS = "|"; LIMIT = "limit" }
FNR == 1 { file++ }
file == 1 { load[++loads] = $1; next }
file == 2 { server[++servers] = $1; next }
$3 == "cannot" || $3 == "failed" { word[$1, $2] = $3; why[$1, $2] = $4; next }
{ ns[$1, $2, $3] = $4; if ($3 > rounds) rounds = $3 }

function cell(name, what,    round, n, m, times, ratios, text) {
    if ((name, what) in why)
        return word[name, what] "    "
    for (round = 1; round <= rounds; round++) {
        if (!((name, what, round) in ns))
            continue
        times[++n] = ns[name, what, round]
        if (ns[LIMIT, what, round] > 0)
            ratios[++m] = times[n] / ns[LIMIT, what, round]
    }
    if (!n)
        return "-    "
    text = sprintf("%d ns", median(times, n))
    if (differ(times, n)) {
        spread = 1
        text = "~" text
    }
    return text (m ? sprintf(" %6.2f", median(ratios, m)) : "       ")
}

function because(name, what,    text) {
    text = what
    sub("/", " ", text)
    text = word[name, what] ": " name ", " text ": " why[name, what]
    sub(/ \(/, "\n        (", text) # the server's own words
    return text
}

function head(line,    l, part) {
    printf "%-20s", ""
    for (l = 1; l <= loads; l++) {
        split(load[l], part, "/")
        printf " %17s", part[line]
    }
    print ""
}

END {
    print caption ", and its ratio to the limit:\n"
    head(1)
    head(2)
    for (s = 1; s <= servers; s++) {
        printf "%-20s", server[s]
        for (l = 1; l <= loads; l++)
            printf " %17s", cell(server[s], load[l])
        print ""
    }
    print ""
    if (spread)
        print "~: the rounds differed by more than a quarter; do not build on this figure."
    for (s = 1; s <= servers; s++)
        for (l = 1; l <= loads; l++)
            if ((server[s], load[l]) in why) {
                print because(server[s], load[l])
                reasons++
            }
    for (which in why)
        if (why[which] ~ /closed a connection/) {
            print "(select() cannot watch a descriptor from FD_SETSIZE on, which is 1024 on most systems.)"
            break
        }
    if (spread || reasons)
        print ""
}
