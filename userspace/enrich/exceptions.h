/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that a process tells of and lives on: found in its output, folded by kind, held back for a
 * while. Private to this folder. */
#ifndef LW_ENRICH_EXCEPTIONS_H
#define LW_ENRICH_EXCEPTIONS_H

#include "enrich/enrich.h"
#include "model/exception.h"

struct exceptions;

/* Returns 0 or -ENOMEM. */
int exceptions_new(struct exceptions **ret);
void exceptions_free(struct exceptions *exceptions);

/* What a process that lives has written. */
void exceptions_output(struct enrich *e, const struct record *record);
/* The last of it, with the exception that its death is going to tell; NULL: none. */
void exceptions_last_words(
	struct enrich *e, const struct record_last_words *words, uint64_t time, const struct exception *told);
/* Its death is told with this exception, which is not told again; those before it are, now. */
void exceptions_death(struct enrich *e, struct process_key key, const struct exception *told);
/* Tells those that have waited long enough, respectively all. */
void exceptions_tick(struct enrich *e, uint64_t now);
void exceptions_finish(struct enrich *e);

/* exception_fold.c: what waits to be told, by process and kind. */
struct folds;

/* Returns 0 or -ENOMEM. */
int folds_new(struct folds **ret);
void folds_free(struct folds *folds);
/* lost: bytes of the process's output that were not seen since its exception before. */
void folds_add(struct folds *folds, struct process_key key, const struct exception *exception, uint64_t lost,
	uint64_t time);
void folds_death(struct enrich *e, struct folds *folds, struct process_key key, const struct exception *told);
void folds_tick(struct enrich *e, struct folds *folds, uint64_t now);
void folds_finish(struct enrich *e, struct folds *folds);

#endif
