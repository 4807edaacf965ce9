/* SPDX-License-Identifier: Apache-2.0 */
/* bugs WAY: a small service that takes orders, with one defect for each way. Defects share callers and
 * helpers, as real ones do; one may be reached on two paths. */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct order {
	int id;
	int lines;
	char *customer;
	struct order *next;
	int (*volatile price)(struct order *);
};

static volatile int zero;
static volatile uintptr_t nowhere = 16;
static unsigned sum;

static void note(const char *what, int id)
{
	char path[64];

	snprintf(
		path, sizeof(path), "/tmp/orders.%06lx", (unsigned long)time(NULL) ^ (unsigned long)getpid());
	fprintf(stderr, "%s: order %d, journal %s\n", what, id, path);
}

/* Two helpers that several defects go through. */
static unsigned hash_bytes(const char *text, size_t len)
{
	unsigned h = 5381;

	for (size_t i = 0; i < len; i++)
		h = h * 33 + (unsigned char)text[i];
	return h;
}

static unsigned customer_hash(const struct order *o)
{
	return hash_bytes(o->customer, 8);
}

static int parse_quantity(struct order *o)
{
	return 100 / (o->lines * zero);
}

static int parse_address(struct order *o)
{
	o->customer = (char *)nowhere;
	return (int)customer_hash(o);
}

static int parse_note(struct order *o)
{
	volatile char *to = (volatile char *)nowhere;

	to[o->lines] = 'x';
	return to[0];
}

static int parse_order(struct order *o, const char *way)
{
	if (strcmp(way, "quantity") == 0)
		return parse_quantity(o) + 1;
	if (strcmp(way, "address") == 0)
		return parse_address(o) + 2;
	if (strcmp(way, "note") == 0)
		return parse_note(o) + 3;
	return 0;
}

static int price_of(struct order *o)
{
	return *(volatile int *)(nowhere + (uintptr_t)o->lines);
}

static int total_with_tax(struct order *o)
{
	return o->price(o) * 119 / 100;
}

static int discount(struct order *o)
{
	return *(volatile int *)(nowhere * 2) + o->lines;
}

static int total(struct order *o, const char *way)
{
	if (strcmp(way, "price") == 0)
		o->price = price_of;
	if (strcmp(way, "unset") == 0)
		o->price = (int (*)(struct order *))(uintptr_t)zero;
	if (strcmp(way, "discount") == 0)
		return discount(o) + 4;
	return o->price ? total_with_tax(o) + 5 : (strcmp(way, "unset") == 0 ? total_with_tax(o) : 0);
}

static void stock_check(struct order *o)
{
	assert(o->lines < zero);
	sum++;
}

static void stock_reserve(struct order *o)
{
	if (o->lines > zero) {
		note("stock is not consistent", o->id);
		abort();
	}
	sum++;
}

static void stock_release(struct order *o)
{
	char *volatile shelf = malloc(64);

	note("release", o->id);
	free(shelf);
	free(shelf + zero);
	sum++;
}

static void stock_return(struct order *o)
{
	note("return", o->id);
	free(o->customer + 1 + zero);
	sum++;
}

static void stock(struct order *o, const char *way)
{
	if (strcmp(way, "check") == 0)
		stock_check(o);
	if (strcmp(way, "reserve") == 0)
		stock_reserve(o);
	if (strcmp(way, "release") == 0)
		stock_release(o);
	if (strcmp(way, "return") == 0)
		stock_return(o);
	sum++;
}

/* Recursion whose depth is another one each time. */
static int tree_depth(struct order *o, int left)
{
	if (!left)
		return *(volatile int *)(nowhere + (uintptr_t)o->id);
	return tree_depth(o, left - 1) + 1;
}

static int is_even(struct order *o, int n);

static int is_odd(struct order *o, int n)
{
	if (!n)
		return *(volatile int *)(nowhere + (uintptr_t)o->id);
	return is_even(o, n - 1) + 1;
}

static int is_even(struct order *o, int n)
{
	if (!n)
		return *(volatile int *)(nowhere + (uintptr_t)o->id);
	return is_odd(o, n - 1) + 2;
}

static int endless(volatile char *above)
{
	volatile char frame[512];

	frame[0] = *above;
	return *above == 2 ? 0 : endless(frame) + frame[0];
}

static int report(struct order *o, const char *way)
{
	volatile char first = 1;

	if (strcmp(way, "tree") == 0)
		return tree_depth(o, 3 + (int)(getpid() % 9)) + 1;
	if (strcmp(way, "parity") == 0)
		return is_even(o, 3 + 2 * (int)(getpid() % 5)) + 1;
	if (strcmp(way, "endless") == 0)
		return endless(&first);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	return *(volatile int *)(nowhere + (uintptr_t)x->id) - y->id;
}

static void sort_orders(struct order *o)
{
	struct order orders[3] = {*o, *o, *o};

	qsort(orders, 3, sizeof(*orders), compare);
	sum += (unsigned)orders[0].id;
}

static void *mail_worker(void *arg)
{
	struct order *o = arg;

	o->customer = (char *)nowhere;
	sum += customer_hash(o);
	return NULL;
}

static void send_mail(struct order *o)
{
	pthread_t thread;

	pthread_create(&thread, NULL, mail_worker, o);
	pthread_join(thread, NULL);
	sum++;
}

static size_t label_length(struct order *o)
{
	return strlen((const char *)nowhere + o->lines);
}

static void print_label(struct order *o)
{
	char label[16];

	memcpy(label, (const char *)nowhere, 8u + (size_t)zero);
	sum += (unsigned char)label[o->lines];
}

static void ship(struct order *o, const char *way)
{
	if (strcmp(way, "length") == 0)
		sum += (unsigned)label_length(o);
	if (strcmp(way, "label") == 0)
		print_label(o);
	if (strcmp(way, "sort") == 0)
		sort_orders(o);
	if (strcmp(way, "mail") == 0)
		send_mail(o);
	if (strcmp(way, "raise") == 0)
		raise(SIGABRT);
	sum++;
}

static int handle(struct order *o, const char *way)
{
	int r = parse_order(o, way);

	r += total(o, way);
	stock(o, way);
	r += report(o, way);
	ship(o, way);
	return r;
}

int main(int argc, char **argv)
{
	struct order o = {.id = (int)getpid(), .lines = 1 + (argc > 5), .customer = malloc(64)};

	memset(o.customer, 'c', 64);
	return handle(&o, argc > 1 ? argv[1] : "") + (int)sum;
}
