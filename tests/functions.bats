# A drop-in is written function by function: what make check-NN.M says on the way.

load support/helpers

# The stub of exercise $1 with the library's bodies for the functions that follow: sets `file`.
write() {
    number=$1
    shift
    . tests/learn/common.sh
    open_exercise "$number"
    read_c() { awk -f tests/learn/code.awk -f tests/learn/bodies.awk "$@"; }
    read_c -v names="$*" "$source" > "$tmp/bodies"
    sh tests/learn/given.sh "$number" > "$tmp/given.c"
    file=$tmp/${source##*/}
    read_c -v names="$*" -v ranges="$tmp/bodies" -v as="$tmp" -v from="$source" "$tmp/given.c" | sed '/^#line/d' > "$file"
}

check() {
    export NO_COLOR=1 EDDY_PARTS=$BATS_FILE_TMPDIR/$number # what all tests of an exercise share
    mkdir -p "$EDDY_PARTS"
    run sh tests/learn/check.sh "$number" "$file" 2> /dev/null
}

# What was said, but for a compiler's warnings and the like, is the text on stdin.
said() { diff <(printf '%s\n' "$output" | grep -v '^(building') -; }

@test "of an untouched stub it says which functions there are, and which one is first" {
    write 06.2
    check
    [ "$status" -eq 1 ]
    said << 'TEXT'
06.2  coroutines and their cancelling  (drop-in): not done yet (0 of 9 functions done)

  start_waiting     not written yet
  give_up_turn      not written yet
  eddy_co_await     not written yet
  eddy_co_step      not written yet
  eddy_co_call      not written yet
  return_to_caller  not written yet
  run_bodies        not written yet
  skip_body         not written yet
  ask_chain         not written yet

  next      write start_waiting(); the lesson: chapters/06-tasks/README.md, step 2: CO_AWAIT is a yield of a future
  file      exercises/06-tasks/2-co.c
  again     make check-06.2      (a hint: make hint-06.2)
TEXT
}

@test "with one function written that is done, and the next one is named" {
    write 06.2 start_waiting
    check
    [ "$status" -eq 1 ]
    said << 'TEXT'
06.2  coroutines and their cancelling  (drop-in): not done yet (1 of 9 functions done)

  start_waiting     done
  give_up_turn      not written yet
  eddy_co_await     not written yet
  eddy_co_step      not written yet
  eddy_co_call      not written yet
  return_to_caller  not written yet
  run_bodies        not written yet
  skip_body         not written yet
  ask_chain         not written yet

  next      write give_up_turn(); the lesson: chapters/06-tasks/README.md, step 2: CO_AWAIT is a yield of a future
  file      exercises/06-tasks/2-co.c
  again     make check-06.2      (a hint: make hint-06.2)
TEXT
}

@test "of three functions the one that fails is found, with its test; whatever their layout" {
    write 06.2 eddy_co_await give_up_turn ask_chain
    # As somebody else would write it, and with the mistake in the second.
    sed -i 's/++task->spent < TURN/++task->spent < 2 * TURN/; s/    task->inner = co;/  task -> inner=co; \/* } *\//' "$file"
    awk '$0 == "{" { sub(/\n$/, " {\n", held); printf "%s", held; held = ""; next } { printf "%s", held; held = $0 "\n" } END { printf "%s", held }' "$file" > "$tmp/x"
    mv "$tmp/x" "$file"
    check
    [ "$status" -eq 1 ]
    said << 'TEXT'
06.2  coroutines and their cancelling  (drop-in): not done yet (2 of 9 functions done)

  start_waiting     not written yet
  give_up_turn      fails: whoever never has to wait gives up the turn at every hundredth await
  eddy_co_await     done
  eddy_co_step      not written yet
  eddy_co_call      not written yet
  return_to_caller  not written yet
  run_bodies        not written yet
  skip_body         not written yet
  ask_chain         done

  test      whoever never has to wait gives up the turn at every hundredth await
  did       a task awaited 300 times what is done
  expected  turns_of(&a) == 4
  came      2
  cause     give_up_turn() counts in task->spent, up to TURN, and begins anew when it has given up a turn: or this task starves all others
  next      mend give_up_turn(); the lesson: chapters/06-tasks/README.md, step 2: CO_AWAIT is a yield of a future
  file      exercises/06-tasks/2-co.c
  again     make check-06.2      (a hint: make hint-06.2)
TEXT
}

@test "another layout, and line ends of another system, are read like the house's own" {
    write 03.2 sift_up first_child
    sed -i 's/^static void sift_up(/static void\nsift_up(/; s/^static size_t first_child(\(.*\)$/static size_t first_child (\1 \/* as it is: { *\//' "$file"
    sed -i 's/$/\r/' "$file"
    check
    [ "$status" -eq 1 ]
    [[ $output == *"(2 of 5 functions done)"*"sift_up           done"*"eddy_heap_add     not written yet"*"first_child       done"* ]]
}

@test "when two fail, one is found, and what else is written waits for it" {
    write 05.2 resume_gen eddy_gen_send eddy_gen_close
    sed -i 's/    gen->value = sent;/    gen->value = NULL;/; s/return got == EDDY_ECLOSED ? 0 : got;/return got;/' "$file"
    check
    [ "$status" -eq 1 ]
    [[ $output == *"(1 of 6 functions done)"* ]]
    [[ $output == *"  resume_gen      fails: "* ]]
    [[ $output == *"  eddy_gen_close  written, and another test fails: mend resume_gen() first"* ]]
    [[ $output == *"  next      mend resume_gen(); the lesson: chapters/05-generators/README.md, step 8: the one place that calls the body"* ]]
}

@test "when the library's bodies do not fit the file, that is said, and no function is blamed" {
    write 03.2 sift_up
    sed -i 's/comes_before/is_before/g' "$file"
    check
    [ "$status" -eq 2 ]
    [[ $output == *"lib/03-callbacks/heap.c:"*"comes_before"* ]]
    [[ $output == *"cause     for what you have not written yet, the library's own body stands in; it does not fit"* ]]
}

@test "a compiler's error names the learner's file and line, also after what the library lends" {
    write 03.2 sift_up
    echo 'int x = ;' >> "$file"
    check
    [ "$status" -eq 2 ]
    [[ $output == *"$file:$(grep -n 'int x = ;' "$file" | cut -d: -f1):9: error: "* ]]
}

@test "whoever does without one of the functions may: the others are tested" {
    write 03.2 sift_up first_child sift_down eddy_heap_add
    # first_child goes into sift_down, which is the library's way with one function less.
    awk '/^static size_t first_child/ { held = 1 } !held { print } held && $0 == "}" { held = 0 }' "$file" > "$tmp/x"
    sed 's/    for (;;) {/    for (;;) {\n        size_t first = 4 * i + 1, end = first + 4 < heap->count ? first + 4 : heap->count;/
        s/size_t child = first_child(heap, i);/size_t child = first;\n        while (++first < end)\n            if (comes_before(\&heap->entries[first], \&heap->entries[child]))\n                child = first;/' "$tmp/x" > "$file"
    check
    [ "$status" -eq 1 ]
    [[ $output == *"  first_child       not in your file"*"  sift_down         done"* ]]
    [[ $output == *"next      write eddy_heap_remove()"* ]]
}

@test "when no function alone is the cause, none is blamed" {
    write 03.2 first_child
    sed -i '/TODO .* write sift_up()/s/$/ ;/; /TODO .* write eddy_heap_add()/s/$/ ;/' "$file"
    check
    [ "$status" -eq 1 ]
    [[ $output == *"(1 of 5 functions done)"* ]]
    [[ $output == *"  sift_up           in doubt: a test fails, and not for one function alone"* ]]
    [[ $output == *"  eddy_heap_add     in doubt: a test fails, and not for one function alone"* ]]
    [[ $output == *"  first_child       done"* ]]
    [[ $output != *"  next "* ]]
}
