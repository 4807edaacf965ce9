/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords config check: reads the configuration as the daemon does, and connects to nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "command/config.h"
#include "command/delivery.h"
#include "sink/kind.h"

static const char help[] = "Usage: lastwords config check [OPTIONS]\n"
			   "Reads the configuration as the daemon would, and says what is wrong with it and "
			   "where. Connects to nothing;\n"
			   "lastwords doctor --sinks does.\n\n"
			   "  --config FILE         default " CONFIG_DEFAULT " and conf.d beside it\n";

static void print_sinks(const char *path, const struct sink_list *list)
{
	printf("%s: good, %zu sink%s\n", path, list->count, list->count == 1 ? "" : "s");
	for (size_t i = 0; i < list->count; i++)
		printf("  %-12s %s\n", list->sinks[i].name, list->sinks[i].kind->name);
}

/* As the process of the sinks would find it. */
static void warn(const struct sink_list *list)
{
	int r = delivery_drop_rights();

	if (r < 0)
		log_error("cannot drop capabilities: %s", strerror(-r));
	for (size_t i = 0; i < list->count; i++) {
		const struct sink_options *sink = &list->sinks[i];
		_cleanup_buf_ struct buf why = {0};

		if (sink->kind->warn)
			sink->kind->warn(sink, &why);
		if (why.len)
			log_warn("[sink %s]: %s; deliveries wait until that is mended", sink->name,
				buf_text(&why));
	}
}

static int check(const char *path, bool required)
{
	_cleanup_buf_ struct buf error = {0};
	struct config config = {0};
	struct enrich *enrich;
	int r = enrich_new(&enrich, NULL, NULL);

	if (r == 0)
		r = config_read(&config, path, required, enrich, &error);
	if (r == 0)
		r = http_config_check(&config.http, &error);
	if (r < 0)
		log_error("%s", error.len ? buf_text(&error) : strerror(-r));
	else {
		print_sinks(path, &config.sinks);
		warn(&config.sinks);
	}
	config_free(&config);
	enrich_free(enrich);
	return r < 0 ? EXIT_FAILED : output_finish(0);
}

int command_config(int argc, char **argv)
{
	static const struct option options[] = {
		COMMON_LONG_OPTIONS, {"config", required_argument, NULL, OPTION_OWN}, {NULL, 0, NULL, 0}};
	struct common_options common = COMMON_OPTIONS_INIT;
	const char *config = NULL;
	int c;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (common_option(&common, c, argv) < 0)
			return EXIT_USAGE;
		if (c == OPTION_OWN)
			config = optarg;
	}
	if (common.help)
		return help_print(help);
	if (optind != argc - 1 || strcmp(argv[optind], "check") != 0)
		return usage_error(argv, "expected check");
	return check(config ? config : CONFIG_DEFAULT, config != NULL);
}
