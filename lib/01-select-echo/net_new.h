/*
 * net_new - where new descriptors come from. Each is non-blocking and close-on-exec; on Linux from
 * the beginning, so that no program which another thread starts in that moment can inherit it.
 * POSIX.1-2008 has no such calls: there, the two flags are set in a second step, and a thread that
 * calls fork() and exec() between the two steps passes the descriptor on.
 *
 * (net_new_linux.c or net_new_posix.c: the build takes one of the two.)
 *
 * Errors: negative codes; on an error nothing is left open. Memory: nothing is kept. Threads: any.
 */
#ifndef EDDY_NET_NEW_H
#define EDDY_NET_NEW_H

#ifdef __cplusplus
extern "C" {
#endif

/* A new socket of this family (AF_INET, ...) and type (SOCK_STREAM, ...). Returns it, or an
 * error. */
int eddy_net_socket(int family, int type);

/* Two connected Unix sockets, a stream each way. */
int eddy_net_pair(int fds[2]);

/* A pipe: what is written to fds[1] is read from fds[0]. */
int eddy_net_pipe(int fds[2]);

/* Take one connection from the listener's queue, as accept() does: one try. Returns it, or an
 * error. (Users want eddy_net_accept(), which passes over those that are spoilt.) */
int eddy_net_take(int listener);

/* TCP_NODELAY for `fd`, so that small answers leave at once. On Linux connections inherit it from
 * their listener; elsewhere eddy_net_take() sets it on each. If it cannot be had, small answers
 * leave later: that is no reason to have no socket, and so nothing is returned. */
void eddy_net_set_nodelay(int fd);

#ifdef __cplusplus
}
#endif

#endif
