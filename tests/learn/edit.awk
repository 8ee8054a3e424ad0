# edit.awk - applies a small, named change to a file:  awk -f edit.awk CHANGE FILE
#
# A change is text in blocks. Each "--- replace" block must stand in FILE exactly once, so a change
# that no longer fits fails loudly instead of changing nothing. "--- expect" is for the one who
# called: what must come of it.
#
#     --- expect
#     a part of the message that this change must draw
#     --- replace
#         lines as they are
#     --- with
#         lines as they shall be
#     --- end

function fail(why) {
    printf "%s: %s\n", change, why > "/dev/stderr"
    failed = 1
    exit 1
}

# Puts `fresh` in the place of `old`, which must occur once.
function replace(old, fresh,    at, rest) {
    at = index(text, old)
    if (at == 0)
        fail("these lines are not in " FILENAME " any more:\n" old)
    rest = substr(text, at + length(old))
    if (index(rest, old) > 0)
        fail("these lines stand in " FILENAME " more than once:\n" old)
    text = substr(text, 1, at - 1) fresh rest
}

FNR == 1 { files++ }

files == 1 {
    change = FILENAME
    if ($0 == "--- replace") { part = "old"; count++ }
    else if ($0 == "--- with") part = "new"
    else if ($0 == "--- end") part = ""
    else if ($0 == "--- expect") part = "expect"
    else if (part == "old") old[count] = old[count] $0 "\n"
    else if (part == "new") fresh[count] = fresh[count] $0 "\n"
    next
}

{ text = text $0 "\n" }

END {
    if (failed)
        exit 1
    if (count == 0)
        fail("it has no \"--- replace\" block")
    for (i = 1; i <= count; i++)
        replace(old[i], fresh[i])
    printf "%s", text
}
