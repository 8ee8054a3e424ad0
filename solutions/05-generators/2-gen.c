/* The solution of exercise 05.2 is the library's own file. */
#include "../../lib/05-generators/gen.c"
