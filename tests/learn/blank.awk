# blank.awk - takes the bodies of named functions out of a C file, so that somebody can write them.
#
#     awk -v names="f g" -v number=01.2 -f blank.awk FILE     prints the file with the bodies blanked
#     awk -v names="f g" -v ranges=1 -f blank.awk FILE        prints "first last" line of each body
#
# It relies on the house's layout: a definition starts in column 1 with its return type and name on
# one line, and its braces stand alone in column 1.

BEGIN {
    wanted = split(names, list, " ")
    for (i = 1; i <= wanted; i++)
        blank[list[i]] = 1
}

# The function that a line in column 1 begins to define, or "".
function defines(line,    name) {
    if (line !~ /^[a-z].*\(/ || line ~ /;$/)
        return ""
    name = line
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    return name
}

# A value that says "not written yet" for this return type.
function unwritten(line) {
    if (line ~ /^(static )?void [^*]/)
        return ""
    if (line ~ /\*[a-z_]+\(/)
        return "    return NULL;\n"
    if (line ~ /^(static )?bool /)
        return "    return false;\n"
    if (line ~ /^(static )?(int|ssize_t) /)
        return "    return -ENOSYS;\n"
    if (line ~ /^(static )?struct eddy_step /)
        return "    return EDDY_RETURNED;\n"
    return "    return 0;\n"
}

{
    if (!inside && defines($0) != "") {
        name = defines($0)
        head = $0
    }
    if ($0 == "{" && (name in blank)) {
        inside = 1
        found[name] = 1
        if (ranges)
            printf "%d ", FNR
        else
            printf "{\n    /* TODO %s: write %s(). */\n%s}\n", number, name, unwritten(head)
    } else if ($0 == "}" && inside) {
        inside = 0
        name = ""
        if (ranges)
            print FNR
    } else if (!inside && !ranges) {
        print
    }
    if ($0 == "}")
        name = ""
}

END {
    for (name in blank)
        if (!(name in found)) {
            printf "blank.awk: %s defines no function %s() to blank\n", FILENAME, name > "/dev/stderr"
            exit 1
        }
}
