/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kinds. */
#include <string.h>

#include "sink/kinds.h"

static const struct sink_kind *const kinds[] = {
	&sink_stdout,
	&sink_file,
	&sink_otlp,
	&sink_elastic,
	&sink_loki,
	&sink_sentry,
	&sink_alertmanager,
	&sink_prometheus,
	&sink_clickhouse,
	&sink_webhook,
	&sink_journald,
	&sink_syslog,
	&sink_kafka,
	&sink_nats,
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct sink_kind *sink_kind_find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

const char *sink_kind_name(size_t index)
{
	return index < KINDS ? kinds[index]->name : NULL;
}
