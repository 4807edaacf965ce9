/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of a log that tells an error, as programs write it whose language returns errors. */
#ifndef LW_TRACEBACK_ENTRY_H
#define LW_TRACEBACK_ENTRY_H

#include "traceback/internal.h"

/* Raw: what was escaped still is. */
struct entry {
	struct span level, target, message, error, place, function;
	bool msg;         /* the key of the message is "msg" */
	bool error_first; /* the error stands before the message */
	bool foreign;     /* what a logger of another language adds */
};

/* Whether the line is an entry of that form, at a level of errors. */
typedef bool (*entry_form)(struct span line, struct entry *ret);

/* What a key says, where it is one that loggers have. context: the entry; as lines_json wants it. */
void entry_take(void *context, struct span key, struct span value);
/* Of the forms, which end with NULL, the first that the line has and in which something is said. */
bool entry_parse(const entry_form *forms, struct span line, struct entry *ret);
/* It becomes an exception of type "error" that is whole. */
void entry_tell(struct reader *r, const struct entry *entry);

#endif
