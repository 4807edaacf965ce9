/* SPDX-License-Identifier: Apache-2.0 */
/* How bad an event, issue or incident is, and what it is called, in the words of those it is handed on to.
 * Works on its JSON, so that a stored one and one of another host are the same thing. The same table for
 * people is in docs/EVENTS.md, "Kinds and severities". */
#ifndef LW_MODEL_SEVERITY_H
#define LW_MODEL_SEVERITY_H

#include <jansson.h>

/* Constants all. */
struct severity {
	const char *event_name; /* OpenTelemetry's EventName: "lastwords.crash" */
	const char *message_id; /* journald's MESSAGE_ID: 32 hexadecimal digits, of the kind */
	unsigned otel;          /* SeverityNumber */
	unsigned otel_open;     /* the same before it ended: who is told of an incident's begin has to be told
				   of its end; of what has no end it is otel */
	const char *otel_text;  /* SeverityText */
	unsigned syslog;        /* 0 to 7, less is worse; also journald's PRIORITY */
	const char *sentry;     /* level */
	unsigned ecs;           /* event.severity, more is worse */
	const char *log_level;  /* log.level of ECS, level of Loki */
};

/* Returns 0; -EINVAL when it is no object (NULL, too) or has no kind; -ENOTSUP for a kind that this version
 * does not know. */
int model_severity(const json_t *object, struct severity *ret);

#endif
