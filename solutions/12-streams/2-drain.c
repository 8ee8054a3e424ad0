/*
 * Exercise 12.2, find the bug: a mill, which is a stream. Farmers bring sacks, and may go home at once, unless more
 * than six lie there by then: in that case they wait in a line until it is two or less. Whoever waits is called,
 * and goes home a little later, in the next turn; until then the farmer may still give up. When the mill closes, what
 * lies there is still ground. When it burns, that is lost. Each argument is something that happens:
 *
 *     make check-12.2       builds it, lets things happen, and says what goes wrong
 *     build/learn/exercises/12.2/2-drain bring:anna:9 grind:8 turn
 *
 *     bring:anna:9   Anna brings 9 sacks, and waits if too many lie there by then
 *     ask:anna       Anna brings nothing, and waits all the same if too many lie there
 *     grind:8        8 sacks are ground
 *     leave:anna     Anna gives up, and waits no more
 *     close          no sack is taken any more
 *     burn           the mill burns down
 *     turn           whoever was called goes home
 *
 * Some days a farmer waits for ever.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LOW = 2, HIGH = 6, FARMERS = 16 };

struct farmer {
    char name[10];
    bool called;
};

static struct mill {
    int sacks;
    bool full;       /* there were more than HIGH, and not LOW since */
    bool closing;    /* no sack is taken any more */
    const char *end; /* why it is over; NULL: it is not */
    struct farmer line[FARMERS];
    int count;
} mill;

/* ---- Waiting ------------------------------------------------------------------------------------- */

static void take_out(int i)
{
    mill.count--;
    memmove(&mill.line[i], &mill.line[i + 1], (size_t)(mill.count - i) * sizeof mill.line[0]);
}

static void send_home(const char *name)
{
    printf("%s goes home%s%s\n", name, mill.end ? ": " : "", mill.end ? mill.end : "");
}

/* There is room, or will never be. */
static void call_farmers(void)
{
    for (int i = 0; i < mill.count; i++)
        mill.line[i].called = true;
}

static int wait_for_room(const char *name)
{
    if (mill.end || !mill.full) {
        send_home(name);
        return 0;
    }
    if (mill.count == FARMERS)
        return -1;
    printf("%s waits\n", name);
    mill.line[mill.count].called = false;
    strcpy(mill.line[mill.count++].name, name);
    return 0;
}

static int leave(const char *name)
{
    for (int i = 0; i < mill.count; i++) {
        if (strcmp(mill.line[i].name, name) == 0) {
            printf("%s gives up\n", name);
            take_out(i);
            return 0;
        }
    }
    return -1;
}

/* Whoever was called goes home, in the order in which they came. */
static void take_turn(void)
{
    int i = 0;

    while (i < mill.count) {
        if (!mill.line[i].called) {
            i++;
            continue;
        }
        send_home(mill.line[i].name);
        take_out(i);
    }
}

/* ---- Sacks --------------------------------------------------------------------------------------- */

static void end_mill(const char *why)
{
    if (mill.end)
        return;
    printf("%s\n", why);
    mill.end = why;
    mill.closing = true;
    mill.sacks = 0;
    call_farmers();
}

static int bring(const char *name, int n)
{
    if (mill.closing) {
        printf("no sack of %s is taken\n", name);
        return 0;
    }
    mill.sacks += n;
    if (mill.sacks > HIGH)
        mill.full = true;
    return wait_for_room(name);
}

static void grind(int n)
{
    if (n > mill.sacks)
        n = mill.sacks;
    mill.sacks -= n;
    printf("%d ground\n", n);
    if (mill.full && mill.sacks <= LOW) {
        mill.full = false;
        call_farmers();
    }
    if (mill.closing && mill.sacks == 0)
        end_mill("the mill is closed");
}

static void close_mill(void)
{
    mill.closing = true;
    if (mill.sacks == 0)
        end_mill("the mill is closed");
}

/* ---- A day --------------------------------------------------------------------------------------- */

static int happen(const char *word)
{
    char name[10];
    int n;

    if (sscanf(word, "bring:%9[a-z]:%d", name, &n) == 2)
        return bring(name, n);
    if (sscanf(word, "ask:%9[a-z]", name) == 1)
        return wait_for_room(name);
    if (sscanf(word, "leave:%9[a-z]", name) == 1)
        return leave(name);
    if (sscanf(word, "grind:%d", &n) == 1)
        grind(n);
    else if (strcmp(word, "close") == 0)
        close_mill();
    else if (strcmp(word, "burn") == 0)
        end_mill("the mill has burned down");
    else if (strcmp(word, "turn") == 0)
        take_turn();
    else
        return -1;
    return 0;
}

int main(int argc, char *argv[])
{
    int err = 0;

    for (int i = 1; i < argc && err == 0; i++)
        err = happen(argv[i]);
    take_turn();
    for (int i = 0; i < mill.count; i++)
        printf("at night %s still waits\n", mill.line[i].name);
    return err < 0;
}
