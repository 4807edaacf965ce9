/* SPDX-License-Identifier: Apache-2.0 */
/* Which exit statuses are answers and not failures (docs/EVENTS.md, exit_failure). Pure. */
#ifndef LW_ENRICH_EXIT_RULES_H
#define LW_ENRICH_EXIT_RULES_H

#include <stdbool.h>
#include <stdint.h>

struct exit_rules;

/* Returns 0 or -ENOMEM. */
int exit_rules_new(struct exit_rules **ret);
void exit_rules_free(struct exit_rules *rules);

/* "PROGRAM:STATUS[,STATUS…]", "PROGRAM:*", or "none" to forget the default table. Returns NULL, or what was
 * expected (a constant). */
const char *exit_rules_add(struct exit_rules *rules, const char *rule);

/* Whether the program's status is an answer: grep found nothing, test said no. */
bool exit_is_answer(const struct exit_rules *rules, const char *program, uint32_t status);

/* Whether the program passes on the status of what it ran: shells, sudo, env, make, timeout. */
bool exit_is_wrapper(const char *program);

/* Whether a parent of this name starts services, so that the child is the main process of one: systemd, a
 * container runtime's shim, a supervisor. */
bool exit_parent_is_supervisor(uint32_t ppid, const char *parent);

#endif
