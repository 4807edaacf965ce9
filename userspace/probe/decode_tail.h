/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the decoders: tails of a message, and addresses as text. size is the message's, fixed that of its
 * fixed part. */
#ifndef LW_PROBE_DECODE_TAIL_H
#define LW_PROBE_DECODE_TAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/events.h"
#include "model/record.h"

/* Larger than anything that is counted; readers of JSON take integers of 63 bits. */
#define COUNT_MAX ((uint64_t)INT64_MAX)

#define SIGNAL_MAX 64
#define ERRNO_MAX  4095

/* The bytes of a tail, or NULL when it is larger than max or does not lie behind the fixed part of the
 * message. */
const char *decode_tail(const void *message, size_t size, size_t fixed, struct lw_tail t, size_t max);

/* Names from leaf to root, each with its NUL, become "/root/…/leaf"; no tail becomes "". Returns 0 or
 * -EBADMSG. */
int decode_path(const void *message, size_t size, size_t fixed, struct lw_tail t, char dst[RECORD_PATH]);

/* Text without NUL into dst of room bytes. Returns 0 or -EBADMSG. */
int decode_text(const void *message, size_t size, size_t fixed, struct lw_tail t, char *dst, size_t room);

/* "ip:port", "[ip]:port"; an IPv4 address inside IPv6 is written as IPv4, what was folded as "*". */
void decode_end(char out[RECORD_END], const uint8_t address[16], int family, unsigned port, bool any_address,
	bool any_port);

/* A struct sockaddr as the program passed it. What has no text form stays empty. */
void decode_sockaddr(char *out, size_t room, const char *bytes, size_t size);

/* A sun_path: "/path", or "@name" of the abstract name space. */
void decode_unix_path(char *out, size_t room, const char *path, size_t len);

/* decode_end.c: parts of a death, and the scene of an OOM kill */
void decode_comm(char dst[RECORD_COMM], const char src[LW_COMM]);
void decode_origin(const struct lw_origin *m, struct record_origin *ret);
int decode_request(const struct lw_request *m, struct record_request *ret);
int decode_limits(const struct lw_limits *m, struct record_limits *ret);
int decode_oom_mark(const void *message, size_t size, struct record *ret);
int decode_oom_scene(const void *message, size_t size, struct record *ret);

/* decode_snapshot.c: as the decoders of decode.c. */
int decode_file(const void *message, size_t size, struct record *ret);
int decode_snapshot(const void *message, size_t size, struct record *ret);
int decode_stack(const void *message, size_t size, struct record *ret);
int decode_last_words(const void *message, size_t size, struct record *ret);
int decode_output(const void *message, size_t size, struct record *ret);

/* decode_net.c: the same. */
int decode_tcp_count(const void *message, size_t size, struct record *ret);
int decode_listen(const void *message, size_t size, struct record *ret);
int decode_connected(const void *message, size_t size, struct record *ret);
int decode_unix(const void *message, size_t size, struct record *ret);
int decode_dns_answer(const void *message, size_t size, struct record *ret);

#endif
