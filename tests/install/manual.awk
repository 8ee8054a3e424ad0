# manual.awk -v out=FOLDER -v version=N -v about=FILE lib/README.md HEADER... - the manual pages, from
# the headers' own comments: out/man3/eddy_loop.3 for loop.h, a page that leads there for each function,
# macro and struct (.so), and out/man7/eddy.7, the library: the text of FILE, its pages, asyncio's words
# (lib/README.md).
#
# A header is a head comment, then items: a comment, and what it declares. An item ends at a blank
# line. "---- Title ----" is a heading. What ends in _ is nobody's but the header's.

# ---- Text -----------------------------------------------------------------------------------------

# "-EINVAL" and "gen->value", but not "non-blocking".
function minus(before, after) {
    return after == ">" || (before !~ /[A-Za-z0-9)]/ && after ~ /[A-Za-z0-9]/)
}

# One line for roff. In code every sign is what it is; in text a hyphen is one, and `x` is in italics.
function escaped(line, code,    result, i, c, before, after) {
    result = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        before = substr(line, i - 1, i > 1)
        after = substr(line, i + 1, 1)
        if (c == "\\") c = "\\e"
        else if (c == "`" && !code) { c = italic ? "\\fP" : "\\fI"; italic = !italic }
        else if (c == "-" && (code || italic || minus(before, after))) c = "\\-"
        else if (c in signs && (code || c == "\"" || italic)) c = signs[c]
        result = result c
    }
    return result ~ /^[.']/ ? "\\&" result : result
}

# Names of functions in bold.
function emphasized(line,    result) {
    result = ""
    while (match(line, /eddy_[a-z0-9_]+\(\)/)) {
        result = result substr(line, 1, RSTART - 1) "\\fB" substr(line, RSTART, RLENGTH - 2) "\\fP()"
        line = substr(line, RSTART + RLENGTH)
    }
    return result line
}

function say(line) { print line > page }

# A new paragraph, but none directly below a heading.
function paragraph() {
    if (!fresh) say(".PP")
    fresh = 0
}

function heading(macro, title) {
    say(macro " \"" escaped(title, 1) "\"")
    fresh = 1
}

function begins_paragraph(mode, line) {
    return mode == "begin" || line ~ /^(Errors|Memory|Threads): / || (mode == "item" && line !~ /^  /)
}

# The lines of a comment: paragraphs, lists ("- "), and programs (four spaces).
function say_text(lines, n,    i, mode, line) {
    mode = "begin"
    italic = 0
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (line == "") {
            if (mode == "code" && lines[i + 1] ~ /^    /) say("")
            else { if (mode == "code") say(".EE"); mode = "begin" }
        } else if (line ~ /^    /) {
            if (mode != "code") { paragraph(); say(".EX") }
            mode = "code"
            say(escaped(substr(line, 5), 1))
        } else {
            if (mode == "code") { say(".EE"); mode = "begin" }
            if (line ~ /^- /) { say(".IP \\(bu 2"); fresh = 0; line = substr(line, 3); mode = "item" }
            else if (begins_paragraph(mode, line)) { paragraph(); mode = "text" }
            sub(/^ +/, "", line)
            say(emphasized(escaped(line, 0)))
        }
    }
    if (mode == "code") say(".EE")
}

# ---- Declarations ---------------------------------------------------------------------------------

# A prototype in lines that fit, broken between its parameters, in bold.
function say_prototype(text,    n, parts, i, line, part) {
    n = split(text, parts, ", ")
    line = ""
    for (i = 1; i <= n; i++) {
        part = parts[i] (i < n ? "," : "")
        if (line != "" && length(line) + length(part) > 68) {
            say(".B \"" escaped(line, 1) "\"")
            line = "   "
        }
        line = line (line == "" ? "" : " ") part
    }
    say(".B \"" escaped(line, 1) "\"")
}

