/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of stored events: one machinery, a specification for each command. */
#ifndef LW_COMMAND_LIST_H
#define LW_COMMAND_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "report/report.h"
#include "store/store.h"

#define LIST_KIND(kind) (1u << (kind))
#define LIST_ALL_KINDS  (LIST_KIND(EVENT_KINDS) - 1)

#define LIST_FILTER_HELP                                                                                     \
	"  --since T, --until T  from, to: 15m, 2h ago, today, 10:46, 2026-11-22T10:46:09Z (UTC)\n"          \
	"  --kind K              only these kinds; repeatable, or separated by commas\n"                     \
	"  --service S           only this service\n"                                                        \
	"  --issue ID            only the failures of this issue\n"

#define LIST_COMMON_HELP                                                                                     \
	"  -o, --output FORMAT   text, json (an array) or jsonl (one object a line)\n"                       \
	"  --state DIR           state directory, default " STATE_DIR_DEFAULT "\n"

struct list_spec {
	const char *help;
	unsigned kinds; /* set of LIST_KIND: what the command is about */
	bool newest_first;
	bool can_follow;
	uint64_t limit; /* when -n is not given; 0: none */
};

/* The main of a list command; returns its exit status. */
int list_main(const struct list_spec *spec, int argc, char **argv);

/* Print the events up to max_seq that the filter matches: all in its order; or, of the newest filter->limit,
 * the oldest first. No query is open while the output may block: it would keep the daemon's log from being
 * cut. Return 0 or -errno; *count is increased by the printed ones. */
int list_print(struct store *store, const struct store_filter *filter, uint64_t max_seq,
	struct report_list *out, uint64_t *count);
int list_print_last(struct store *store, const struct store_filter *filter, uint64_t max_seq,
	struct report_list *out, uint64_t *count);

/* Prints events stored after *seq in the order of storing, and moves *seq behind those that were seen.
 * Returns 0 or -errno. */
int list_print_new(
	struct store *store, const struct store_filter *filter, uint64_t *seq, struct report_list *out);

/* Prints the stored events, then new ones as they come, until SIGINT, SIGTERM, or the reader of the output
 * goes away. Returns 0 or -errno. */
int list_follow(struct store *store, const struct store_filter *filter, struct report_list *out);

#endif
