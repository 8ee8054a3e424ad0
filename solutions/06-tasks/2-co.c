/* The solution of exercise 06.2 is the library's own file. */
#include "../../lib/06-tasks/co.c"
