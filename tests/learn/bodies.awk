# bodies.awk - where the bodies of named functions stand in a C file, and what stands there.
#
#     awk -f code.awk -f bodies.awk -v names="f g" FILE
#         a line each: name, line and column of its brace, line and column of its last brace, text
#     awk -f code.awk -f bodies.awk -v names="f g" -v ranges=RANGES -v as=PATH -v from=LIBRARY FILE
#         FILE itself, with these bodies taken from the file LIBRARY, where RANGES (made as above) says
#         that they stand; the compiler is told what comes from where, FILE being called PATH
#
# The text is without comments and white space: two bodies with one text are the same. Unlike blank.awk
# it reads what learners write, so it relies on no layout. A file whose braces do not match has no bodies.

BEGIN {
    wanted = split(names, list, " ")
}

# The line with blanks for whatever is no code; strings stay only in `kept`.
function read_code(line,    i, n, part) {
    sub(/\r$/, "", line)
    code = kept = ""
    i = 1
    if (in_comment) {
        n = index(line, "*/")
        i = n ? n + 2 : length(line) + 1
        in_comment = !n
        code = kept = blanks(i - 1)
    }
    for (; i <= length(line); i += n) {
        n = span(line, i)
        part = substr(line, i, n ? n : 1)
        if (n && substr(line, i, 1) == "/") {
            in_comment = comment_open(line, i, n)
            part = blanks(n)
        }
        kept = kept part
        code = code (n ? blanks(n) : part)
        n = n ? n : 1
    }
}

function blanks(n) {
    return n > 0 ? sprintf("%" n "s", "") : ""
}

# The function of the list that `head`, all that stands before a brace, defines; or "".
function defines(head,    i) {
    if (head !~ /\)[ \t]*$/)
        return ""
    for (i = 1; i <= wanted; i++)
        if (!(list[i] in first) && head ~ ("[ \t*]" list[i] "[ \t]*\\("))
            return list[i]
    return ""
}

# Goes through the code's braces; `at` is where the last piece ended.
function look(    at, n, c) {
    at = 1
    while ((n = match(substr(code, at), /[{};]/)) > 0) {
        c = substr(code, at + n - 1, 1)
        if (depth == 0)
            head = head substr(code, at, n - 1)
        else if (name != "")
            text[name] = text[name] substr(kept, at, n)
        at += n
        if (c == "{") {
            if (depth++ == 0 && (name = defines(head)) != "") {
                first[name] = FNR " " (at - 1)
                text[name] = "{"
            }
        } else if (c == "}") {
            depth--
            if (depth == 0 && name != "")
                last[name] = FNR " " (at - 1)
        }
        if (depth == 0) {
            head = ""
            name = ""
        }
    }
    if (depth == 0)
        head = head substr(code, at) " "
    else if (name != "")
        text[name] = text[name] substr(kept, at)
}

# What the preprocessor reads is no part of a head, and is left alone.
{
    lines[FNR] = $0
    read_code($0)
    directive = continued || code ~ /^[ \t]*#/
    continued = directive && $0 ~ /\\$/
    if (!directive)
        look()
    else if (name != "")
        text[name] = text[name] kept
}

END {
    if (from != "")
        fill()
    else if (depth == 0)
        tell()
}

function tell(    i) {
    for (i = 1; i <= wanted; i++)
        if (list[i] in last) {
            gsub(/[ \t\r]/, "", text[list[i]])
            print list[i], first[list[i]], last[list[i]], text[list[i]]
        }
}

# ---- The file, with bodies of the library's --------------------------------------------------------

function fill(    line, i, n, theirs, source, range) {
    while ((getline line < from) > 0)
        source[++n] = line
    while ((getline line < ranges) > 0) {
        split(line, range, " ")
        theirs[range[1]] = line
    }
    for (i = 1; i <= wanted; i++)
        if ((list[i] in last) && (list[i] in theirs))
            begins[first[list[i]] + 0] = list[i]
    print "#line 1 \"" as "\""
    for (i = 1; i <= FNR; i++)
        if (i in begins)
            i = put_body(i, theirs[begins[i]], source)
        else
            print lines[i]
}

# The library's body in the place of the one that begins in line i. Returns in which line that ends.
function put_body(i, where, source,    mine_first, mine_last, range, line) {
    split(first[begins[i]], mine_first, " ")
    split(last[begins[i]], mine_last, " ")
    split(where, range, " ")
    print substr(lines[i], 1, mine_first[2] - 1)
    print "#line " range[2] " \"" from "\""
    for (line = range[2]; line <= range[4]; line++)
        print line == range[4] ? substr(source[line], 1, range[5]) : source[line]
    print "#line " mine_last[1] " \"" as "\""
    print blanks(mine_last[2]) substr(lines[mine_last[1]], mine_last[2] + 1)
    return mine_last[1]
}
