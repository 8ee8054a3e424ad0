# frames.awk FILE... - tells what no compiler tells of generators and coroutines:
#
#     a local variable that is to keep its value over a yield or await, and does not;
#     the address of a local variable, or an array, that is used while the function waits;
#     a yield or await in a switch of one's own, which takes its label.
#
# (A pointer that is the same each time, such as self or loop, belongs before the beginning; and what is
# set and used between two yields is harmless.) It reads indented code, statement by statement, and goes
# twice through each loop that has a yield in it. After code.awk. Status 1: something was told.
FNR == 1 { learn_changes(FILENAME); inside = in_comment = 0 }
{ line = code_of($0) }

line ~ /^([a-z].*[ \t])?struct eddy_step [A-Za-z_0-9]+\(/ { inside = 1; begun = count = statements = open = goes_on = 0; next }
line ~ /^}/ { if (inside) look(); inside = 0 }
line ~ /^[^ \t{].*;[ \t]*$/ { inside = 0 }
!inside || line ~ /^[ \t]*$/ || line ~ /^[ \t]*#/ { next }
line ~ /(GEN|CO)_BEGIN\(/ { begun = 1; next }
!begun { if (is_declaration(line)) declare(line, FNR, 1); next }

# A statement may go over several lines; its number is the first one's.
{
    if (!goes_on) {
        match(line, /^[ \t]*/)
        indents[++statements] = RLENGTH
        texts[statements] = ""
        lines[statements] = FNR
    }
    texts[statements] = texts[statements] " " line
    brackets = line
    open += gsub(/\(/, "", brackets) - gsub(/\)/, "", brackets)
    goes_on = open > 0 || line !~ /([;{}:)]|(^|[^A-Za-z_0-9])(else|do))[ \t]*$/
}

# ---- What is declared ----------------------------------------------------------------------------

# The members that something in the file changes: what is read from them may be another value each time.
function learn_changes(path,    text) {
    split("", is_changed)
    in_comment = 0
    while ((getline text < path) > 0) {
        text = code_of(text)
        while (match(text, /[])A-Za-z_0-9](->|\.)[A-Za-z_0-9]+[ \t]*(([-+*\/%|&^]|<<|>>)?=[^=]|\+\+|--)/)) {
            name = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            sub(/^.(->|\.)/, "", name)
            sub(/[^A-Za-z_0-9].*/, "", name)
            is_changed[name] = 1
        }
    }
    close(path)
}

