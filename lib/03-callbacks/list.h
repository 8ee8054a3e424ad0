/*
 * list - nodes in a ring, embedded in what they link.
 *
 * Nothing is allocated, so nothing can fail: joining a list is four assignments, and so is leaving
 * it, from any place and without knowing which list it is. A zeroed node is in no list. The head
 * of a list is a node, too; it needs eddy_list_init().
 * (The idea is the Linux kernel's list.h, and libuv's queue.h.)
 *
 * Everything is O(1). Threads: one at a time.
 */
#ifndef EDDY_LIST_H
#define EDDY_LIST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_list {
    struct eddy_list *next, *prev; /* both NULL: in no list */
};

/*
 * From a pointer to a member to the struct that it is in. The member's type is checked: another
 * one's pointer does not compile without a warning. A program that has a container_of, which is the
 * kernel's name for it, keeps its own: that means the same, and to define it twice is a warning.
 * After this header it needs an #undef before its own.
 */
#ifndef container_of
#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(1 ? (pointer) : &((type *)0)->member) - offsetof(type, member)))
#endif

/* An empty list. */
static inline void eddy_list_init(struct eddy_list *list)
{
    list->next = list->prev = list;
}

static inline bool eddy_list_empty(const struct eddy_list *list)
{
    return list->next == list;
}

/* Whether `node` is in a list. */
static inline bool eddy_list_linked(const struct eddy_list *node)
{
    return node->next != NULL;
}

/* `node`, which is in no list, becomes the last of `list`. */
static inline void eddy_list_append(struct eddy_list *list, struct eddy_list *node)
{
    node->prev = list->prev;
    node->next = list;
    list->prev->next = node;
    list->prev = node;
}

/* `node` leaves the list that it is in. */
static inline void eddy_list_remove(struct eddy_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

/* The first leaves `list`, which is not empty. */
static inline struct eddy_list *eddy_list_pop(struct eddy_list *list)
{
    struct eddy_list *node = list->next;

    list->next = node->next;
    node->next->prev = list;
    node->next = node->prev = NULL;
    return node;
}

/* All of `from` go, in their order, to the end of `to`. */
static inline void eddy_list_move(struct eddy_list *to, struct eddy_list *from)
{
    if (eddy_list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    eddy_list_init(from);
}

#ifdef __cplusplus
}
#endif

#endif
