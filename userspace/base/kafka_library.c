/* SPDX-License-Identifier: Apache-2.0 */
/* librdkafka by its names. A library is the process's, so what was found of it is kept once. */
#include "base/kafka_library.h"

#include "base/library.h"

#define FIND(name)                                                                                           \
	{                                                                                                    \
		"rd_kafka_" #name, offsetof(struct kafka_library, name)                                      \
	}

static const struct library_function functions[] = {
	FIND(conf_new),
	FIND(conf_set),
	FIND(conf_set_dr_msg_cb),
	FIND(conf_set_error_cb),
	FIND(conf_set_log_cb),
	FIND(conf_set_opaque),
	FIND(conf_destroy),
	FIND(new),
	FIND(destroy),
	FIND(poll),
	FIND(purge),
	FIND(producev),
	FIND(queue_get_main),
	FIND(queue_io_event_enable),
	FIND(queue_destroy),
	FIND(err2str),
};

const struct kafka_library *kafka_library(void)
{
	static const char *const names[] = {"librdkafka.so.1", NULL};
	static struct kafka_library library;
	static void *handle;

	if (!handle)
		handle = library_load(names, functions, sizeof(functions) / sizeof(functions[0]), &library);
	return handle ? &library : NULL;
}
