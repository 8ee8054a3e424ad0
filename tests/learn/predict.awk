# predict.awk - compares a prediction with the truth:  awk -v program=P -f predict.awk WHY TRUTH MINE
# The first line that differs is told, with the reason why the truth is as it is. TAP.

function answer(line) {
    sub(/.*: */, "", line)
    sub(/ *\r?$/, "", line)
    sub(/^\+/, "", line)
    return line
}

function question(line) {
    sub(/ *:[^:]*$/, "", line)
    return line
}

FNR == 1 { file++ }
file == 1 { why[substr($0, 1, 1)] = substr($0, 3); next }
file == 2 { order[++count] = substr($0, 1, 1); truth[order[count]] = $0; next }
/^[a-z]\. / { mine[substr($0, 1, 1)] = $0 }

function tell(id, expected, came, cause) {
    printf "not ok %d - predict: %s\n# expected  %s\n# came      %s\n# cause     %s\n",
        i, question(truth[id]), expected, came, cause
}

END {
    for (i = 1; i <= count; i++) {
        id = order[i]
        if (question(mine[id]) != question(truth[id]))
            tell(id, question(truth[id]) ": ...", mine[id] == "" ? "no such line" : mine[id],
                "change the answers only; keep its lines as they were (make reset-" number " brings them back)")
        else if (answer(mine[id]) == "?" || answer(mine[id]) == "")
            tell(id, "a number in the place of the question mark", "none yet",
                "put down what you think; then the check compares it with what really happens")
        else if (answer(mine[id]) !~ /^-?[0-9]+$/)
            tell(id, "a number in the place of the question mark", answer(mine[id]),
                "a number alone, please: no word, and no reason beside it")
        else if (answer(mine[id]) + 0 != answer(truth[id]) + 0)
            tell(id, "what really happens; you can run it: " program, "your prediction, " answer(mine[id]), why[id])
        else
            printf "ok %d - predict: %s\n", i, question(truth[id])
    }
    print "1.." count
}
