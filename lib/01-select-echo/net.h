/*
 * net - sockets with their rough edges taken off, once, for every chapter that follows.
 *
 * Each function is one system call, or a few that belong together, with the decisions made that a
 * program with an event loop always makes: no descriptor blocks, none leaks into a child program,
 * a signal is no failure (EINTR), and a peer that has gone is an error code, not SIGPIPE.
 *
 * Errors: negative codes, see errors.h. Memory: nothing is kept. Threads: any thread, one at a
 * time for one descriptor.
 */
#ifndef EDDY_NET_H
#define EDDY_NET_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;

/* Room for any text of eddy_net_name(). */
enum { EDDY_NET_NAME_MAX = 80 };

/*
 * The port number that `text` spells, 0 to 65535; EDDY_EPORT for anything else ("80x", "", "-1").
 */
int eddy_net_parse_port(const char *text);

/*
 * Listen for TCP connections on every address that `host` has ("localhost" has one for IPv4 and
 * one for IPv6; NULL means all of this machine's), all on the same `port`. Port 0 picks a free one.
 * Fills `fds` with at most `max` listening sockets and returns how many there are (at least one);
 * on an error none is left open. The caller closes them.
 * Asks the name service, so it can block, unless host is NULL, a number, or "localhost".
 */
int eddy_net_listen(const char *host, int port, int fds[], int max);

/*
 * Take one waiting connection: returns its descriptor, which does not block and is close-on-exec,
 * with TCP_NODELAY set if the listener is one of eddy_net_listen(). -EAGAIN when none is waiting. A
 * connection that was given up while it waited, or whose network failed, is passed over. -EMFILE,
 * -ENFILE, -ENOBUFS and -ENOMEM leave the connection waiting.
 */
int eddy_net_accept(int listener);

/*
 * Receive what is there, at most `n` bytes: returns the count, 0 at the end of what the peer
 * sends, -EAGAIN when nothing is there yet. For a connected socket.
 */
ssize_t eddy_net_recv(int fd, void *buf, size_t n);

/*
 * Send what the kernel has room for: returns the count, often less than `n`; the rest is the
 * caller's to keep. -EAGAIN when there is no room at all; -EPIPE or -ECONNRESET when the peer has
 * gone, and never SIGPIPE. For a connected socket.
 */
ssize_t eddy_net_send(int fd, const void *buf, size_t n);

/*
 * The addresses of `host`, as getaddrinfo() gives them, to *list; freeaddrinfo() frees it. `hints` is not
 * NULL. "localhost" is this machine. EDDY_ENOHOST, EDDY_ERESOLVE, -ENOMEM. This call blocks, for seconds
 * if a name server does not answer.
 */
int eddy_net_resolve(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **list);

/*
 * Make `fd`, which comes from elsewhere, non-blocking, and closed in programs that this one starts
 * (close-on-exec). What is made by the functions of net.h and net_new.h is so from the beginning.
 */
int eddy_net_prepare(int fd);

/*
 * Close `fd`. After this the number is free, whatever is returned: never close it again.
 */
int eddy_net_close(int fd);

/*
 * The port that the socket `fd` is bound to.
 */
int eddy_net_port(int fd);

/*
 * Write an address as people do, "127.0.0.1:8081", "[::1]:8081" or, where an address counts only
 * together with its interface, "[fe80::1%eth0]:8081", to `text`, which has room for `n` bytes.
 * -ENOSPC when that is too little, -EAFNOSUPPORT when it is neither IPv4 nor IPv6.
 */
int eddy_net_name(const struct sockaddr *addr, char *text, size_t n);

/*
 * The same, for the peer of the socket `fd`: whoever is at its other end.
 */
int eddy_net_peer_name(int fd, char *text, size_t n);

#ifdef __cplusplus
}
#endif

#endif
