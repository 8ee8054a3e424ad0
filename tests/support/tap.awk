# tap.awk - reads one test's TAP log (and its stderr), prints a line about it and all its failures,
# and as the last line "counts PASSED FAILED SKIPPED".

FNR == 1 { files++ }
FILENAME == ARGV[1] && /^ok / {
    if (tolower($0) ~ /# skip/) {
        skipped++
        if ($0 !~ /has failed$/) # the failure itself is told
            report = report "  " $0 "\n"
    } else
        passed++
    failing = 0
}
FILENAME == ARGV[1] && /^not ok / { failed++; failing = 1 }
FILENAME == ARGV[1] && failing { report = report "  " $0 "\n" }
FILENAME == ARGV[1] && /^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; has_plan = 1 }
# What a sweep counted, in words.
FILENAME == ARGV[1] && /^[a-z]+: [0-9]+ faults in / { counted = counted "  " $0 "\n" }
FILENAME == ARGV[2] { stderr = stderr "  | " $0 "\n" }

END {
    if (!has_plan || planned != passed + failed + skipped) {
        failed++
        report = report "  not ok - it did not run to its end: " passed + failed - 1 + skipped \
            " results" (has_plan ? " of " planned : ", no plan") "\n" stderr
    }
    printf "%-72s %d passed%s%s\n", command, passed, failed ? ", " failed " FAILED" : "", \
        skipped ? ", " skipped " skipped" : ""
    printf "%s%s", counted, report
    printf "counts %d %d %d\n", passed, failed, skipped
}
