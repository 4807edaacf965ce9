/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are lists of words: what would not fit anything is a mistake, and what it lets through is seen
 * too late. */
#include "sink/options_words.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/event.h"
#include "sink/filter.h"

/* The keys of docs/event.schema.json, with those above them; tests/schema holds them against it. */
static const char fields[] =
	"actions actions.kind actions.marker actions.result actions.seconds actions.service actions.time "
	"actions.version advice advice.action advice.command advice.fix_estimate advice.fix_estimate.action "
	"advice.fix_estimate.cases advice.fix_estimate.helped advice.fix_estimate.of_this_service "
	"advice.fix_estimate.seconds advice.restore_estimate advice.restore_estimate.action "
	"advice.restore_estimate.cases advice.restore_estimate.helped "
	"advice.restore_estimate.of_this_service advice.restore_estimate.seconds advice.why breadcrumbs "
	"breadcrumbs.errno breadcrumbs.subject breadcrumbs.syscall breadcrumbs.time callers callers.service "
	"calls calls.remote calls.remote_name calls.service cause count decision decision.action "
	"decision.by decision.into decision.issue detected direction ended errno exception "
	"exception.chained exception.chained.message exception.chained.relation exception.chained.type "
	"exception.frames exception.frames.file exception.frames.function exception.frames.line "
	"exception.language exception.message exception.truncated exception.type exit exit.core_dumped "
	"exit.no_core_reason exit.signal exit.status fingerprint fingerprint_step first_seen host "
	"host.boot_id host.name id interval issues killer killer.ancestors killer.ancestors.comm "
	"killer.ancestors.pid killer.ancestry killer.class killer.comm killer.exe killer.login_uid "
	"killer.pid killer.reason killer.tty killer.uid kind last_seen last_words last_words.bytes "
	"last_words.text last_words.truncated limits limits.as limits.as.soft limits.nofile "
	"limits.nofile.open limits.nofile.open_truncated limits.nofile.soft limits.stack limits.stack.soft "
	"listen listen.port listen.state local marker marker.before marker.evidence marker.kind marker.link "
	"marker.note marker.service marker.source marker.undo marker.version memory memory.peak memory.rss "
	"memory.virtual merged_into message_fingerprint missing missing.what missing.why netns oom "
	"oom.cgroup "
	"oom.largest oom.largest.comm oom.largest.pid oom.largest.rss oom.largest.score_adj oom.limit "
	"oom.memory_stat "
	"oom.read_after oom.scope oom.score_adj oom.trigger oom.trigger.comm oom.trigger.pid oom.usage "
	"process process.age process.cmdline process.comm process.exe process.gid process.ns_pid "
	"process.pid process.ppid process.role process.start process.thread_name process.threads "
	"process.tid process.uid reason remote remote_name schema service service.alive service.cgroup "
	"service.container service.container.id service.container.runtime service.listening service.name "
	"service.pod service.pod.qos service.pod.uid service.slice service.unit service.user "
	"service.version services services.count services.impact services.impact_now services.name signal "
	"signal.address signal.code signal.detail signal.name signal.number signal.reason source stack "
	"stack.end stack.frames stack.frames.address stack.frames.build_id stack.frames.file "
	"stack.frames.function stack.frames.index stack.frames.inlined stack.frames.line "
	"stack.frames.module stack.frames.offset stack.frames.signal stack.frames.trust stack.truncated "
	"started state state_before subjects subjects.count subjects.subject suspects suspects.cause "
	"suspects.evidence "
	"suspects.evidence.amount suspects.evidence.row suspects.evidence.text suspects.evidence.weight "
	"suspects.marker suspects.score suspects.subject syscall threads threads.frames "
	"threads.frames.address threads.frames.build_id threads.frames.file threads.frames.function "
	"threads.frames.line threads.frames.module threads.frames.offset threads.name threads.same "
	"threads.tid threads.truncated time title versions";

static const char *const finding_kinds[] = {"issue", "incident"};

/* Calls is_good for each word, at most SIZE - 1 bytes of it. Returns whether all were, and not too many. */
static bool are_good(const char *text, bool (*is_good)(const char *word))
{
	unsigned count = 0;
	char word[128];

	while (*(text += strspn(text, " \t"))) {
		size_t len = strcspn(text, " \t");

		if (len >= sizeof(word) || ++count > FILTER_WORDS_MAX)
			return false;
		memcpy(word, text, len);
		word[len] = '\0';
		if (!is_good(word))
			return false;
		text += len;
	}
	return count > 0;
}

static bool is_kind(const char *pattern)
{
	for (int kind = 0; kind < EVENT_KINDS; kind++)
		if (fnmatch(pattern, event_kind_name((enum event_kind)kind), 0) == 0)
			return true;
	for (size_t i = 0; i < sizeof(finding_kinds) / sizeof(finding_kinds[0]); i++)
		if (fnmatch(pattern, finding_kinds[i], 0) == 0)
			return true;
	return false;
}

/* Names of services may hold anything, but a comma that is in one is rarer than one that was to part two. */
static bool is_service(const char *pattern)
{
	return !strchr(pattern, ',');
}

static bool is_field(const char *path)
{
	static const char any[] = "oom.memory_stat."; /* the kernel's names */

	return options_word(fields, path) || (strncmp(path, any, strlen(any)) == 0 && path[strlen(any)]);
}

bool options_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at && *at;) {
		size_t size = strcspn(at, " ");

		if (size == len && memcmp(at, word, len) == 0)
			return true;
		at += size + strspn(at + size, " ");
	}
	return false;
}

const char *options_words_kinds(const char *text)
{
	return are_good(text, is_kind) ? NULL
				       : "kinds of events (docs/EVENTS.md), issue, incident, or patterns of "
					 "these, with blanks between them";
}

const char *options_words_services(const char *text)
{
	return are_good(text, is_service)
		       ? NULL
		       : "at most 64 names or patterns with blanks, not commas, between them";
}

const char *options_words_remove(const char *text)
{
	return are_good(text, is_field)
		       ? NULL
		       : "at most 64 keys of events (docs/EVENTS.md) as process.cmdline stack.frames.file, "
			 "with blanks between them";
}

const char *options_words_header(const char *text)
{
	static const char expected[] = "NAME: VALUE";
	size_t name =
		strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	for (const char *at = text + name; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return expected;
	return name > 0 && text[name] == ':' ? NULL : expected;
}
