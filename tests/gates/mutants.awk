# mutants.awk - the small changes that can be made within a file's functions, one a line, as "LINE<tab>what
# stands there then":
#
#     awk -v ranges="51 55 66 72" -f mutants.awk FILE       ranges: first and last line of each body
#
# The mistakes are those of tired people: another operator, a bound off by one, a condition turned round,
# a statement that is missing. Always the same ones, in the order of the lines.

BEGIN { count = split(ranges, at, " ") }

function inside(    i) {
    for (i = 1; i < count; i += 2)
        if (FNR > at[i] && FNR < at[i + 1])
            return 1
    return 0
}

function put(text) {
    printf "%d\t%s\n", FNR, text
}

# Each place where `old` stands, changed alone.
function swap(old, fresh,    from, place) {
    from = 1
    while ((place = index(substr($0, from), old)) > 0) {
        place += from - 1
        put(substr($0, 1, place - 1) fresh substr($0, place + length(old)))
        from = place + length(old)
    }
}

# The condition of an `if` or `while`, turned round, where it ends on its line.
function negate(    start, i, depth, c) {
    if (!match($0, /(if|while) \(/))
        return
    start = RSTART + RLENGTH
    depth = 1
    for (i = start; i <= length($0) && depth > 0; i++) {
        c = substr($0, i, 1)
        depth += (c == "(") - (c == ")")
    }
    if (depth == 0)
        put(substr($0, 1, start - 1) "!(" substr($0, start, i - 1 - start) ")" substr($0, i - 1))
}

function is_statement() {
    return $0 ~ /^ +[a-z_]+\(.*\);/ || $0 ~ /^ +\(void\)[a-z_]+\(.*\);/ || $0 ~ /^ +(break|continue);/ ||
        $0 ~ /^ +[a-z_]+[a-z_.>-]*(\[[^ ]*\])?[a-z_.]* [+|&-]?= .*;/ || $0 ~ /^ +[a-z_>.-]+(\+\+|--);/
}

inside() && !/^ *(\/\*|\*)/ {
    swap(" < ", " <= "); swap(" <= ", " < "); swap(" > ", " >= "); swap(" >= ", " > ")
    swap(" == ", " != "); swap(" != ", " == ")
    swap(" && ", " || "); swap(" || ", " && ")
    swap(" + ", " - "); swap(" - ", " + "); swap(" * ", " + ")
    swap(" + 1", ""); swap(" - 1", ""); swap(" * 2", "")
    swap(" += ", " = "); swap(" -= ", " = "); swap(" |= ", " = ")
    swap("++", "--"); swap("--", "++")
    swap("true", "false"); swap("false", "true")
    swap(" = 0;", " = 1;"); swap("return 0;", "return 1;"); swap("(i = 0;", "(i = 1;")
    negate()
    if (is_statement())
        put(";")
}
