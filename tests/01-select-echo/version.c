#include "check.h"

#include "version.h"

#if EDDY_VERSION_NUMBER < 100
#error "the preprocessor can compare versions, and this one is below the first"
#endif

TESTS
{
    CASE("the version is one, as text, as three numbers and as one number") {
        char text[32];

        snprintf(text, sizeof text, "%d.%d.%d", EDDY_VERSION_MAJOR, EDDY_VERSION_MINOR,
                 EDDY_VERSION_PATCH);
        CHECK_TEXT(EDDY_VERSION, text);
        CHECK(EDDY_VERSION_MINOR < 100 && EDDY_VERSION_PATCH < 100);
        CHECK_INT(EDDY_VERSION_NUMBER / 10000, EDDY_VERSION_MAJOR);
        CHECK_INT(EDDY_VERSION_NUMBER / 100 % 100, EDDY_VERSION_MINOR);
        CHECK_INT(EDDY_VERSION_NUMBER % 100, EDDY_VERSION_PATCH);
    }

    CASE("the library says its own version: here the header's, from one tree") {
        CHECK_TEXT(eddy_version(), EDDY_VERSION);
    }
}
