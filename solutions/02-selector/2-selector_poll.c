/* The solution of exercise 02.2 is the library's own file. */
#include "../../lib/02-selector/selector_poll.c"
