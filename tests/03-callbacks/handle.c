#include "check.h"

#include "handle.h"

#include <stdint.h>
#include <stdlib.h>

static void greet(struct eddy_handle *handle)
{
    (void)handle;
}

static void part(struct eddy_handle *handle)
{
    (void)handle;
}

TESTS
{
    CASE("a handle is in line from when it is put there until it is cancelled, once") {
        struct eddy_list line;
        struct eddy_handle handle;
        eddy_list_init(&line);
        eddy_handle_init(&handle, greet);
        CHECK(!eddy_handle_queued(&handle));
        CHECK(!eddy_handle_cancel(&handle));
        eddy_list_append(&line, &handle.link);
        CHECK(eddy_handle_queued(&handle));
        CHECK(eddy_handle_cancel(&handle));
        CHECK(!eddy_handle_queued(&handle));
        CHECK(!eddy_handle_cancel(&handle));
        CHECK(eddy_list_empty(&line));
    }

    CASE("in debug mode a function's name is noted, and others' are not made up") {
        struct eddy_handle handle;
        setenv("EDDY_DEBUG", "1", 1);
        eddy_handle_init(&handle, greet);
        CHECK(handle.fn == greet);
        CHECK_TEXT(eddy_handle_name(greet), "greet");
        CHECK_TEXT(eddy_handle_name(part), "a callback");
        eddy_handle_init_named(&handle, part, "saying goodbye");
        CHECK_TEXT(eddy_handle_name(part), "saying goodbye");
        CHECK_TEXT(eddy_handle_name(greet), "greet");
    }

    CASE("without debug mode no name is noted") {
        struct eddy_handle handle;
        unsetenv("EDDY_DEBUG");
        eddy_handle_init(&handle, greet);
        CHECK_TEXT(eddy_handle_name(greet), "a callback");
    }

    CASE("EDDY_DEBUG set to nothing or to 0 is not set") {
        setenv("EDDY_DEBUG", "", 1);
        CHECK(!eddy_debug_wanted());
    }

    CASE("EDDY_DEBUG=0 is no") {
        setenv("EDDY_DEBUG", "0", 1);
        CHECK(!eddy_debug_wanted());
    }

    CASE("EDDY_DEBUG=1 is yes, and asked once") {
        setenv("EDDY_DEBUG", "1", 1);
        CHECK(eddy_debug_wanted());
        unsetenv("EDDY_DEBUG");
        CHECK(eddy_debug_wanted());
    }

    CASE("more functions than the names have room for are a callback") {
        struct eddy_handle handle;
        static char many[2000];
        int known = 0;
        setenv("EDDY_DEBUG", "1", 1);
        DID("noted the names of 2000 functions");
        CAUSE("the table must stay half empty, or looking for what is not there never ends");
        WAITING("a look into a full table");
        /* Never called: an address is all that a name is found by. */
        for (int i = 0; i < 2000; i++)
            eddy_handle_init_named(&handle, (void (*)(struct eddy_handle *))(uintptr_t)&many[i],
                                   "one of many");
        for (int i = 0; i < 2000; i++)
            known += strcmp(eddy_handle_name((void (*)(struct eddy_handle *))(uintptr_t)&many[i]),
                            "one of many") == 0;
        CHECK_INT(known, 500);
        CHECK_TEXT(eddy_handle_name(part), "a callback");
    }
}
