/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the sink kafka share. */
#ifndef LW_SINK_KAFKA_H
#define LW_SINK_KAFKA_H

#include "base/kafka_library.h"
#include "sink/kind.h"

struct kafka {
	struct sink *sink;
	const struct kafka_library *library;
	rd_kafka_t *producer; /* NULL before the first batch, and after it had an error for good */
	int wake;             /* eventfd: the producer has something to say */
	bool works;           /* it has delivered something */
	bool broken;          /* it had an error for good */

	uint32_t round;            /* of the batch at hand: reports tell theirs */
	unsigned count;            /* messages of the batch */
	unsigned waiting;          /* reports to come; 0: nothing is under way */
	unsigned failed;           /* the first of the batch that was not taken; count: none */
	rd_kafka_resp_err_t error; /* of that one */
	char trouble[160];         /* the last thing that a broker or the network said */
};

/* Makes the producer and lets it wake the loop. Returns false with a reason. */
bool kafka_producer_make(struct kafka *kafka, char reason[SINK_REASON]);
/* Messages under way are forgotten. */
void kafka_producer_free(struct kafka *kafka);
/* The configuration's faults that show offline: what is expected instead, or NULL. */
const char *kafka_check(const struct sink_options *options);

/* A report of a message, and an error of the whole, both from within poll, in the thread of the loop. */
void kafka_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context);
void kafka_trouble(rd_kafka_t *producer, int error, const char *reason, void *context);

#endif
