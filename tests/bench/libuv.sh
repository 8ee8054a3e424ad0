#!/bin/sh
# libuv.sh CC - prints what the compiler needs to be told to use libuv; fails where there is none.
pkg-config --cflags --libs libuv 2> /dev/null && exit
echo "#include <uv.h>" | $1 -E - > /dev/null 2>&1 && echo -luv
