# order.awk - prints the exercises as NN.M in the order in which the lessons come to them: chapter by
# chapter, in the order in which the chapter's README.md links its pages, and section by section.
#
#     awk -f order.awk tests/NN-name/exercises/M-word/about ...

function values(path,    line, key) {
    page = section = ""
    while ((getline line < path) > 0) {
        key = line
        sub(/[ \t].*/, "", key)
        sub(/^[^ \t]+[ \t]+/, "", line)
        if (key == "page")
            page = line
        else if (key == "section")
            section = line
    }
    close(path)
}

# Which of the chapter's pages this is: README.md is 0.
function page_rank(folder, page,    line, rank) {
    if (page == "README.md" || (folder, page) in ranks)
        return ranks[folder, page] + 0
    while ((getline line < (folder "/README.md")) > 0)
        while (match(line, /\]\([^()]*\)/)) {
            rank++
            if (!((folder, substr(line, RSTART + 2, RLENGTH - 3)) in ranks))
                ranks[folder, substr(line, RSTART + 2, RLENGTH - 3)] = rank
            line = substr(line, RSTART + RLENGTH)
        }
    close(folder "/README.md")
    return ranks[folder, page] + 0
}

# The line of the page in which the section begins.
function section_rank(path, section,    line, n) {
    if (!(path in read_before)) {
        read_before[path]
        while ((getline line < path) > 0) {
            n++
            if (sub(/^#+ /, "", line) && !((path, line) in begins))
                begins[path, line] = n
        }
        close(path)
    }
    return begins[path, section] + 0
}

BEGIN {
    for (i = 1; i < ARGC; i++) {
        split(ARGV[i], part, "/")
        values(ARGV[i])
        folder = "chapters/" part[2]
        number = part[4] + 0
        n++
        order[n] = sprintf("%s %05d %05d %05d", substr(part[2], 1, 2), page_rank(folder, page),
                           section_rank(folder "/" page, section), number)
        name[n] = substr(part[2], 1, 2) "." number
        for (k = n; k > 1 && order[k] < order[k - 1]; k--) {
            line = order[k]; order[k] = order[k - 1]; order[k - 1] = line
            line = name[k]; name[k] = name[k - 1]; name[k - 1] = line
        }
    }
    for (k = 1; k <= n; k++)
        print name[k]
}
