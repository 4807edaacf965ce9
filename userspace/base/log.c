/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on standard error, each one line and one write. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MESSAGE_MAX 4096

static __attribute__((format(printf, 2, 0))) void print(const char *level, const char *format, va_list args)
{
	char message[MESSAGE_MAX];
	_cleanup_buf_ struct buf line = {0};

	vsnprintf(message, sizeof(message), format, args);
	buf_printf(&line, "lastwords: %s", level);
	text_escape(&line, message, strlen(message));
	buf_char(&line, '\n');
	fwrite(buf_text(&line), 1, line.len, stderr);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("warning: ", format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args);
	va_end(args);
}
