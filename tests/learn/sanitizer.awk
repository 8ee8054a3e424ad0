# sanitizer.awk REPORT - what a sanitizer's report comes to, in a sentence. The first match counts.
function say(text) {
    print text
    said = 1
    exit
}
/stack-use-after-return/ { say("a local variable or array was used after its function had paused or returned. What must stay is a field of the frame.") }
/stack-use-after-scope/ { say("a local variable was used after its block had ended.") }
/heap-use-after-free/ { say("memory was used that had been freed.") }
/double-free|attempting free/ { say("something was freed that cannot be: it is free already, or never came from malloc().") }
/buffer-overflow|buffer-underflow/ { say("an array was used beyond its ends.") }
/stack-overflow/ { say("the stack is full: a function calls itself without end.") }
/ERROR: AddressSanitizer: (SEGV|BUS)/ { say("a pointer leads nowhere; NULL, most often.") }
/ERROR: AddressSanitizer: ABRT/ { say("abort() was called, or an assert() does not hold.") }
/LeakSanitizer/ { say("memory was not freed.") }
/runtime error: / { sub(/.*runtime error: /, ""); say($0 ".") }
END { if (!said && NR > 0) print "its first line says what." }
