/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to the sink otlp: OTLP's messages in protobuf or in JSON, written by the same calls. */
#ifndef LW_SINK_OTLP_H
#define LW_SINK_OTLP_H

#include "sink/kind.h"

/* What is written, and how. A field has a number in protobuf and a name in JSON; in JSON a name of NULL is
 * an element of a list. */
struct otlp_out {
	struct buf *buf;
	bool json;
};

/* A message; what begin returns is for end. */
size_t otlp_begin(struct otlp_out *out, unsigned number, const char *name);
void otlp_end(struct otlp_out *out, size_t begin);
/* A repeated field: exists in JSON only, its elements are fields without a name. */
void otlp_list_begin(struct otlp_out *out, const char *name);
void otlp_list_end(struct otlp_out *out);

/* Fields; name as in JSON. */
void otlp_text(struct otlp_out *out, unsigned number, const char *name, const char *text, size_t len);
void otlp_fixed64(struct otlp_out *out, unsigned number, const char *name, uint64_t value);
void otlp_enum(struct otlp_out *out, unsigned number, const char *name, unsigned value);

/* A KeyValue as element of the field number. */
void otlp_attribute(struct otlp_out *out, unsigned number, const char *key, const json_t *value);
void otlp_attribute_text(
	struct otlp_out *out, unsigned number, const char *key, const char *text, size_t len);
void otlp_attribute_int(struct otlp_out *out, unsigned number, const char *key, int64_t value);

/* otlp_resource.c: what is the same for all events of this host. */
struct otlp_host {
	const char *name; /* events of other hosts know nothing of the rest */
	const char *environment;
	const char *arch;
	char id[64];
	char os_name[64];
	char os_version[64];
};

/* What is the same in all resources; name and environment are borrowed, environment may be NULL. */
void otlp_host_read(struct otlp_host *host, const char *name, const char *environment);
/* The contents of the message Resource (in JSON without braces). */
void otlp_resource(struct otlp_out *out, const struct otlp_host *host, const struct sink_item *item);

/* otlp_record.c: one LogRecord as element of log_records. */
void otlp_record(struct otlp_out *out, const struct sink_item *item);

/* otlp_answer.c */
struct otlp_answer {
	bool good; /* it is an answer of OTLP */
	uint64_t rejected;
	char message[SINK_REASON]; /* of the other side, any bytes */
};

/* Of the body of a 200: an ExportLogsServiceResponse in either form, or nothing. */
void otlp_answer_read(const char *body, size_t len, struct otlp_answer *ret);
/* The message of a Status, the body of other answers; empty when there is none. */
void otlp_status_read(const char *body, size_t len, char message[SINK_REASON]);

#endif
