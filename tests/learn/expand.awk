# expand.awk - prints a source file with what a compiler has made of its macros: one statement a line,
# indented. Lines without a macro are printed as they stand in the source. (After code.awk; the input
# is what `cc -E -C` prints, and the variable file in the environment is the source.)
BEGIN {
    step = "    "
    file = ENVIRON["file"]
    while ((getline line < file) > 0) {
        commented[++lines] = in_comment
        source[lines] = line
        code[lines] = code_of(line)
    }
    line = ""
}

# ---- Within a line -------------------------------------------------------------------------------

# As one would write it by hand: "(&(co)->place)->line" is "co->place.line". What is quoted, and
# comments, are left alone.
function tidy(text,    i, n, now, all) {
    for (i = 1; i <= length(text); i += n) {
        n = span(text, i)
        if (n == 0) {
            now = now substr(text, i, ++n)
            continue
        }
        all = all tidy_code(now) substr(text, i, n)
        now = ""
    }
    return all tidy_code(now)
}

function tidy_code(text) {
    while (match(text, /\(&\([A-Za-z_][A-Za-z_0-9]*\)->place\)->/))
        text = substr(text, 1, RSTART - 1) substr(text, RSTART + 3, RLENGTH - 14) "->place." substr(text, RSTART + RLENGTH)
    return bare(text)
}

# "(co)->place" is "co->place"; but f(co)->place is a call.
function bare(text,    all, name, called) {
    while (match(text, /\([A-Za-z_][A-Za-z_0-9]*\)->(place|value|result)/)) {
        called = substr(all substr(text, 1, RSTART - 1), length(all) + RSTART - 1, 1) ~ /[A-Za-z_0-9)\]]/
        name = substr(text, RSTART, index(substr(text, RSTART), ")"))
        all = all substr(text, 1, RSTART - 1) (called ? name : substr(name, 2, length(name) - 2))
        text = substr(text, RSTART + length(name))
    }
    return all text
}

# The place of a comment that ends the line; 0: none does.
function last_comment(text,    i, n, found) {
    for (i = 1; i <= length(text); i += n) {
        n = span(text, i)
        if (n > 0 && substr(text, i, 1) == "/")
            found = i
        else if (n > 0 || substr(text, i, 1) !~ /[ \t]/)
            found = 0
        n += n == 0
    }
    return found
}

# ---- Statements ----------------------------------------------------------------------------------

function put(    text, depth) {
    text = line
    line = ""
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    if (text == "" || text == ";")
        return
    depth = level - (text ~ /^(case .*|default|[a-z_]+_):;?$/)
    while (depth-- > 0)
        text = step text
    print indent text
    remember(code_of(text))
}

# The last code that was printed.
function remember(text) {
    in_comment = 0
    sub(/[ \t]+$/, "", text)
    if (text != "")
        before = text
}

# Where the brace at i has its partner.
function partner(text, i,    n, c, deep) {
    for (; i <= length(text); i += n) {
        n = span(text, i)
        if (n > 0)
            continue
        c = substr(text, i, ++n)
        deep += (c == "{") - (c == "}")
        if (deep == 0)
            break
    }
    return i
}

# A macro's "do { } while (0)", whose brace is at i, is a block.
function is_macro(text, i) {
    return line ~ /(^|[^A-Za-z_0-9])do *$/ && substr(text, partner(text, i) + 1) ~ /^ *while \(0\)/
}

# A block needs its braces behind what wants one statement.
function wants_one(    text) {
    text = code_of(line)
    return text !~ /^[ \t]*$/ || before !~ /[;{}:]$/
}

function open_block(text, i) {
    macro[++open] = is_macro(text, i)
    if (macro[open])
        sub(/do *$/, "", line)
    kept[open] = !macro[open] || wants_one()
    if (!kept[open])
        return
    line = line "{"
    put()
    level++
}

# Returns how much of what stands behind the brace belongs to it.
function close_block(rest) {
    put()
    if (open == 0 || kept[open]) {
        level -= open > 0
        line = "}"
        put()
    }
    if (open == 0 || !macro[open--])
        return 0
    match(rest, /^ *while \(0\);?/)
    return RLENGTH
}

# A brace of an initializer, which belongs to its line.
function initializes(c) {
    if (c == "}")
        return braces > 0
    return braces > 0 || (line ~ /[=)] *$/ && line !~ /(^|[ \t}])(if|for|while|switch) *\(/)
}

function lay_out(text,    i, n, c, parens) {
    level = open = braces = 0
    for (i = 1; i <= length(text); i += n) {
        n = span(text, i)
        if (n > 0) {
            line = line substr(text, i, n)
            continue
        }
        c = substr(text, i, ++n)
        parens += (c == "(") - (c == ")")
        if (parens > 0 || (c ~ /[{}]/ && initializes(c))) {
            braces += parens == 0 ? (c == "{") - (c == "}") : 0
            line = line c
        } else if (c == "{") {
            open_block(text, i)
        } else if (c == "}") {
            n += close_block(substr(text, i + 1))
        } else {
            line = line c
            if (c == ";" || line ~ /^[ \t]*(case [A-Z_0-9-]+|default|[a-z_]+_):$/) {
                if (c == ":" && substr(text, i + 1, 1) == ";")
                    line = line substr(text, i + n++, 1)
                put()
            }
        }
    }
    put()
}

# A macro's statements, behind the comment that stood behind it.
function expand(text,    at) {
    at = last_comment(text)
    if (at > 0 && !comment_open(text, at, span(text, at))) {
        print indent substr(text, at)
        text = substr(text, 1, at - 1)
    }
    lay_out(text)
}

# ---- Lines ---------------------------------------------------------------------------------------

function without_spaces(text) {
    gsub(/[ \t\r]/, "", text)
    return text
}

# Lines that are no lines of the output: empty ones, and the rest of a macro that took several.
function pass_over(n) {
    if (source[n] ~ /^[ \t]*$/)
        print source[n]
}

# "# 55 "file"": the lines from here on are that file's.
(!here || !commented[number + 1]) && /^# [0-9]+ "/ {
    here = index($0, "\"" file "\"") > 0
    while (here && number + 1 < $2)
        pass_over(++number)
    if (here)
        number = $2 - 1
    next
}
!here { next }
{ number++ }

$0 == "@@" || without_spaces($0) == without_spaces(source[number]) {
    print source[number]
    remember(code[number])
    laid_out = 0
    next
}
/^[ \t]*$/ { pass_over(number); next }
{
    match(source[number], /^[ \t]*/)
    indent = substr(source[number], 1, RLENGTH)
    match($0, /^[ \t]*/)
    text = tidy(substr($0, RLENGTH + 1))
    if (laid_out) # what stands behind a macro that took several lines
        sub(/^;[ \t]*/, "", text)
    if (text == "")
        next
    laid_out = text ~ /case [0-9]+:;|EDDY_AT_|eddy_again_|eddy_site_|eddy_place_end/
    if (laid_out) {
        expand(text)
    } else {
        print indent text
        remember(code_of(text))
    }
}
