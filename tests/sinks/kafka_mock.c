// SPDX-License-Identifier: Apache-2.0
// Kafka brokers, librdkafka's own mock cluster, and a consumer that appends what they were given to a file,
// one JSON object a message. Commands on standard input: "down" and "up" for all brokers, "error CODE COUNT"
// for the next answers to a produce request. Usage: kafka_mock FILE TOPIC
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BROKERS 3

// Bytes as hexadecimal text: keys and values may hold anything.
static void print_bytes(FILE *out, const char *name, const void *bytes, size_t size)
{
	if (!bytes) {
		fprintf(out, "\"%s\":null", name);
		return;
	}
	fprintf(out, "\"%s\":\"", name);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", ((const unsigned char *)bytes)[i]);
	fputc('"', out);
}

static void print_message(FILE *out, const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	fprintf(out, "{\"partition\":%d,\"offset\":%lld,", message->partition, (long long)message->offset);
	print_bytes(out, "key", message->key, message->key_len);
	fputc(',', out);
	print_bytes(out, "value", message->payload, message->len);
	fputs(",\"headers\":[", out);
	if (!rd_kafka_message_headers(message, &headers))
		for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
			fputs(i ? ",{" : "{", out);
			print_bytes(out, "name", name, strlen(name));
			fputc(',', out);
			print_bytes(out, "value", value, size);
			fputc('}', out);
		}
	fputs("]}\n", out);
	fflush(out);
}

static void obey(rd_kafka_mock_cluster_t *cluster)
{
	char line[128];
	ssize_t size = read(0, line, sizeof(line) - 1);
	int code, count;

	if (size <= 0)
		exit(0);
	line[size] = 0;
	for (int id = 1; id <= BROKERS; id++) {
		if (!strncmp(line, "down", 4))
			rd_kafka_mock_broker_set_down(cluster, id);
		else if (!strncmp(line, "up", 2))
			rd_kafka_mock_broker_set_up(cluster, id);
	}
	if (sscanf(line, "error %d %d", &code, &count) == 2)
		while (count-- > 0)
			rd_kafka_mock_push_request_errors(cluster, 0, 1, (rd_kafka_resp_err_t)code);
	printf("done\n");
	fflush(stdout);
}

static rd_kafka_t *consumer(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *options[][2] = {{"bootstrap.servers", brokers}, {"group.id", "reader"},
		{"auto.offset.reset", "earliest"}, {"reconnect.backoff.max.ms", "200"},
		{"enable.auto.offset.store", "true"}, {"isolation.level", "read_uncommitted"}};
	char why[256];

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (rd_kafka_conf_set(conf, options[i][0], options[i][1], why, sizeof(why))) {
			fprintf(stderr, "%s\n", why);
			exit(1);
		}
	return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
}

// Every partition from its beginning on, without a group: offsets that were read are not asked for again.
static void assign(rd_kafka_t *reader, const char *topic, int partitions)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);

	for (int i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(reader, list);
	rd_kafka_topic_partition_list_destroy(list);
}

int main(int argc, char **argv)
{
	char why[256];
	rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof(why));
	rd_kafka_mock_cluster_t *cluster = host ? rd_kafka_mock_cluster_new(host, BROKERS) : NULL;
	FILE *out = argc == 3 ? fopen(argv[1], "a") : NULL;
	rd_kafka_t *reader;

	if (!cluster || !out || rd_kafka_mock_topic_create(cluster, argv[2], 4, BROKERS)) {
		fprintf(stderr, "usage: kafka_mock FILE TOPIC\n");
		return 1;
	}
	reader = consumer(rd_kafka_mock_cluster_bootstraps(cluster));
	if (!reader)
		return 1;
	assign(reader, argv[2], 4);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	for (;;) {
		struct pollfd in = {.fd = 0, .events = POLLIN};
		rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, 20);

		if (message && !message->err)
			print_message(out, message);
		if (message)
			rd_kafka_message_destroy(message);
		if (poll(&in, 1, 0) == 1)
			obey(cluster);
	}
}
