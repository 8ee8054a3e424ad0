# code.awk - what of a line of C is code. Both expand.awk and frames.awk read C by it.

# The line without its comments, and with nothing between its quotes. in_comment: a comment is open,
# from one line to the next.
function code_of(line,    i, n, text) {
    if (in_comment) {
        n = index(line, "*/")
        if (n == 0)
            return ""
        in_comment = 0
        line = substr(line, n + 2)
    }
    for (i = 1; i <= length(line); i += n) {
        n = span(line, i)
        if (n == 0)
            text = text substr(line, i, ++n)
        else if (substr(line, i, 1) != "/")
            text = text "\"\""
        else
            in_comment = comment_open(line, i, n)
    }
    return text
}

# How long the string, character or comment is that begins at i; 0: none begins there.
function span(line, i,    c, n) {
    c = substr(line, i, 1)
    if (c == "/" && substr(line, i, 2) == "/*") {
        n = index(substr(line, i + 2), "*/")
        return n ? n + 3 : length(line) - i + 1
    }
    if (c == "/" && substr(line, i, 2) == "//")
        return length(line) - i + 1
    if (c != "\"" && c != "'")
        return 0
    for (n = i + 1; n <= length(line) && substr(line, n, 1) != c; n++)
        n += substr(line, n, 1) == "\\"
    return n - i + 1
}

# Is the comment of n characters at i one that goes on in the next line?
function comment_open(line, i, n) {
    return substr(line, i, 2) == "/*" && (n < 4 || substr(line, i + n - 2, 2) != "*/")
}
