# compiler.awk - what a compiler's or linker's words mean here:  awk -f compiler.awk WORDS FILE
# WORDS is what it said of FILE. One sentence; nothing when none fits. gcc's and clang's wordings, and those
# of their linkers.

FNR == 1 { files++ }
files == 1 {
    words = words $0 "\n"
    if (undefined == "" && match($0, /undefined reference to|undefined symbol: /))
        undefined = name_in(substr($0, RSTART + RLENGTH))
    if (unknown == "" && /undeclared|implicit declaration of function|undeclared identifier/ && /error: /)
        unknown = quoted($0)
    if (miscalled == "" && match($0, /error: macro "/))
        miscalled = name_in(substr($0, RSTART + RLENGTH))
    if (miscalled == "" && miscounts && match($0, /note: macro '/))
        miscalled = name_in(substr($0, RSTART + RLENGTH))
    if (/(many|few) arguments provided to function-like macro/)
        miscounts = 1
    next
}

/(CO|GEN)_BEGIN\(/ { open_at = open_at ? open_at : FNR; word = (/CO_/ ? "CO" : "GEN") }
/(CO|GEN)_END\(/ { open_at = 0 }
/(CO|GEN)_[A-Z_]+\(/ { has_macros = 1; word = (/CO_/ ? "CO" : word == "" ? "GEN" : word) }

# The first name in a text.
function name_in(text) {
    return match(text, /[A-Za-z_][A-Za-z0-9_]*/) ? substr(text, RSTART, RLENGTH) : ""
}

# What stands in quotes: some compilers' are not ASCII's.
function quoted(line) {
    sub(/.*error: /, "", line)
    if (line ~ /implicit declaration of function/)
        sub(/.*implicit declaration of function/, "", line)
    else if (line ~ /undeclared identifier/)
        sub(/.*undeclared identifier/, "", line)
    return name_in(line)
}

# The library's header that has a name; "" when none has.
function header_of(name,    command, header) {
    command = "grep -lw '" name "' lib/*/*.h 2> /dev/null"
    command | getline header
    close(command)
    sub(/.*\//, "", header)
    return header
}

function pause() { return word == "CO" ? "an await" : "a yield" }

function tell(text) {
    print text
    exit
}

END {
    if (has_macros) {
        if (open_at && words ~ /at end of input|expected '}'|expected .}|function definition is not allowed/)
            tell(word "_END is missing: the body that begins at line " open_at " has none, and so does not end")
        if (words ~ /case label not within a switch|'case' statement not in switch|case. statement not in switch/)
            tell(pause() " stands where no " word "_BEGIN is above it, or after " word "_END: its label has no switch to belong to")
        if (words ~ /duplicate case value/)
            tell("two of them stand in one line: " pause() "'s label is the number of its line, so each needs a line of its own")
    }
    if (words ~ /at end of input|expected '}'/)
        tell("a brace is still open at the end of the file")
    if (miscalled != "") {
        header = header_of(miscalled)
        tell(miscalled " takes more or fewer arguments than it is given here" \
            (header == "" ? "" : ": " header " says which") \
            (miscalled ~ /_RETURN$/ ? "; an end with an error is " substr(miscalled, 1, length(miscalled) - 6) "FAIL" : ""))
    }
    if (unknown != "") {
        header = header_of(unknown)
        if (header != "")
            tell(unknown " is declared in " header ": #include \"" header "\"")
        tell("nobody has declared " unknown ": is it spelt right, and declared above its first use?")
    }
    if (undefined != "") {
        header = header_of(undefined)
        if (header != "")
            tell(undefined " is not in your file; " header " has its name")
        tell(undefined " is called, and no file defines it: is it spelt right?")
    }
}
