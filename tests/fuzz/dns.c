/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of name servers: a name is ended and of the characters of hosts' names, the addresses are bounded.
 */
#include "fuzz.h"

#include <ctype.h>

#include "enrich/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	struct dns_answer answer;

	HOLDS(bytes);
	memcpy(bytes, data, size);
	if (dns_answer_read(bytes, size, &answer) == 0) {
		HOLDS(answer.name[0] && memchr(answer.name, '\0', sizeof(answer.name)));
		for (const char *c = answer.name; *c; c++)
			HOLDS(isalnum((unsigned char)*c) || strchr("-_.", *c));
		HOLDS(answer.count <= DNS_ADDRESSES);
	}
	free(bytes);
	return 0;
}
