/* What any POSIX build has, best first. The build takes this file or selectors_linux.c. */
#include "selector_backend.h"

#include <stddef.h>

const struct eddy_selector_ops *const eddy_selector_table[] = {
    &eddy_selector_poll,
    &eddy_selector_select,
    NULL,
};
