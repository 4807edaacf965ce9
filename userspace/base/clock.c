/* SPDX-License-Identifier: Apache-2.0 */
/* Times to text and back. */
#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define DAY_NS (86400 * NS_PER_SEC)

static uint64_t read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t clock_realtime(void)
{
	return read_clock(CLOCK_REALTIME);
}

uint64_t clock_boottime(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

void clock_format(uint64_t ns, char *text)
{
	time_t seconds = (time_t)(ns / NS_PER_SEC);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%09" PRIu64 "Z", (uint64_t)(ns % NS_PER_SEC));
}

/* Above 9: it is no digit. */
static unsigned digit(char c)
{
	return (unsigned)(unsigned char)c - '0';
}

/* Reads exactly count digits at *s and moves behind them. */
static bool take_digits(const char **s, unsigned count, int *ret)
{
	const char *at = *s;
	unsigned value = 0;

	for (unsigned i = 0; i < count; i++) {
		if (digit(at[i]) > 9)
			return false;
		value = value * 10 + digit(at[i]);
	}
	*s += count;
	*ret = (int)value;
	return true;
}

static bool take_char(const char **s, const char *set)
{
	if (!**s || (**s != *set && !strchr(set, **s)))
		return false;
	(*s)++;
	return true;
}

/* An optional '.' and one to nine decimals. */
static bool take_fraction(const char **s, uint64_t *ret_ns)
{
	static const uint32_t units[] = {
		NS_PER_SEC, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};
	uint64_t ns = 0;
	unsigned n = 0;

	if (**s == '.') {
		const char *at = *s + 1;

		for (; n < 9 && digit(at[n]) <= 9; n++)
			ns = ns * 10 + digit(at[n]);
		if (!n)
			return false;
		*s = at + n;
	}
	ns *= units[n];
	*ret_ns = ns;
	return true;
}

/* Z or +hh:mm, in seconds east; nothing is UTC. */
static bool take_offset(const char **s, int *ret_seconds)
{
	int hours, minutes;
	bool west = **s == '-';

	*ret_seconds = 0;
	if (!**s || take_char(s, "Zz"))
		return true;
	if (!take_char(s, "+-") || !take_digits(s, 2, &hours) || !take_char(s, ":") ||
		!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

/* hh:mm[:ss[.frac]] and an offset, to the end of the text. */
static bool take_time(const char *s, struct tm *tm, uint64_t *ret_ns, int *ret_offset)
{
	*ret_ns = 0;
	if (!take_digits(&s, 2, &tm->tm_hour) || !take_char(&s, ":") || !take_digits(&s, 2, &tm->tm_min))
		return false;
	if (take_char(&s, ":") && (!take_digits(&s, 2, &tm->tm_sec) || !take_fraction(&s, ret_ns)))
		return false;
	/* RFC 3339 has leap seconds; timegm makes them the next second. */
	if (tm->tm_hour > 23 || tm->tm_min > 59 || tm->tm_sec > 60)
		return false;
	return take_offset(&s, ret_offset) && !*s;
}

/* YYYY-MM-DD, a day that exists. */
static bool take_date(const char **s, struct tm *tm)
{
	int year, month;

	if (!take_digits(s, 4, &year) || !take_char(s, "-") || !take_digits(s, 2, &month) ||
		!take_char(s, "-") || !take_digits(s, 2, &tm->tm_mday))
		return false;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	timegm(tm); /* carries 31 April into May */
	return tm->tm_mon == month - 1;
}

/* A date, a time (of the day of now), or both with a 'T' or a space between. */
static int parse_calendar(const char *s, uint64_t now, uint64_t *ret_ns)
{
	time_t today = (time_t)(now / NS_PER_SEC);
	struct tm tm;
	uint64_t ns = 0, result;
	int offset = 0;

	gmtime_r(&today, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	bool dated = strlen(s) >= 10 && s[4] == '-';
	if (dated && !take_date(&s, &tm))
		return -EINVAL;
	bool timed = !dated || take_char(&s, "Tt ");
	if (timed ? !take_time(s, &tm, &ns, &offset) : *s)
		return -EINVAL;
	time_t seconds = timegm(&tm) - offset;
	if (seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, NS_PER_SEC, &result) ||
		__builtin_add_overflow(result, ns, &result))
		return -EINVAL;
	*ret_ns = result;
	return 0;
}

static uint64_t take_unit(const char **s)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ms", NS_PER_MS}, {"s", NS_PER_SEC}, {"m", 60 * NS_PER_SEC}, {"h", 3600 * NS_PER_SEC},
		{"d", DAY_NS}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].name);
		if (!strncmp(*s, units[i].name, len)) {
			*s += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* A sum of NUMBER UNIT up to end. */
static int parse_sum(const char *s, const char *end, uint64_t *ret_ns)
{
	uint64_t sum = 0;

	do {
		uint64_t value;
		int err = text_take_u64(&s, &value);
		if (err)
			return err;
		uint64_t unit = take_unit(&s);
		if (!unit)
			return -EINVAL;
		if (__builtin_mul_overflow(value, unit, &value) || __builtin_add_overflow(sum, value, &sum))
			return -ERANGE;
	} while (s < end);
	*ret_ns = sum;
	return 0;
}

int clock_parse_duration(const char *text, uint64_t *ret_ns)
{
	const char *end = text;
	uint64_t value;
	int err = text_take_u64(&end, &value);

	if (err || *end)
		return parse_sum(text, text + strlen(text), ret_ns);
	if (__builtin_mul_overflow(value, NS_PER_SEC, &value))
		return -ERANGE;
	*ret_ns = value;
	return 0;
}

static int parse_epoch(const char *s, uint64_t *ret_ns)
{
	uint64_t seconds, ns;

	if (text_take_u64(&s, &seconds) || !take_fraction(&s, &ns) || *s)
		return -EINVAL;
	if (__builtin_mul_overflow(seconds, NS_PER_SEC, &seconds) || __builtin_add_overflow(seconds, ns, &ns))
		return -EINVAL;
	*ret_ns = ns;
	return 0;
}

/* The days from 1970 to a day of the Gregorian calendar; the year begins in March, so that the leap day is
 * its last (Hinnant, chrono-compatible low-level date algorithms). */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static unsigned two(const unsigned char *digits)
{
	return digits[0] * 10u + digits[1];
}

/* Four times eight bytes of what clock_format writes, and what to add to each: with 0x76 more a digit, and
 * with 0x7f more a zero, stays below 0x80, and nothing else does. */
static const char form[] = "0000-00-00T00:00:00.000000000Z\0";
static const char rise[] = "vvvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvv\x7fvvvvvvvvv\x7f\x7f\x7f";
_Static_assert(sizeof(form) == 32 && sizeof(rise) == 33 && CLOCK_TEXT_SIZE == 31 && 'v' == 0x76, "as said");

/* Turns the 32 bytes of a text into the values of its digits; false: it has another form. */
static bool take_form(unsigned char *x)
{
	uint64_t odd = 0;

	for (size_t at = 0; at < 32; at += sizeof(uint64_t)) {
		uint64_t is, want, more;

		memcpy(&is, x + at, sizeof(is));
		memcpy(&want, form + at, sizeof(want));
		memcpy(&more, rise + at, sizeof(more));
		is ^= want;
		odd |= (is + more) | is;
		memcpy(x + at, &is, sizeof(is));
	}
	return !(odd & 0x8080808080808080ull);
}

/* What clock_format writes, millions of times: no other form, and no leap day. */
static bool parse_utc(const char *s, uint64_t *ret_ns)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned char x[sizeof(form)];
	unsigned year, month, day, second;
	uint64_t ns = 0;

	if (strnlen(s, CLOCK_TEXT_SIZE) != CLOCK_TEXT_SIZE - 1)
		return false;
	memcpy(x, s, CLOCK_TEXT_SIZE);
	x[CLOCK_TEXT_SIZE] = 0;
	if (!take_form(x))
		return false;
	year = 100 * two(x) + two(x + 2);
	month = two(x + 5);
	day = two(x + 8);
	if (year < 1970 || year > 2500 || month < 1 || month > 12 || day < 1 ||
		day > (unsigned)days[month - 1] || two(x + 11) > 23 || two(x + 14) > 59 || two(x + 17) > 59)
		return false;
	for (unsigned n = 20; n < 29; n++)
		ns = ns * 10 + x[n];
	second = two(x + 17) + 60 * (two(x + 14) + 60 * two(x + 11));
	*ret_ns = ((uint64_t)days_from_civil((int)year, (int)month, (int)day) * 86400 + second) * NS_PER_SEC +
		  ns;
	return true;
}

/* Any form of a time. */
static int parse_any(const char *text, uint64_t now, uint64_t *ret_ns)
{
	const struct {
		const char *name;
		uint64_t ago;
	} words[] = {{"now", 0}, {"today", now % DAY_NS}, {"yesterday", now % DAY_NS + DAY_NS}};
	const char *end = text + strlen(text);
	uint64_t ago;

	if (text[0] == '@')
		return parse_epoch(text + 1, ret_ns);
	if (end - text > 4 && !strcmp(end - 4, " ago"))
		end -= 4;
	int err = parse_sum(text, end, &ago);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i].name)) {
			ago = words[i].ago;
			err = 0;
		}
	if (err)
		return parse_calendar(text, now, ret_ns);
	if (ago > now)
		return -EINVAL;
	*ret_ns = now - ago;
	return 0;
}

int clock_parse(const char *text, uint64_t now, uint64_t *ret_ns)
{
	return parse_utc(text, ret_ns) ? 0 : parse_any(text, now, ret_ns);
}
