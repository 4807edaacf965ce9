/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for the person who runs the program: one line each, on standard error. */
#ifndef LW_BASE_LOG_H
#define LW_BASE_LOG_H

/* Prints "lastwords: MESSAGE", a warning as "lastwords: warning: MESSAGE". Control characters of the message
 * are escaped: it may quote hostile names. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
