/* SPDX-License-Identifier: Apache-2.0 */
/* Words by which a failure names what failed, and a change what it changed. */
#include <ctype.h>
#include <string.h>

#include "correlate/internal.h"

#define WORD_MIN 4
#define WORD_MAX 64

/* They are in too many messages to tell anything. */
static const char *const common[] = {"error", "failed", "failure", "cannot", "could", "open", "file", "with",
	"from", "this", "that", "does", "exist", "such", "directory", "null", "none", "true", "false",
	"exception", "deploy", "release", "version", "update", "changed", "change", "service", "main", "home",
	"bin", "local", "share", "conf", "config"};

static bool is_common(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (strlen(common[i]) == len && memcmp(common[i], word, len) == 0)
			return true;
	return false;
}

static unsigned add(const char *word, size_t len, uint64_t *tokens, unsigned count, unsigned max)
{
	uint64_t token = id_hash(0, word, len);

	for (unsigned i = 0; i < count; i++)
		if (tokens[i] == token)
			return count;
	if (count < max)
		tokens[count++] = token;
	return count;
}

unsigned words_add(const char *text, uint64_t *tokens, unsigned count, unsigned max)
{
	char word[WORD_MAX];
	bool letters = false;
	size_t len = 0;

	for (;; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || c == '_' || c == '-' || c >= 0x80) {
			if (len < sizeof(word))
				word[len++] = (char)tolower(c);
			letters |= isalpha(c) || c >= 0x80;
			continue;
		}
		if (len >= WORD_MIN && letters && !is_common(word, len))
			count = add(word, len, tokens, count, max);
		len = 0;
		letters = false;
		if (!c)
			return count;
	}
}
