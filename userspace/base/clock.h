/* SPDX-License-Identifier: Apache-2.0 */
/* Times: nanoseconds since the epoch (UTC) as uint64_t everywhere; text is RFC 3339. */
#ifndef LW_BASE_CLOCK_H
#define LW_BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_SEC 1000000000ull
#define NS_PER_MS  1000000ull

#define CLOCK_TEXT_SIZE sizeof("2026-11-22T10:46:09.123456789Z")

/* Now. */
uint64_t clock_realtime(void);
uint64_t clock_boottime(void);

/* "2026-11-22T10:46:09.123456789Z" into text of CLOCK_TEXT_SIZE bytes. */
void clock_format(uint64_t ns, char *text);

/* RFC 3339 with an offset or Z and up to nine decimals; "2026-11-22 10:46", "10:46:09" (today) in UTC;
 * "@SECONDS" since the epoch; a duration before now ("90s", "15m", "2h", "7d", "1h30m"; also with "ago"
 * behind); "now"; "today"; "yesterday". now is the caller's clock. Returns 0 or -EINVAL. */
int clock_parse(const char *text, uint64_t now, uint64_t *ret_ns);

/* "500ms", "90s", "15m", "2h", "7d", sums of them, "0", or a plain number of seconds. Returns 0, -EINVAL or
 * -ERANGE. */
int clock_parse_duration(const char *text, uint64_t *ret_ns);

#endif
