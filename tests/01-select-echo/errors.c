#include "check.h"

#include "errors.h"

#include <errno.h>

TESTS
{
    CASE("a system error has its name and the system's text") {
        CHECK_TEXT(eddy_errname(-ECONNRESET), "ECONNRESET");
        CHECK_TEXT(eddy_strerror(-ECONNRESET), strerror(ECONNRESET));
    }

    CASE("an error of eddy's own has its name and its text") {
        CHECK_TEXT(eddy_errname(EDDY_EPORT), "EDDY_EPORT");
        CHECK_TEXT(eddy_errname(EDDY_ENOHOST), "EDDY_ENOHOST");
        CHECK_TEXT(eddy_strerror(EDDY_ENOHOST), "no such host");
        CHECK_TEXT(eddy_strerror(EDDY_ERESOLVE), "the name service does not answer");
    }

    CASE("eddy's own codes lie outside the system's") {
        for (int err = 1; err < 4096; err++) {
            CHECK(-err != EDDY_ENOHOST && -err != EDDY_ERESOLVE && -err != EDDY_EPORT);
            CHECK(strncmp(eddy_errname(-err), "EDDY_", 5) != 0);
        }
    }

    CASE("success and nonsense have texts too") {
        CHECK_TEXT(eddy_strerror(0), "success");
        CHECK_TEXT(eddy_errname(0), "OK");
        CHECK_TEXT(eddy_errname(12345), "unknown");
        CHECK_TEXT(eddy_strerror(12345), "unknown error 12345");
        CHECK_TEXT(eddy_errname(-99999), "unknown");
        CHECK_TEXT(eddy_strerror(-99999), "unknown error -99999");
    }

    CASE("the text of an error without a name is the system's") {
        CHECK_TEXT(eddy_strerror(-EUNATCH), strerror(EUNATCH));
    }
}
