# frames.awk FILE... - finds local variables of generators and coroutines that are meant to live across a
# yield or await, and do not. No compiler sees them all: what is set before GEN_BEGIN or CO_BEGIN and
# changed behind it is set anew at each resume; what is not set there has no value then. (A pointer
# that is the same each time, such as self or loop, belongs before the beginning; and a variable that
# is set and used between two yields is harmless.) After code.awk.
FNR == 1 { inside = in_comment = 0 }
{ line = code_of($0) }

line ~ /^([a-z].*[ \t])?struct eddy_step [A-Za-z_0-9]+\(/ { inside = 1; begun = count = waits = 0; next }
line ~ /^}/ || line ~ /^[^ \t{].*;[ \t]*$/ { inside = 0 }
!inside || line ~ /^[ \t]*$/ { next }
line ~ /(GEN|CO)_BEGIN\(/ { begun = 1; next }

# The names in "int i = 0, *next, names[3];" or in the first line of it.
function declare(text,    parts, n, i, set) {
    while (sub(/\([^()]*\)/, "", text) || sub(/\{[^{}]*\}/, "", text))
        ;
    n = split(text, parts, ",")
    for (i = 1; i <= n; i++) {
        set = sub(/[ \t]*=.*/, "", parts[i])
        if (!set && parts[i] ~ /\[/)
            continue # who fills an array cannot be seen
        gsub(/\[[^]]*\]|[;(].*/, "", parts[i])
        if (match(parts[i], /[A-Za-z_][A-Za-z_0-9]*[ \t]*$/)) {
            names[++count] = substr(parts[i], RSTART, RLENGTH)
            sub(/[ \t]+$/, "", names[count])
            lines[count] = FNR
            is_set[count] = set
            stale[count] = loop[count] = 0
        }
    }
}

function is_declaration(text) {
    if (text ~ /^    (return|goto|break|continue|case|default|else|do)[^A-Za-z_0-9]/ || text ~ /^    static /)
        return 0
    return text ~ /^    [A-Za-z_][A-Za-z_0-9]*([ \t]+[A-Za-z_][A-Za-z_0-9]*)*[ \t*]+[A-Za-z_][A-Za-z_0-9]*(\[[^]]*\])*[ \t]*[=,;]/
}

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

function tell(i, where) {
    printf "%s:%d: '%s' is a local variable (line %d): it does not keep this value over a yield or await. Make it a field of the frame.\n", FILENAME, where, names[i], lines[i]
    found = 1
}

is_declaration(line) && (!begun || line !~ /=/) { declare(line); next }
!begun { next }

{
    match(line, /^[ \t]*/)
    indent = RLENGTH
    pauses = line ~ /(GEN|CO)_[A-Z_]+\(/ && line !~ /(GEN|CO)_(BEGIN|END|RETURN|FAIL|INIT|FRAME)\(/
    for (i = 1; i <= count; i++) {
        if (loop[i] && indent <= loop_indent[i])
            loop[i] = 0
        if (loop[i] && pauses) {
            tell(i, loop[i])
            loop[i] = 0
        }
        n = uses(line, names[i])
        if (n == 0)
            continue
        if (is_set[i]) {
            if (changes(line, names[i]))
                tell(i, FNR)
            continue
        }
        if (stale[i] && !(n == 1 && sets(line, names[i])) && line !~ "^[ \t]*for \\(" names[i] " =")
            tell(i, FNR)
        stale[i] = 0
        if (line ~ /^[ \t]*(for|while) / && changes(line, names[i])) {
            loop[i] = FNR
            loop_indent[i] = indent
        }
    }
    # Behind the end of the statement nothing has its value any more.
    waits = waits || pauses
    if (waits && line ~ /;[ \t]*$/) {
        waits = 0
        for (i = 1; i <= count; i++)
            stale[i] = 1
    }
}
END { exit found }
