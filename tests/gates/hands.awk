# hands.awk - holds a page of a lesson to "hands first":  awk -v hidden="FILE..." -f hands.awk PAGE
#
# At most 3,000 words stand on a page, and at most 600 between two things to do whose outcome is open. A
# thing to do is a box ("> **Your turn.**", "> **Try it.**"), a transcript (```console), or a question whose
# answer is folded away (<details>). Code, diagrams and transcripts are not counted. `hidden` are the files
# with functions that an exercise takes out: nothing but a quote's caption names one. Prints TAP, without
# the plan, and last "count N".

function result(good, text, advice) {
    count++
    printf "%s %d - %s: %s\n", good ? "ok" : "not ok", count, FILENAME, text
    if (!good)
        printf "# %s\n", advice
}

function something_to_do() {
    if (since > longest) {
        longest = since
        longest_from = from
    }
    since = 0
    from = FNR
}

function names_hidden(line,    n, i, files) {
    if (line ~ /^`[^`]*`, (after|before|in) `[^`]*`:$/ || line ~ /^`[^`]*`, (at the (top|end)|whole):$/)
        return
    n = split(hidden, files, " ")
    for (i = 1; i <= n; i++)
        if (index(line, files[i])) {
            pointer = files[i]
            pointer_at = FNR
        }
}

BEGIN { most = 3000; apart = 600; from = 1 }

/^```/ {
    inside = !inside
    if (inside && /^```console/)
        something_to_do()
    next
}
inside { next }

/^> \*\*(Your turn|Try it)/ { boxes++; turns += /Your turn/; something_to_do() }
/<summary>/ { something_to_do() }
{
    names_hidden($0)
    words += NF
    since += NF
}

END {
    something_to_do()
    result(words <= most, "at most " most " words, code left out (" words ")", \
        "leave out, or move to a page of its own, what the reader can do without here")
    result(longest <= apart, "something to do every " apart " words (" longest " at most)", \
        "from line " longest_from " on there are " longest " words without a box, a transcript or a question")
    result(boxes > 0, "there are boxes in which the reader does something (" turns + 0 " turns, " boxes - turns " to try)", \
        "put a box:  > **Your turn.** Write ...   or:  > **Try it.** Change ..., and type `make try-NN`")
    result(pointer == "", "nothing leads to a file whose functions the reader is to write", \
        "line " pointer_at " names " pointer "; name the header, or the exercise'\''s file")
    print "count " count
}
