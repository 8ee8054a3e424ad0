#include "check.h"

#include "list.h"

struct item {
    char letter;
    struct eddy_list link; /* not the first member: then container_of() has something to do */
};

static struct eddy_list list, other;
static struct item a = {'a', {0}}, b = {'b', {0}}, c = {'c', {0}}, d = {'d', {0}};

static const char *forwards(const struct eddy_list *head)
{
    static char text[16];
    size_t n = 0;

    for (struct eddy_list *node = head->next; node != head && n < 15; node = node->next)
        text[n++] = container_of(node, struct item, link)->letter;
    text[n] = '\0';
    return text;
}

static const char *backwards(const struct eddy_list *head)
{
    static char text[16];
    size_t n = 0;

    for (struct eddy_list *node = head->prev; node != head && n < 15; node = node->prev)
        text[n++] = container_of(node, struct item, link)->letter;
    text[n] = '\0';
    return text;
}

static void set_up(void)
{
    eddy_list_init(&list);
    eddy_list_init(&other);
    eddy_list_append(&list, &a.link);
    eddy_list_append(&list, &b.link);
    eddy_list_append(&list, &c.link);
}

TESTS
{
    CASE("nodes stand in a list in the order in which they were appended") {
        set_up();
        CHECK_TEXT(forwards(&list), "abc");
        CHECK_TEXT(backwards(&list), "cba");
        CHECK(!eddy_list_empty(&list));
    }

    CASE("a new list is empty, and so is one that all have left") {
        set_up();
        CHECK(eddy_list_empty(&other));
        eddy_list_remove(&a.link);
        eddy_list_remove(&c.link);
        eddy_list_remove(&b.link);
        CHECK(eddy_list_empty(&list));
    }

    CASE("a node leaves from the front, the middle and the end") {
        set_up();
        DID("removed the middle one of three, then the last, then the first");
        CAUSE("both neighbours must learn who stands beside them now");
        eddy_list_remove(&b.link);
        CHECK_TEXT(forwards(&list), "ac");
        CHECK_TEXT(backwards(&list), "ca");
        eddy_list_remove(&c.link);
        CHECK_TEXT(backwards(&list), "a");
        eddy_list_remove(&a.link);
        CHECK(eddy_list_empty(&list));
    }

    CASE("a node knows whether it is in a list: not when zeroed, and not when it has left") {
        set_up();
        CHECK(!eddy_list_linked(&d.link));
        CHECK(eddy_list_linked(&b.link));
        eddy_list_remove(&b.link);
        CHECK(!eddy_list_linked(&b.link));
        eddy_list_append(&other, &b.link);
        CHECK(eddy_list_linked(&b.link));
        CHECK_TEXT(forwards(&other), "b");
    }

    CASE("pop takes the first") {
        set_up();
        CHECK(eddy_list_pop(&list) == &a.link);
        CHECK(!eddy_list_linked(&a.link));
        CHECK_TEXT(forwards(&list), "bc");
        CHECK(eddy_list_pop(&list) == &b.link);
        CHECK(eddy_list_pop(&list) == &c.link);
        CHECK(eddy_list_empty(&list));
    }

    CASE("all of a list move behind another's, in their order") {
        set_up();
        eddy_list_append(&other, &d.link);
        DID("moved the list a, b, c to the end of the list d");
        eddy_list_move(&other, &list);
        CHECK_TEXT(forwards(&other), "dabc");
        CHECK_TEXT(backwards(&other), "cbad");
        CHECK(eddy_list_empty(&list));
        DID("moved them on, to an empty list");
        eddy_list_move(&list, &other);
        CHECK_TEXT(forwards(&list), "dabc");
        CHECK_TEXT(backwards(&list), "cbad");
    }

    CASE("moving nothing changes nothing") {
        set_up();
        DID("moved an empty list to the end of another");
        CAUSE("an empty list's head points to itself: linked in, it would be a member");
        eddy_list_move(&list, &other);
        CHECK_TEXT(forwards(&list), "abc");
        CHECK_TEXT(backwards(&list), "cba");
        CHECK(eddy_list_empty(&other));
    }
}