# The name that a prototype declares: what stands before the first parenthesis, or the end.
function declared(text) {
    sub(/ *[(\[;].*/, "", text)
    sub(/.*[ *]/, "", text)
    return text
}

function add(kind, text, name) {
    count++
    kinds[count] = kind
    texts[count] = text
    if (name != "" && !(name in home)) home[name] = title
}

function end_item(    i) {
    if (count > 0) {
        paragraph()
        for (i = 1; i <= count; i++) {
            if (kinds[i] == "code") { say(".EX"); say(texts[i]); say(".EE") }
            else { say(".nf"); say_prototype(texts[i]); say(".fi") }
        }
    }
    if (length_of_comment > 0 && (count > 0 || !hidden)) {
        if (count > 0) { say(".RS 4"); fresh = 1 }
        say_text(comment, length_of_comment)
        if (count > 0) say(".RE")
    }
    count = length_of_comment = hidden = 0
}

function add_macro(text,    name, value) {
    sub(/^#define /, "", text)
    name = text
    sub(/[^A-Za-z0-9_].*/, "", name)
    if (name ~ /_$/ || name ~ /^EDDY_.*_H$/) { hidden = 1; return }
    value = substr(text, length(name) + 1)
    if (value ~ /^\(/) text = substr(text, 1, index(text, ")"))
    else if (value ~ /\\|_\(/) text = "#define " name
    else text = "#define " text
    add("prototype", text, name)
}

# ---- Pages ----------------------------------------------------------------------------------------

function begin_page(number, name, what) {
    say(".\\\" Made from the headers' comments by manual.awk.")
    say(".TH " toupper(name) " " number " \"\" \"eddy " version "\" \"eddy\"")
    say(".SH NAME")
    say(name " \\- " what)
    heading(".SH", "SYNOPSIS")
    say(".nf")
    say(".B #include <eddy.h>")
    say(".fi")
    say(".PP")
    say(".BI \"cc \" program.c \" $(pkg\\-config \\-\\-cflags \\-\\-libs eddy)\"")
}

# The head comment: "loop - the event loop: it sleeps until ..."
function begin_header(    what) {
    sub(/^[a-z_]+ - /, "", comment[1])
    what = comment[1] (comment[2] != "" ? " " comment[2] : "")
    sub(/[:.;,]( .*)?$/, "", what)
    summary[title] = escaped(what, 1)
    comment[1] = toupper(substr(comment[1], 1, 1)) substr(comment[1], 2)
    begin_page(3, title, summary[title])
    heading(".SH", "DESCRIPTION")
    say_text(comment, length_of_comment)
    heading(".SH", "INTERFACE")
    length_of_comment = 0
    state = ""
}

function end_header(    n, names, i) {
    if (title == "") return
    end_item()
    heading(".SH", "SEE ALSO")
    n = split(included, names, " ")
    for (i = 1; i <= n; i++) say(".BR " names[i] " (3),")
    say(".BR eddy (7)")
    close(page)
}

BEGIN {
    signs["'"] = "\\(aq"; signs["`"] = "\\(ga"; signs["^"] = "\\(ha"; signs["~"] = "\\(ti"; signs["\""] = "\\(dq"
}

FILENAME ~ /README\.md$/ {
    if (/^\| asyncio/) in_table = 1
    else if (in_table && /^\| `?[^-]/) table[++rows] = $0
    else if ($0 !~ /^\|/) in_table = 0
    next
}

FNR == 1 {
    end_header()
    n = split(FILENAME, path, "/")
    name = path[n]
    sub(/\.h$/, "", name)
    title = "eddy_" name
    chapter[title] = path[n - 1]
    order[++pages] = title
    page = out "/man3/" title ".3"
    state = "head"
    included = ""
    count = length_of_comment = hidden = 0
}

# ---- The lines of a header ------------------------------------------------------------------------

state == "inline" { if (/^}/) state = ""; next }

state == "block" {
    block = block "\n" escaped($0, 1)
    if (/^}/) { add("code", block, tag); state = "" }
    next
}

state == "macro" { if ($0 !~ /\\$/) state = ""; next }

state == "prototype" {
    line = $0
    if (line == "{") { add("prototype", text ";", declared(text)); state = "inline"; next }
    sub(/^ +/, "", line)
    text = text " " line
    if (line ~ /;/) { add("prototype", text, declared(text)); state = "" }
    next
}

/^\/\* ---- .* -+ \*\/$/ {
    end_item()
    sub(/^\/\* -+ /, "")
    sub(/ -+ \*\/$/, "")
    heading(".SS", $0)
    next
}

/^\/\*/ && state != "comment" { if (state != "head") { end_item(); state = "comment" } }

state == "comment" || state == "head" {
    line = $0
    ends = line ~ /\*\/$/
    alone = line ~ /^\/\*$/ || line ~ /^ \*\/$/
    sub(/ ?\*\/$/, "", line)
    sub(/^(\/\*| \*) ?/, "", line)
    if (!alone) comment[++length_of_comment] = line
    if (ends && state == "head") begin_header()
    if (ends) { comment[length_of_comment + 1] = ""; state = "" }
    next
}

/^#include "/ {
    sub(/\.h"$/, "")
    included = included " eddy_" substr($0, length("#include \"") + 1)
    next
}

/^#define / { add_macro($0); if (/\\$/) state = "macro"; next }

/^$/ { end_item(); next }

/^#/ || /^}/ || /^extern "C"/ { next }

/^(struct|union|enum) [^(]*;/ && !/[{(]/ { next } # of another header's

/^(struct|union|enum)[^(]*\{/ {
    tag = $1 == "enum" ? "" : $2
    structs[tag] = title
    if (/};/) { add("code", escaped($0, 1), ""); next }
    block = escaped($0, 1)
    state = "block"
    next
}

{
    text = $0
    sub(/^static inline /, "", text)
    if (text ~ /;/) add("prototype", text, declared(text))
    else state = "prototype"
}

# ---- The library's page, and the names that lead to a page ----------------------------------------

function cell(text) {
    gsub(/^ +| +$/, "", text)
    italic = 0
    return escaped(text, 0)
}

END {
    end_header()
    page = out "/man7/eddy.7"
    begin_page(7, "eddy", "an asyncio in C")
    heading(".SH", "DESCRIPTION")
    for (length_of_comment = 0; (getline line < about) > 0;) comment[++length_of_comment] = line
    say_text(comment, length_of_comment)
    heading(".SH", "PAGES")
    say("What the chapters of the course add, one page for each header.")
    for (i = 1; i <= pages; i++) {
        if (chapter[order[i]] != chapter[order[i - 1]]) heading(".SS", chapter[order[i]])
        say(".TP")
        say(".BR " order[i] " (3)")
        say(summary[order[i]])
    }
    heading(".SH", "FROM ASYNCIO")
    say("What is called how, there and here.")
    for (i = 1; i <= rows; i++) {
        split(table[i], cells, "|")
        say(".TP")
        say(cell(cells[2]))
        say(cell(cells[3]))
    }
    heading(".SH", "SEE ALSO")
    say(".BR pkg\\-config (1),")
    say(".BR select (2),")
    say(".BR epoll (7)")
    close(page)
    # A struct may share its name with a function, or with a page: man finds those.
    for (tag in structs) if (!(tag in home)) home[tag] = structs[tag]
    for (name in home)
        if (!(name in chapter) && name ~ /^(eddy|CO|GEN)_/) {
            page = out "/man3/" name ".3"
            say(".so man3/" home[name] ".3")
            close(page)
        }
}
