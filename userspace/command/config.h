/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file of run, exec and record: one table row a key. */
#ifndef LW_COMMAND_CONFIG_H
#define LW_COMMAND_CONFIG_H

#include "enrich/enrich.h"
#include "marker/control.h"
#include "marker/http.h"
#include "probe/probe.h"
#include "sink/options.h"
#include "store/store.h"
#include "symbolize/debuginfo.h"

#define CONFIG_PATH 256 /* bytes, the NUL included */

struct config {
	struct probe_config probe;
	struct syscall_policy *policy;
	struct store_retention retention;
	struct control_config control;
	struct http_config http;
	char marker_folder[CONFIG_PATH]; /* of files that declare changes; empty: none */
	bool cores_off;                  /* nothing is kept for core files */
	unsigned files;                  /* that are kept open for names */
	uint32_t detectors_off;          /* of changes, by 1 << their number */
	uint64_t repeat;                 /* ns between the lines of an issue that goes on; 0: one an event */
	struct debuginfo_options debuginfo;
	struct sink_list sinks;
};

/* Defaults, then path and its conf.d folder beside it. With required a missing file is an error. Rules about
 * exits go straight to enrich. Returns 0; or -errno with a line for people in error, for a bad line
 * "FILE:LINE: …". */
int config_read(
	struct config *config, const char *path, bool required, struct enrich *enrich, struct buf *error);
/* The sinks alone, of a file that may be missing; the rest is checked, too. The caller frees. */
int config_read_sinks(struct sink_list *ret, const char *path, struct buf *error);
void config_free(struct config *config);

#endif
