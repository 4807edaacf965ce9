/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka, loaded where a sink wants it: the program does not depend on it. */
#ifndef LW_BASE_KAFKA_LIBRARY_H
#define LW_BASE_KAFKA_LIBRARY_H

#include <librdkafka/rdkafka.h>

struct kafka_library {
	typeof(rd_kafka_conf_new) *conf_new;
	typeof(rd_kafka_conf_set) *conf_set;
	typeof(rd_kafka_conf_set_dr_msg_cb) *conf_set_dr_msg_cb;
	typeof(rd_kafka_conf_set_error_cb) *conf_set_error_cb;
	typeof(rd_kafka_conf_set_log_cb) *conf_set_log_cb;
	typeof(rd_kafka_conf_set_opaque) *conf_set_opaque;
	typeof(rd_kafka_conf_destroy) *conf_destroy;
	typeof(rd_kafka_new) *new;
	typeof(rd_kafka_destroy) *destroy;
	typeof(rd_kafka_poll) *poll;
	typeof(rd_kafka_purge) *purge;
	typeof(rd_kafka_producev) *producev;
	typeof(rd_kafka_queue_get_main) *queue_get_main;
	typeof(rd_kafka_queue_io_event_enable) *queue_io_event_enable;
	typeof(rd_kafka_queue_destroy) *queue_destroy;
	typeof(rd_kafka_err2str) *err2str;
};

/* Loads it at the first call, from the one thread of the loop. NULL when it is not there. */
const struct kafka_library *kafka_library(void);

#endif
