/* The solution of exercise 08.2 is the library's own file. */
#include "../../lib/08-sync/permit.c"