# Is this first value another one each time the function goes on? A pointer's is taken for the same.
function is_moving(value,    member) {
    sub(/^[ \t]*=[ \t]*/, "", value)
    if (value ~ /^[A-Za-z_0-9]+[ \t]*\(/ && value !~ /^(strlen|sizeof|eddy_co_loop|container_of|(GEN|CO)_FRAME)[ \t]*\(/)
        return 1
    while (match(value, /(->|\.)[A-Za-z_0-9]+/)) {
        member = substr(value, RSTART, RLENGTH)
        if (substr(value, 1, RSTART - 1) !~ /(^|[^A-Za-z_0-9])self$/) {
            sub(/^(->|\.)/, "", member)
            if (member in is_changed)
                return 1
        }
        value = substr(value, RSTART + RLENGTH)
    }
    return 0
}

# The names in "int i = 0, *next, names[3];" or in the first line of it. Before the beginning a value is
# given anew at each resume; behind it, it is set like any other.
function declare(text, where, before,    parts, n, i, k, value) {
    while (sub(/\{[^{}]*\}/, "", text))
        ;
    sub(/^[ \t]*for[ \t]*\(/, "", text)
    sub(/;.*/, "", text)
    n = split_outside(text, parts)
    for (i = 1; i <= n; i++) {
        value = ""
        if (match(parts[i], /[ \t]*=.*/)) {
            value = substr(parts[i], RSTART)
            parts[i] = substr(parts[i], 1, RSTART - 1)
        }
        k = place(parts[i])
        if (!k)
            continue
        is_array[k] = parts[i] ~ /\[/
        is_set[k] = before && value != ""
        moves[k] = is_set[k] && parts[i] !~ /\*/ && !is_array[k] && is_moving(value)
        declared[k] = where
    }
}

# Splits at the commas that are in no brackets.
function split_outside(text, parts,    i, c, depth, n) {
    split("", parts)
    n = 1
    parts[1] = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        depth += (c == "(" || c == "[") - (c == ")" || c == "]")
        if (c == "," && depth == 0)
            parts[++n] = ""
        else
            parts[n] = parts[n] c
    }
    return n
}

# Where the variable that is declared so is kept; the last of its name counts.
function place(text,    name, i) {
    gsub(/\[[^]]*\]/, "", text)
    if (!match(text, /[A-Za-z_][A-Za-z_0-9]*[ \t]*$/))
        return 0
    name = substr(text, RSTART, RLENGTH)
    sub(/[ \t]+$/, "", name)
    for (i = 1; i <= count && names[i] != name; i++)
        ;
    if (i > count) {
        names[++count] = name
        told[count] = 0
        state[count] = "first"
    }
    return i
}

function is_declaration(text) {
    sub(/^[ \t]+for[ \t]*\(/, " ", text)
    if (text ~ /^[ \t]+(return|goto|break|continue|case|default|else|do|static|typedef)[^A-Za-z_0-9]/)
        return 0
    return text ~ /^[ \t]+[A-Za-z_][A-Za-z_0-9]*([ \t]+[A-Za-z_][A-Za-z_0-9]*)*[ \t*]+[A-Za-z_][A-Za-z_0-9]*(\[[^]]*\])*[ \t]*[=,;]/
}

# ---- What becomes of a variable ------------------------------------------------------------------

# A new value, whatever the old one was.
function sets(text, name) {
    return text ~ "(^|[^A-Za-z_0-9.>*])" name "(\\[[^]]*\\])* *=([^=]|$)" || text ~ "[(,=] *&" name "([^][A-Za-z_0-9.-]|-[^>]|$)"
}

function changes(text, name) {
    return sets(text, name) || text ~ "(^|[^A-Za-z_0-9.>*])" name "(\\[[^]]*\\])* *([-+*\\/%|&^]|<<|>>)=" ||
        text ~ "(\\+\\+|--)" name "([^][A-Za-z_0-9.-]|-[^>]|$)" || text ~ "(^|[^A-Za-z_0-9.>])" name "(\\+\\+|--)"
}

# How often the name is in the text.
function uses(text, name,    words, n, i, found) {
    n = split(text, words, /[^A-Za-z_0-9.>]+/)
    for (i = 1; i <= n; i++)
        found += words[i] == name || index(words[i], name ".") == 1
    return found
}

# Does it set the name before it reads it? That value is no part of it: "n = n + 1" reads first.
function sets_first(text, name,    i, c, depth) {
    if (!sets(text, name))
        return 0
    if (uses(text, name) == 1)
        return 1
    if (!match(text, "(^|[^A-Za-z_0-9.>*])" name " *=[^=]") || uses(substr(text, 1, RSTART), name))
        return 0
    text = substr(text, RSTART + RLENGTH - 1)
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        depth += (c == "(") - (c == ")")
        if (depth < 0 || (c == "," && depth == 0))
            break
    }
    return !uses(substr(text, 1, i), name)
}

function tell(i, where, text) {
    if (told[i]++)
        return
    printf "%s:%d: '%s' is a local %s (line %d)%s Make it a field of the frame.\n", FILENAME, where, names[i], is_array[i] ? "array" : "variable", declared[i], text
    found = 1
}

# One statement, or a part of a loop's head.
function step(text, where,    i) {
    gsub(/sizeof[ \t]*\(?[ \t]*[A-Za-z_0-9]+[ \t]*\)?/, "", text)
    for (i = 1; i <= count; i++) {
        if (!uses(text, names[i]) || (is_array[i] && !is_set[i]))
            continue
        if (!sets_first(text, names[i])) {
            if (state[i] == "lost")
                tell(i, where, ": it does not keep this value over a yield or await.")
            if (state[i] == "renewed")
                tell(i, where, ": it is set anew each time the function goes on, and may have another value by now.")
        }
        if (changes(text, names[i]))
            state[i] = "changed"
    }
}

function pause(    i) {
    for (i = 1; i <= count; i++)
        if (state[i] == "changed" || !is_set[i])
            state[i] = "lost"
        else if (moves[i])
            state[i] = "renewed"
}

function pauses(text) {
    return text ~ /(^|[^A-Za-z_0-9])(GEN|CO)_[A-Z_]+\(/ && text ~ /(GEN|CO)_(TRY_)?(YIELD|FROM|AWAIT|CALL|FINALLY)\(/
}

function is_loop(text) { return text ~ /^[ \t]*(for|while)[ \t]*\(/ || text ~ /^[ \t]*do([ \t]*\{)?[ \t]*$/ }

# What a declaration sets. What has no first value has none of before, either.
function values(text,    parts, n, i, k, found) {
    sub(/;.*/, "", text)
    n = split_outside(text, parts)
    for (i = 1; i <= n; i++)
        if (parts[i] ~ /=/)
            found = found parts[i] ";"
        else if (k = place(parts[i]))
            state[k] = "changed"
    return found
}

# Line k, of which `text` is the part that counts.
function statement(text, k,    parts, n, i) {
    if (is_declaration(text) && text !~ /^[ \t]*for/)
        text = values(text)
    n = split(text, parts, ";")
    for (i = 1; i <= n; i++) {
        step(parts[i], lines[k])
        if (pauses(parts[i]))
            pause()
    }
}

# The head of the loop k, the first time or again: then without what a `for` begins with, and with its
# step before its condition.
function head(k, again,    text, parts, i, c, depth, n) {
    text = texts[k]
    if (text !~ /^[ \t]*for/) {
        statement(text, k)
        return
    }
    sub(/^[ \t]*for[ \t]*\(/, "", text)
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        depth += (c == "(") - (c == ")")
        if (depth < 0)
            break
    }
    n = split(substr(text, 1, i - 1), parts, ";")
    step(parts[again ? 3 : 1], lines[k])
    step(parts[2], lines[k])
    statement(substr(text, i + 1), k)
}

# The last line of the loop k, which is indented more than its head.
function end_of(k, last,    i) {
    for (i = k + 1; i <= last && indents[i] > indents[k]; i++)
        ;
    return i - 1
}

function has_pause(k, last) {
    for (; k <= last; k++)
        if (pauses(texts[k]))
            return 1
    return 0
}

function walk(k, last,    end) {
    for (; k <= last; k++) {
        end = end_of(k, last)
        if (!is_loop(texts[k]) || !has_pause(k, end)) {
            head(k, 0)
            continue
        }
        head(k, 0)
        walk(k + 1, end)
        if (texts[k] ~ /^[ \t]*do/ && end < last) # its condition
            statement(texts[end + 1], end + 1)
        head(k, 1)
        walk(k + 1, end)
        if (texts[k] ~ /^[ \t]*(for|while)/)
            head(k, 1)
        k = end
    }
}

# ---- What is given away --------------------------------------------------------------------------

function keeps(text) {
    return (pauses(text) && text !~ /(GEN|CO)_FINALLY\(/) || text ~ /(^|[^A-Za-z_0-9])eddy_(sleep|sleep_result|accept|recv|sendall|connect|recvfrom|sendto|task_start)\(/
}

# Does the text have the address of the variable i?
function has_address(text, i) {
    gsub(/sizeof[ \t]*\(?[ \t]*[A-Za-z_0-9]+[ \t]*\)?/, "", text)
    if (is_array[i])
        return text ~ "(^|[^A-Za-z_0-9.>])" names[i] "[ \t]*([^A-Za-z_0-9[ \t]|$)" || text ~ "[^&]&" names[i] "([^A-Za-z_0-9]|$)"
    return text ~ "[^&]&" names[i] "([^][A-Za-z_0-9-]|$)"
}

function look_at_addresses(k,    i) {
    if (!keeps(texts[k]))
        return
    for (i = 1; i <= count; i++)
        if (has_address(texts[k], i))
            tell(i, lines[k], ", and its address is used while the function waits: it is gone by then.")
    if (texts[k] ~ /[(,] *&\(struct [A-Za-z_0-9]+\)[ \t]*\{/) {
        printf "%s:%d: this literal's address is used while the function waits: it is gone by then. Make it a field of the frame.\n", FILENAME, lines[k]
        found = 1
    }
}

# ---- A switch of one's own -----------------------------------------------------------------------

function look_at_switch(k,    text) {
    if (!switch_at && texts[k] ~ /(^|[^A-Za-z_0-9])switch[ \t]*\(/) {
        switch_at = lines[k]
        depth = 0
    }
    if (!switch_at)
        return
    if (pauses(texts[k]) && texts[k] !~ /(GEN|CO)_FINALLY\(/) {
        printf "%s:%d: a yield or await in a switch of your own (line %d), which takes its label: the function never comes back to here. Use if and else.\n", FILENAME, lines[k], switch_at
        found = 1
    }
    text = texts[k]
    depth += gsub(/\{/, "", text) - gsub(/\}/, "", text)
    if (depth <= 0 && texts[k] ~ /[;}]/)
        switch_at = 0
}

function look(    k) {
    switch_at = 0
    for (k = 1; k <= statements; k++) {
        if (is_declaration(texts[k]))
            declare(texts[k], lines[k], 0)
        look_at_addresses(k)
        look_at_switch(k)
    }
    for (k = 1; k <= count; k++)
        state[k] = "first"
    walk(1, statements)
    statements = 0
}

END { exit found }
