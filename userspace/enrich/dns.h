/* SPDX-License-Identifier: Apache-2.0 */
/* Reads an answer of a name server (RFC 1035), which may be hostile, or cut. */
#ifndef LW_ENRICH_DNS_H
#define LW_ENRICH_DNS_H

#include <stddef.h>
#include <stdint.h>

#define DNS_NAME      254 /* bytes of a name as text, the NUL included */
#define DNS_ADDRESSES 16

struct dns_answer {
	char name[DNS_NAME]; /* that was asked for, in lower case, without the last dot */
	unsigned count;
	uint8_t address[DNS_ADDRESSES][16]; /* that it has, see record_address() */
};

/* Reads the question, and the addresses (A, AAAA) of the answer, in so far as they are there: for the name
 * that was asked for, or those that it is another name of (CNAME). Returns 0, or -EBADMSG when it is no
 * answer to one question for an address, or the name has other characters than names of hosts (letters,
 * digits, "-",
 * "_"). */
int dns_answer_read(const uint8_t *bytes, size_t size, struct dns_answer *ret);

#endif
