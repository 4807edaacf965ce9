/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of the sink elastic: each kind has a place among the kinds of ECS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/event.h"
#include "sink/elastic.h"

/* What the document of an event says of its kind: "process failure". */
static void place_of(const char *kind, char place[64])
{
	struct sink_item item = {.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV", .kind = kind};
	_cleanup_buf_ struct buf body = {0};
	const char *category = "-", *outcome = "-";
	json_t *document;

	item.object = json_pack("{s:s}", "kind", kind);
	assert_non_null(item.object);
	elastic_document(&item, "web-1", &body);
	document = json_loads(buf_text(&body), JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(document);
	assert_int_equal(
		json_unpack(document, "{s:{s:[s],s:s}}", "event", "category", &category, "outcome", &outcome),
		0);
	snprintf(place, 64, "%s %s", category, outcome);
	json_decref(document);
	json_decref(item.object);
}

static void each_kind_has_a_place(void **state)
{
	char unknown[64], place[64];

	(void)state;
	place_of("meteorite", unknown);
	assert_string_equal(unknown, "host unknown");
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
		place_of(event_kind_name(kind), place);
		if (strcmp(place, unknown) == 0)
			fail_msg("%s has no row in sink/elastic_event.c", event_kind_name(kind));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(each_kind_has_a_place)};

	return cmocka_run_group_tests_name("sink_elastic", tests, NULL, NULL);
}
