/* SPDX-License-Identifier: Apache-2.0 */
/* OTLP's Resource: of whom an event tells. The names are those of docs/EVENTS.md, "Names elsewhere". */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/text.h"
#include "model/body.h"
#include "sink/otlp.h"

#define ATTRIBUTES 1 /* of Resource */
#define INSTANCE   768

static const struct {
	const char *path, *name;
} rows[] = {
	{"host.name", "host.name"},
	{"host.boot_id", "lastwords.host.boot_id"},
	{"service.name", "service.name"},
	{"service.version", "service.version"},
	{"service.container.id", "container.id"},
	{"service.container.runtime", "container.runtime.name"},
	{"service.pod.uid", "k8s.pod.uid"},
	{"service.pod.qos", "lastwords.service.pod.qos"},
};

static const struct {
	const char *machine, *arch;
} archs[] = {
	{"x86_64", "amd64"},
	{"aarch64", "arm64"},
	{"i686", "x86"},
	{"armv7l", "arm32"},
	{"armv6l", "arm32"},
	{"ppc64le", "ppc64"},
	{"ppc64", "ppc64"},
	{"s390x", "s390x"},
};

/* Copies the value of NAME=VALUE or NAME="VALUE" when the line is that; a key "" takes a line as it is. */
static void take_line(char *line, const char *key, char *to, size_t size)
{
	size_t len = strlen(key);

	if (*to || strncmp(line, key, len) != 0)
		return;
	line += len;
	line += strspn(line, "\"'");
	line[strcspn(line, "\"'\n")] = '\0';
	text_copy(to, size, line);
}

static void read_file(
	const char *path, void (*take)(struct otlp_host *host, char *line), struct otlp_host *host)
{
	FILE *file = fopen(path, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		take(host, line);
	if (file)
		fclose(file);
}

static void take_id(struct otlp_host *host, char *line)
{
	take_line(line, "", host->id, sizeof(host->id));
}

static void take_os(struct otlp_host *host, char *line)
{
	take_line(line, "NAME=", host->os_name, sizeof(host->os_name));
	take_line(line, "VERSION_ID=", host->os_version, sizeof(host->os_version));
}

void otlp_host_read(struct otlp_host *host, const char *name, const char *environment)
{
	struct utsname system;

	*host = (struct otlp_host){.name = name, .environment = environment};
	read_file("/etc/machine-id", take_id, host);
	read_file("/etc/os-release", take_os, host);
	for (size_t i = 0; uname(&system) == 0 && i < sizeof(archs) / sizeof(archs[0]); i++)
		if (strcmp(archs[i].machine, system.machine) == 0)
			host->arch = archs[i].arch;
}

static void put(struct otlp_out *out, const char *key, const char *text)
{
	if (text && *text)
		otlp_attribute_text(out, ATTRIBUTES, key, text, strlen(text));
}

static void put_value(struct otlp_out *out, const char *key, const json_t *value)
{
	if (value)
		otlp_attribute(out, ATTRIBUTES, key, value);
}

/* A container is an instance of its service, and a unit on one host is. */
static void put_instance(struct otlp_out *out, const struct sink_item *item, const char *host)
{
	const char *container = json_string_value(body_at(item->object, "service.container.id"));
	const char *unit = json_string_value(body_at(item->object, "service.unit"));
	char instance[INSTANCE];

	if (unit && !container) {
		snprintf(instance, sizeof(instance), "%s/%s", host, unit);
		put(out, "service.instance.id", instance);
	}
	put(out, "service.instance.id", container);
}

/* Issues and incidents name the services, and nothing of the host. */
static void put_first_service(struct otlp_out *out, const struct sink_item *item)
{
	const json_t *first = json_array_get(json_object_get(item->object, "services"), 0);

	put_value(out, "service.name", json_is_object(first) ? json_object_get(first, "name") : first);
}

void otlp_resource(struct otlp_out *out, const struct otlp_host *host, const struct sink_item *item)
{
	const char *name = json_string_value(body_at(item->object, "host.name"));

	otlp_list_begin(out, "attributes");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put_value(out, rows[i].name, body_at(item->object, rows[i].path));
	if (!json_object_get(item->object, "host")) {
		put(out, "host.name", host->name);
		put_first_service(out, item);
	}
	put_instance(out, item, name ? name : host->name);
	put(out, "os.type", "linux");
	if (!name || strcmp(name, host->name) == 0) {
		put(out, "host.id", host->id);
		put(out, "host.arch", host->arch);
		put(out, "os.name", host->os_name);
		put(out, "os.version", host->os_version);
	}
	put(out, "deployment.environment.name", host->environment);
	otlp_list_end(out);
}
