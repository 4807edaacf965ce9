/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of sinks: SCHEME://HOST[:PORT][/PATH], or unix:/PATH. */
#ifndef LW_SINK_OPTIONS_URL_H
#define LW_SINK_OPTIONS_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink_url {
	char scheme[16];
	char host[256];   /* without the brackets of IPv6; of unix: empty */
	uint16_t port;    /* 0: not said */
	const char *path; /* within the text; "" when there is none */
};

/* Returns false when text is none. */
bool options_url_parse(const char *text, struct sink_url *ret);
/* schemes: words. Returns NULL, or what was expected instead. */
const char *options_url_check(const char *text, const char *schemes);

#endif
