# quotes.awk - holds a lesson's quoted code to its source:  awk -v sources=FILE -f quotes.awk LESSON
#
# Each fenced block of C stands behind a line that says where it is from and where that is:
#
#     `lib/01-select-echo/net.c`, after `eddy_net_close`:      the name stands in the file before it
#     `lib/01-select-echo/net.c`, before `eddy_net_port`:      ... behind it
#     `lib/01-select-echo/net.c`, in `eddy_net_name`:          ... is the function around it
#     `lib/01-select-echo/net.c`, at the top:                  (or: at the end)
#     `chapters/01-select-echo/try.c`, whole:                  the file from its first line to its last
#     A sketch, in no file:                                    made for the lesson, not quoted
#
# `ranges` names a file of "PATH FIRST LAST NAME" lines: bodies that an exercise takes out, and that
# a lesson therefore must not quote. Prints TAP, without the plan.

function result(good, text, advice) {
    count++
    printf "%s %d - %s:%d: %s\n", good ? "ok" : "not ok", count, FILENAME, start, text
    if (!good) {
        printf "# %s\n", advice
        failed++
    }
}

function load(path,    line, n) {
    if (path in length_of)
        return length_of[path]
    n = 0
    while ((getline line < path) > 0)
        source[path, ++n] = line
    close(path)
    return length_of[path] = n
}

# The line at which block[1..lines] stands in `path`; 0 if nowhere.
function find(path,    n, i, k) {
    n = load(path)
    for (i = 1; i + lines - 1 <= n; i++) {
        for (k = 1; k <= lines && source[path, i + k - 1] == block[k]; k++)
            ;
        if (k > lines)
            return i
    }
    return 0
}

# The first line of the block whose text is nowhere in `path`: most often the one that drifted.
function stranger(path,    n, i, k) {
    n = load(path)
    for (k = 1; k <= lines; k++) {
        for (i = 1; i <= n && source[path, i] != block[k]; i++)
            ;
        if (i > n)
            return "line " start + k " of the lesson is not in it: " block[k]
    }
    return "each line is in it, but not in this order"
}

function stands(path, from, to, name,    i) {
    for (i = from; i <= to; i++)
        if (index(source[path, i], name))
            return 1
    return 0
}

# Is `name` the function around line `at`? Its head stands in column 1, not behind a closed one.
function around(path, at, name,    i) {
    for (i = at; i > 0; i--) {
        if (i < at && source[path, i] == "}")
            return 0
        if (source[path, i] ~ "^[a-z].*[ *]" name "\\(")
            return 1
    }
    return 0
}

function place_is_right(path, at,    last, name) {
    last = length_of[path]
    name = caption
    sub(/^`[^`]*`, [a-z]+ `/, "", name)
    sub(/`:$/, "", name)
    if (caption ~ /, at the top:$/)
        return at <= 3
    if (caption ~ /, at the end:$/)
        return at + lines - 1 == last
    if (caption ~ /, whole:$/)
        return at == 1 && lines == last
    if (caption ~ /, after `/)
        return stands(path, 1, at - 1, name)
    if (caption ~ /, before `/)
        return stands(path, at + lines, last, name)
    if (caption ~ /, in `/)
        return around(path, at, name)
    return 0
}

function quoted_solution(path, at,    i) {
    for (i = 1; i <= blanks; i++)
        if (blank_path[i] == path && at <= blank_last[i] && at + lines - 1 >= blank_first[i])
            return blank_name[i]
    return ""
}

function check_block(    path, at, name) {
    if (caption == "A sketch, in no file:")
        return
    path = caption
    if (path !~ /^`[^`]+`, (after|before|in) `[^`]+`:$/ && path !~ /^`[^`]+`, (at the (top|end)|whole):$/) {
        result(0, "the code says where it goes", \
            "put a line before it, such as:  `lib/NN-name/file.c`, after `function`:   (or: A sketch, in no file:)")
        return
    }
    sub(/^`/, "", path)
    sub(/`.*/, "", path)
    at = find(path)
    if (!at) {
        result(0, "the code quoted from " path " is in it", \
            "the lesson and " path " have drifted apart: mend the one that is wrong. " stranger(path))
        return
    }
    result(1, "the code quoted from " path " is in it")
    if (!place_is_right(path, at))
        result(0, "the code is where the lesson says", caption " does not hold: it is at line " at " of " path)
    name = quoted_solution(path, at)
    if (name != "")
        result(0, "no solution of an exercise is quoted", \
            "this quotes the body of " name "(), which an exercise takes out: explain it instead")
}

BEGIN {
    while ((getline line < ranges) > 0) {
        split(line, field, " ")
        blank_path[++blanks] = field[1]
        blank_first[blanks] = field[2]
        blank_last[blanks] = field[3]
        blank_name[blanks] = field[4]
    }
}

/^```/ && !inside {
    inside = $0 ~ /^```c([ \t]|$)/ ? "c" : "other"
    start = FNR
    lines = 0
    next
}
/^```/ {
    if (inside == "c")
        check_block()
    inside = ""
    caption = ""
    next
}
inside { block[++lines] = $0; next }
/[^ ]/ { caption = $0 }
END { print "count " count + 0 }
