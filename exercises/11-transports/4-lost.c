/*
 * Exercise 11.4, find the bug: a ferryman, who is a transport. A merchant hands him chests. Those for which
 * there is no boat stand on the quay. When too many stand there, he tells the merchant to pause, and later to
 * go on. When the merchant closes the account, what stands on the quay still goes over; and at night, when
 * nobody is in the middle of anything, the account is settled, once. Each argument is something that happens:
 *
 *     make check-11.4       builds it, lets things happen, and says what goes wrong
 *     build/learn/exercises/11.4/4-lost hand:5 boat:9 close
 *
 *     hand:5   the merchant hands over 5 chests
 *     boat:9   a boat comes, with room for 9
 *     close    the merchant closes the account
 *     sink     the ferry sinks: what stands on the quay is lost, and so is the account
 *     shy      the next time the merchant is told to go on, he closes the account instead
 *     night    what was put in line for the night is done
 *     next     another merchant comes, if the account is settled
 *
 * Some days an account is settled twice.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOW = 2, HIGH = 6, NIGHTS = 16 };

static struct ferry {
    int quay; /* chests that wait */
    int merchant;
    bool paused;  /* the merchant was told to */
    bool closing; /* no chest is taken any more */
    bool lost_soon;
    bool settled;
    bool shy;
} ferry = {.merchant = 1};

static int in_line; /* accounts to be settled in the night */

/* ---- The end ------------------------------------------------------------------------------------- */

static void settle(void)
{
    printf("merchant %d is settled%s\n", ferry.merchant, ferry.settled ? " again" : "");
    ferry.settled = true;
}

/* All is over, or will be in the night. The first time counts. */
static void end_account(void)
{
    if (ferry.lost_soon)
        return;
    ferry.closing = ferry.lost_soon = true;
    ferry.quay = 0;
    ferry.paused = false;
    in_line++;
}

static void close_account(void)
{
    if (ferry.closing)
        return;
    ferry.closing = true;
    if (ferry.quay == 0)
        end_account();
}

static void spend_night(void)
{
    int n = in_line;

    printf("night\n");
    for (in_line = 0; n > 0; n--)
        settle();
}

/* ---- Chests -------------------------------------------------------------------------------------- */

/* What the merchant does when he is told to go on. */
static void go_on(void)
{
    printf("go on\n");
    if (ferry.shy)
        close_account();
}

static void hand_over(int n)
{
    if (ferry.closing) {
        printf("no chest is taken\n");
        return;
    }
    ferry.quay += n;
    if (ferry.quay > HIGH && !ferry.paused) {
        ferry.paused = true;
        printf("pause\n");
    }
}

static void load_boat(int room)
{
    int n = ferry.quay < room ? ferry.quay : room;

    if (n == 0)
        return;
    ferry.quay -= n;
    printf("%d over the river\n", n);
    if (ferry.paused && ferry.quay <= LOW) {
        ferry.paused = false;
        go_on();
    }
    if (ferry.quay == 0 && ferry.closing)
        settle();
}

/* ---- A day --------------------------------------------------------------------------------------- */

static int come_next(void)
{
    if (!ferry.settled)
        return -1;
    ferry = (struct ferry){.merchant = ferry.merchant + 1};
    return 0;
}

static int happen(const char *word)
{
    if (strncmp(word, "hand:", 5) == 0)
        hand_over(atoi(word + 5));
    else if (strncmp(word, "boat:", 5) == 0)
        load_boat(atoi(word + 5));
    else if (strcmp(word, "close") == 0)
        close_account();
    else if (strcmp(word, "sink") == 0)
        end_account();
    else if (strcmp(word, "shy") == 0)
        ferry.shy = true;
    else if (strcmp(word, "night") == 0)
        spend_night();
    else
        return strcmp(word, "next") == 0 ? come_next() : -1;
    return 0;
}

int main(int argc, char *argv[])
{
    int err = 0;

    for (int i = 1; i < argc && err == 0; i++)
        err = happen(argv[i]);
    for (int i = 0; i < NIGHTS && in_line > 0; i++)
        spend_night();
    return err < 0;
}
