/*
 * alike.h - when a line on the screen is the one that a lesson shows, on whatever machine.
 *
 * A lesson's ports (8081 to 8099) and its build folder are replaced in what is typed, and put back
 * in what comes. Then two lines are alike if they differ only in
 *
 *     numbers of five digits or more    process numbers, a client's port
 *     127.0.0.1 and [::1]               which of the two "localhost" means
 *     times: 12 us, 1.5 ms, 0.10 s      a number, a blank, a unit
 *     blanks at the end
 */
#ifndef ALIKE_H
#define ALIKE_H

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { PORT_FIRST = 8081, PORTS = 19, TEXT_SIZE = 16384 };

struct text {
    size_t n;
    char s[TEXT_SIZE];
};

static const char *build; /* what a lesson calls build */
static int ports[PORTS];  /* what it calls 8081, 8082, ... */

static void add(struct text *to, const char *s, size_t n)
{
    if (n > sizeof to->s - 1 - to->n)
        n = sizeof to->s - 1 - to->n;
    memcpy(to->s + to->n, s, n);
    to->n += n;
    to->s[to->n] = '\0';
}

static void clear(struct text *text)
{
    text->n = 0;
    text->s[0] = '\0';
}

/* Bytes that are not plain text in hex. */
static const char *escaped(struct text *to, const char *s, size_t n)
{
    char hex[8];

    clear(to);
    for (size_t i = 0; i < n && s[i]; i++) {
        snprintf(hex, sizeof hex, s[i] == '\t' ? "\\t" : "\\x%02x", (unsigned char)s[i]);
        if (s[i] < ' ' || s[i] > '~')
            add(to, hex, strlen(hex));
        else
            add(to, s + i, 1);
    }
    return to->s;
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Binds `port` on every address, of both families where there are two. Returns the socket, or -1. */
static int hold_port(int port)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int off = 0, fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool both = fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;

    if (!both) {
        if (fd >= 0)
            close(fd);
        fd = socket(AF_INET, SOCK_STREAM, 0);
    }
    if (fd >= 0 && (both ? bind(fd, (struct sockaddr *)&six, sizeof six)
                         : bind(fd, (struct sockaddr *)&four, sizeof four)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Below the range that systems give to clients, so that no client of another test can take one
 * before the server does; and from a place of our own, so that two runners seldom meet. */
static bool pick_ports(void)
{
    enum { FIRST = 20000, RANGE = 10000 };
    int start = (int)(getpid() * 131L % RANGE), found = 0;

    for (int i = 0; i < RANGE && found < PORTS; i++) {
        int port = FIRST + (start + i) % RANGE, fd = hold_port(port);
        if (fd < 0)
            continue;
        close(fd);
        ports[found++] = port;
    }
    return found == PORTS;
}

/* Which of the lesson's ports a number is, from 0; or which free one, if it is `real`. Or -1. */
static int port_index(const char *s, size_t n, bool real)
{
    int number = n < 6 ? atoi(s) : 0;

    for (int i = 0; i < PORTS && n > 3; i++)
        if (number == (real ? ports[i] : PORT_FIRST + i))
            return i;
    return -1;
}

static bool mentions_port(const char *s)
{
    for (size_t n; *s; s += n ? n : 1) {
        n = strspn(s, DIGITS);
        if (n && port_index(s, n, false) >= 0)
            return true;
    }
    return false;
}

/* The length of a build folder's name, where it is followed by something that lessons use. */
static size_t folder_length(const char *s, const char *name)
{
    size_t n = strlen(name);

    if (!begins(s, name))
        return 0;
    return begins(s + n, "/chapters/") || begins(s + n, "/stage-") ? n : 0;
}

enum direction { TO_REAL, TO_LESSON };

/* A bare system may not know the name (no hosts file); its clients then need the number. */
static const char *localhost(void)
{
    static const char *name;
    struct addrinfo *list;

    if (!name && getaddrinfo("localhost", NULL, NULL, &list) == 0) {
        freeaddrinfo(list);
        name = "localhost";
    }
    return name ? name : (name = "127.0.0.1");
}

/* Between what the lesson calls its ports and build folder, and what they really are. */
static const char *replace(struct text *to, const char *s, enum direction direction)
{
    bool back = direction == TO_LESSON;
    char previous = ' ', number[16];

    clear(to);
    for (size_t n; *s; previous = s[n - 1], s += n) {
        n = strspn(s, DIGITS);
        int port = n ? port_index(s, n, back) : -1;
        size_t folder = is_word(previous) ? 0 : folder_length(s, back ? build : "build");
        if (port >= 0) {
            snprintf(number, sizeof number, "%d", back ? PORT_FIRST + port : ports[port]);
            add(to, number, strlen(number));
        } else if (folder) {
            add(to, back ? "build" : build, strlen(back ? "build" : build));
            n = folder;
        } else if (!back && !is_word(previous) && begins(s, "localhost")) {
            add(to, localhost(), strlen(localhost()));
            n = strlen("localhost");
        } else {
            n = n ? n : 1;
            add(to, s, n);
        }
    }
    return to->s;
}

static size_t host_length(const char *s)
{
    if (begins(s, "[::1]"))
        return 5;
    return begins(s, "127.0.0.1") && !isdigit((unsigned char)s[9]) ? 9 : 0;
}

static size_t time_length(const char *s)
{
    static const char *const units[] = {" s", " ms", " us", " ns"};
    size_t n = strspn(s, DIGITS);

    if (s[n] == '.')
        n += 1 + strspn(s + n + 1, DIGITS);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (begins(s + n, units[i]) && !is_word(s[n + strlen(units[i])]))
            return n + strlen(units[i]);
    return 0;
}

/* A long number that happens to be one of our free ports was put back as one of the lesson's. */
static bool same_number(const char *a, size_t n, const char *b, size_t m)
{
    if (n > 4)
        return m > 4 || port_index(b, m, false) >= 0;
    return n == m && memcmp(a, b, n) == 0;
}

/* Whether what came is the lesson's line; if not, `right` is how many of its bytes were. */
static bool alike(const char *lesson, const char *came, size_t *right)
{
    const char *a = lesson, *b = came;

    for (size_t n, m; *a && *b; a += n, b += m) {
        if ((n = host_length(a)) > 0 && (m = host_length(b)) > 0)
            continue;
        n = strspn(a, DIGITS);
        m = strspn(b, DIGITS);
        if (n && m && time_length(a) && time_length(b)) {
            n = time_length(a);
            m = time_length(b);
        } else if (n && m ? !same_number(a, n, b, m) : *a != *b) {
            break;
        } else if (!n) {
            n = m = 1;
        }
    }
    *right = (size_t)(b - came);
    return *a == '\0' && *b == '\0';
}

/* Cuts blanks, and what a shell says of a crash where cores are dumped. */
static void cut_end(char *s)
{
    static const char core[] = " (core dumped)";
    size_t n = strlen(s);

    while (n > 0 && strchr(" \t\r", s[n - 1]))
        s[--n] = '\0';
    if (n >= sizeof core - 1 && strcmp(s + n - (sizeof core - 1), core) == 0)
        s[n - (sizeof core - 1)] = '\0';
}

#endif
