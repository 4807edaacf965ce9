/* SPDX-License-Identifier: Apache-2.0 */
/* What each file of a kind gives to the table of kinds.c. */
#ifndef LW_SINK_KINDS_H
#define LW_SINK_KINDS_H

#include "sink/kind.h"

extern const struct sink_kind sink_stdout;
extern const struct sink_kind sink_file;
extern const struct sink_kind sink_otlp;
extern const struct sink_kind sink_elastic;
extern const struct sink_kind sink_loki;
extern const struct sink_kind sink_sentry;
extern const struct sink_kind sink_alertmanager;
extern const struct sink_kind sink_prometheus;
extern const struct sink_kind sink_clickhouse;
extern const struct sink_kind sink_webhook;
extern const struct sink_kind sink_journald;
extern const struct sink_kind sink_syslog;
extern const struct sink_kind sink_kafka;
extern const struct sink_kind sink_nats;

#endif
