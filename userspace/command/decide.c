/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords issues resolve, ignore, merge: an event through the daemon or, when none runs, into its database.
 */
#include "command/decide.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_tree.h"
#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/correlation.h"
#include "command/direct.h"
#include "marker/control.h"
#include "marker/decision.h"
#include "model/body.h"
#include "store/finding.h"

bool decide_is_action(const char *word)
{
	for (const char *const *action = decision_actions; *action; action++)
		if (strcmp(*action, word) == 0)
			return true;
	return false;
}

/* An issue, and what it is called. */
struct named {
	char id[ID_SIZE];
	struct buf title;
};

static int take_named(void *context, const struct store_finding *finding)
{
	struct named *named = context;
	json_t *issue;

	if (strcmp(finding->kind, "issue") != 0)
		return -ENOENT;
	text_copy(named->id, sizeof(named->id), finding->id);
	issue = json_tree(finding->body, strlen(finding->body));
	text_escape(&named->title, body_text(issue, "title"), strlen(body_text(issue, "title")));
	json_decref(issue);
	return 0;
}

/* From what the user typed, which may be the beginning of an id, to the issue. */
static int find_issue(struct store *store, const char *typed, struct named *ret)
{
	char id[ID_TEXT];
	int r;

	if (!id_typed(typed, id)) {
		log_error("an id needs at least 6 characters: %s", typed);
		return -EINVAL;
	}
	r = store_finding_get(store, id, take_named, ret);
	if (r == -ENOENT)
		log_error("there is no issue %s", typed);
	else if (r == -ENOTUNIQ)
		log_error("more than one issue begins with %s", typed);
	else if (r < 0)
		log_error("cannot read the issues: %s", strerror(-r));
	return r;
}

static int find_issues(const char *state, char **words, struct named ret[2])
{
	struct store *store;
	int r = open_store(&store, state, STORE_READ);

	if (r < 0)
		return r;
	r = find_issue(store, words[1], &ret[0]);
	if (r == 0 && words[2])
		r = find_issue(store, words[2], &ret[1]);
	store_close(store);
	return r;
}

/* The engine goes on from what the store keeps, which has the decision by now, and writes what came of it. */
static int conclude(struct store *store, uint64_t now)
{
	struct correlation *c;
	int r = correlation_new(&c, store);

	if (r < 0)
		return r;
	r = correlation_write(c, now, NULL);
	if (r == 0)
		r = correlation_save(c);
	correlation_free(c);
	return r < 0 ? r : store_commit(store, NULL);
}

static int store_directly(const char *state, const struct event_decision *decision)
{
	struct event_host host;
	struct store *store;
	struct event event;
	int r = open_store(&store, state, STORE_OWN);

	if (r < 0)
		return r;
	direct_host(&host);
	decision_event(decision, clock_realtime(), geteuid(), &host, &event);
	r = direct_add(store, &event);
	if (r == 0)
		r = conclude(store, event.time);
	store_close(store);
	if (r < 0)
		log_error("the decision was not stored: %s", strerror(-r));
	else
		direct_say(state);
	return r;
}

static int send(const char *state, const struct event_decision *decision)
{
	_cleanup_buf_ struct buf error = {0};
	int r = control_send_decision(state, decision, &error);

	if (r == -ENOENT || r == -ECONNREFUSED)
		return store_directly(state, decision);
	if (r < 0)
		log_error("the daemon refused it: %s", error.len ? buf_text(&error) : strerror(-r));
	return r;
}

/* resolved SIGSEGV in charge, 01M8… */
static void print(const char *action, const struct named named[2])
{
	printf("%sd %s, %s", action, buf_text(&named[0].title), named[0].id);
	if (named[1].id[0])
		printf(" into %s, %s", buf_text(&named[1].title), named[1].id);
	putchar('\n');
}

int decide(const char *state, char **words, bool quiet)
{
	struct named named[2] = {0};
	struct event_decision decision = {0};
	const char *message = NULL;
	int r = find_issues(state, words, named);

	if (r == 0) {
		text_copy(decision.action, sizeof(decision.action), words[0]);
		text_copy(decision.issue, sizeof(decision.issue), named[0].id);
		text_copy(decision.into, sizeof(decision.into), named[1].id);
		message = decision_check(&decision);
	}
	if (message)
		log_error("%s", message);
	if (r == 0)
		r = message ? -EINVAL : send(state, &decision);
	if (r == 0 && !quiet)
		print(words[0], named);
	buf_free(&named[0].title);
	buf_free(&named[1].title);
	return r < 0 ? EXIT_FAILED : output_finish(0);
}
