/* SPDX-License-Identifier: Apache-2.0 */
/* The producer of librdkafka: its configuration, its making and its end. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/text.h"
#include "sink/kafka.h"
#include "sink/options_url.h"

#define TIMEOUT_MIN_MS 1000 /* librdkafka looks once a second */
#define RECONNECT_MAX  (10 * NS_PER_SEC)

struct setting {
	const char *name;
	const char *value; /* NULL: librdkafka's own */
};

static const char *security(const struct sink_options *options)
{
	bool tls =
		options->ca || options->cert || (options->protocol && strcmp(options->protocol, "tls") == 0);

	if (options->user)
		return tls ? "sasl_ssl" : "sasl_plaintext";
	return tls ? "ssl" : "plaintext";
}

static const char *mechanism(const struct sink_options *options)
{
	if (!options->user)
		return NULL;
	return options->mechanism ? options->mechanism : "SCRAM-SHA-512";
}

/* What librdkafka has to say comes by error_cb. It would print its log. */
static void drop_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
	(void)producer;
	(void)level;
	(void)facility;
	(void)text;
}

static bool set_all(const struct kafka_library *library, rd_kafka_conf_t *conf,
	const struct sink_options *options, char reason[SINK_REASON])
{
	uint64_t reconnect = options->retry_max < RECONNECT_MAX ? options->retry_max : RECONNECT_MAX;
	uint64_t timeout = options->timeout / 8 * 7 / NS_PER_MS;
	char timeout_text[24], reconnect_text[24];
	const struct setting settings[] = {
		{"bootstrap.servers", options->brokers},
		{"client.id", "lastwords"},
		{"security.protocol", security(options)},
		{"sasl.mechanisms", mechanism(options)},
		{"sasl.username", options->user},
		{"sasl.password", options->password},
		{"ssl.ca.location", options->ca},
		{"ssl.certificate.location", options->cert},
		{"ssl.key.location", options->key},
		{"ssl.endpoint.identification.algorithm", "https"},
		{"compression.codec", options->compression},
		{"enable.idempotence", "true"},
		{"acks", "all"},
		/* With more on their way librdkafka takes a later one's success for that of those before it,
		 * which is so only of a broker that looks at the numbers in the sequence. */
		{"max.in.flight.requests.per.connection", "1"},
		/* Those of one key stay in order: the partitioner of Kafka's own clients. */
		{"partitioner", "murmur2_random"},
		/* One batch at a time is all there is. */
		{"queue.buffering.max.messages", "20000"},
		{"queue.buffering.max.kbytes", "131072"},
		{"message.timeout.ms", timeout_text},
		{"reconnect.backoff.max.ms", reconnect_text},
		/* A topic that is not there is told before the batch's time is over. */
		{"topic.metadata.propagation.max.ms", "5000"},
		{"log.connection.close", "false"},
	};

	snprintf(timeout_text, sizeof(timeout_text), "%llu",
		(unsigned long long)(timeout > TIMEOUT_MIN_MS ? timeout : TIMEOUT_MIN_MS));
	snprintf(reconnect_text, sizeof(reconnect_text), "%llu",
		(unsigned long long)(reconnect > 100 * NS_PER_MS ? reconnect / NS_PER_MS : 100));
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (settings[i].value && library->conf_set(conf, settings[i].name, settings[i].value, reason,
						 SINK_REASON) != RD_KAFKA_CONF_OK)
			return false;
	return true;
}

bool kafka_producer_make(struct kafka *kafka, char reason[SINK_REASON])
{
	const struct kafka_library *library = kafka->library;
	rd_kafka_conf_t *conf = library->conf_new();
	rd_kafka_queue_t *queue;
	const uint64_t one = 1;

	library->conf_set_dr_msg_cb(conf, kafka_report);
	library->conf_set_error_cb(conf, kafka_trouble);
	library->conf_set_log_cb(conf, drop_log);
	library->conf_set_opaque(conf, kafka);
	if (set_all(library, conf, sink_options(kafka->sink), reason))
		kafka->producer = library->new (RD_KAFKA_PRODUCER, conf, reason, SINK_REASON);
	if (!kafka->producer) {
		library->conf_destroy(conf);
		return false;
	}
	kafka->works = kafka->broken = false;
	queue = library->queue_get_main(kafka->producer);
	library->queue_io_event_enable(queue, kafka->wake, &one, sizeof(one));
	library->queue_destroy(queue);
	/* What came before does not ring any more. */
	eventfd_write(kafka->wake, 1);
	return true;
}

static void stop_waking(const struct kafka *kafka)
{
	rd_kafka_queue_t *queue = kafka->library->queue_get_main(kafka->producer);

	kafka->library->queue_io_event_enable(queue, -1, NULL, 0);
	kafka->library->queue_destroy(queue);
}

struct ending {
	const struct kafka_library *library;
	rd_kafka_t *producer;
};

static void *destroy(void *context)
{
	struct ending *ending = context;

	ending->library->destroy(ending->producer);
	free(ending);
	return NULL;
}

/* librdkafka waits for its own threads, one of which may be asking for a name: not in the loop. */
void kafka_producer_free(struct kafka *kafka)
{
	struct ending *ending = kafka->producer ? malloc(sizeof(*ending)) : NULL;
	pthread_t thread;

	if (!kafka->producer)
		return;
	stop_waking(kafka);
	kafka->library->purge(kafka->producer,
		RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	if (ending)
		*ending = (struct ending){kafka->library, kafka->producer};
	kafka->producer = NULL;
	/* Without memory it stays. */
	if (!ending || pthread_create(&thread, NULL, destroy, ending) != 0)
		free(ending);
	else
		pthread_detach(thread);
}

static bool is_topic(const char *topic)
{
	size_t len = strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return len > 0 && len <= 249 && !topic[len] && strcmp(topic, ".") != 0 && strcmp(topic, "..") != 0;
}

static bool are_brokers(const char *text)
{
	struct sink_url url;
	char one[300];

	for (;;) {
		size_t len = strcspn(text, ",");

		if (snprintf(one, sizeof(one), "tcp://%.*s", (int)len, text) >= (int)sizeof(one) ||
			!options_url_parse(one, &url) || *url.path)
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

const char *kafka_check(const struct sink_options *options)
{
	const char *way = security(options), *how = mechanism(options);

	if (!are_brokers(options->brokers))
		return "brokers = HOST:PORT, more of them behind commas without blanks";
	if (!is_topic(options->topic))
		return "topic = at most 249 letters, digits, '.', '_' and '-'";
	if (!options->user != !options->password)
		return "user and password_file (or password_env) together";
	if (options->protocol && strcmp(options->protocol, "tcp") == 0 && (options->ca || options->cert))
		return "protocol = tls, or neither ca nor cert";
	if (options->mechanism && !options->user)
		return "user and password_file for the mechanism";
	if (how && strcmp(how, "PLAIN") == 0 && strcmp(way, "sasl_ssl") != 0)
		return "protocol = tls for the mechanism PLAIN, which shows the password";
	return NULL;
}
