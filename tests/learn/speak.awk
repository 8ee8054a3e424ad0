# speak.awk - tells a learner about the first failure in a TAP log, in the order in which one thinks:
# what the test did, what was expected, what came, why that may be. In a bug hunt (hunt is its number)
# the last is left out: to find it is the exercise.

function put(key,    n, i, lines) {
    n = split(said[key], lines, "\n")
    for (i = 1; i < n; i++)
        printf "  %-9s %s\n", (i > 1 ? "" : key), lines[i]
}

/^not ok / && !found {
    found = 1
    text = $0
    sub(/^not ok [0-9]* - [^:]*: /, "", text)
    printf "  %-9s %s\n", "test", text
    next
}

/^(not )?ok / && found { exit }

/^# / && found {
    line = substr($0, 3)
    key = substr(line, 1, 10)
    sub(/ +$/, "", key)
    if (key == "")
        key = last
    last = key
    said[key] = said[key] substr(line, 11) "\n"
}

END {
    put("did")
    put("what")
    put("expected")
    put("came")
    put("program")
    put("where")
    put("said")
    if (!hunt)
        put("cause")
    else if (said["cause"] != "")
        printf "  %-9s that is for you to find; if two tries have not, it stands here (or: make hint-%s)\n", "cause", hunt
}
