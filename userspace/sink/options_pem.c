/* SPDX-License-Identifier: Apache-2.0 */
/* PEM and as much of DER as tells a certificate from something else, and whose it is. By hand: libcrypto
 * would be loaded into the daemon for this alone. */
#include "sink/options_pem.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"

#define LABEL 64 /* bytes of "CERTIFICATE", "EC PRIVATE KEY", …, the NUL included */

enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_SEQUENCE = 0x30, DER_1 = 0xa1 };

struct span {
	const unsigned char *at;
	size_t len;
};

static int digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Base64 with white space in it. Returns false when it is something else. */
static bool decode(const char *text, size_t len, struct buf *ret)
{
	uint32_t bits = 0;
	unsigned count = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		int value = digit(text[i]);

		if (strchr(" \t\r\n", text[i]))
			continue;
		padding += text[i] == '=';
		if (padding ? text[i] != '=' : value < 0)
			return false;
		bits = bits << 6 | (padding ? 0 : (unsigned)value);
		if (++count % 4 == 0)
			for (unsigned byte = 0; byte + padding < 3; byte++)
				buf_char(ret, (char)(bits >> (16 - 8 * byte)));
	}
	return count % 4 == 0 && padding < 3 && !ret->failed;
}

/* The next block: its label, and what is in it. Returns what comes behind, NULL at the end of text. *whole:
 * it is base64, and has its end. */
static const char *next_block(const char *text, char label[LABEL], struct buf *ret, bool *whole)
{
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const char *at = strstr(text, begin), *close;
	size_t len;

	buf_reset(ret);
	if (!at)
		return NULL;
	at += strlen(begin);
	len = strcspn(at, "-\r\n");
	*whole = len < LABEL && strncmp(at + len, "-----", 5) == 0;
	label[0] = '\0';
	if (!*whole)
		return at;
	memcpy(label, at, len);
	label[len] = '\0';
	close = strstr(at, end);
	*whole = close && strncmp(close + strlen(end), label, len) == 0 &&
		 strncmp(close + strlen(end) + len, "-----", 5) == 0 &&
		 decode(at + len + 5, (size_t)(close - at) - len - 5, ret);
	return close ? close + strlen(end) : at;
}

/* Takes the first element off in: its tag, and its contents in ret. Returns 0 when it is none. */
static unsigned take(struct span *in, struct span *ret)
{
	size_t head = 2, len;

	if (in->len < 2)
		return 0;
	len = in->at[1];
	if (len & 0x80) {
		head += len & 0x7f;
		if (head == 2 || head > 6 || in->len < head)
			return 0;
		len = 0;
		for (size_t i = 2; i < head; i++)
			len = len << 8 | in->at[i];
	}
	if (len > in->len - head)
		return 0;
	unsigned tag = in->at[0];
	*ret = (struct span){in->at + head, len};
	*in = (struct span){in->at + head + len, in->len - head - len};
	return tag;
}

/* What is to be signed, an algorithm and the signature; OpenSSL puts something behind those that it trusts.
 */
static bool is_certificate(const struct buf *der, bool trusted)
{
	struct span rest = {(const unsigned char *)buf_text(der), der->len}, all, part;

	return take(&rest, &all) == DER_SEQUENCE && (trusted || !rest.len) &&
	       take(&all, &part) == DER_SEQUENCE && take(&all, &part) == DER_SEQUENCE &&
	       take(&all, &part) == DER_BITS && !all.len;
}

bool options_pem_certificates(const char *text)
{
	_cleanup_buf_ struct buf der = {0};
	char label[LABEL];
	unsigned count = 0;
	bool whole;

	while ((text = next_block(text, label, &der, &whole))) {
		bool trusted = strcmp(label, "TRUSTED CERTIFICATE") == 0;

		if (!trusted && strcmp(label, "CERTIFICATE") != 0 && strcmp(label, "X509 CERTIFICATE") != 0)
			continue;
		if (!whole || !is_certificate(&der, trusted))
			return false;
		count++;
	}
	return count > 0;
}

/* The modulus of an RSA key, the point of one of a curve. PKCS #8 has either within, once. */
static struct span public_half(struct span in, bool within)
{
	const struct span none = {NULL, 0};
	struct span all, part, rest;
	unsigned tag;

	if (take(&in, &all) != DER_SEQUENCE || take(&all, &part) != DER_INTEGER)
		return none;
	tag = take(&all, &part);
	if (tag == DER_INTEGER)
		return part;
	if (tag == DER_SEQUENCE && !within && take(&all, &part) == DER_OCTETS)
		return public_half(part, true);
	if (tag != DER_OCTETS)
		return none;
	while ((tag = take(&all, &part)))
		if (tag == DER_1 && take(&part, &rest) == DER_BITS && rest.len > 1)
			return (struct span){rest.at + 1, rest.len - 1};
	return none;
}

bool options_pem_pair(const char *certificate, const char *key)
{
	_cleanup_buf_ struct buf der = {0}, of_key = {0};
	char label[LABEL];
	struct span half = {NULL, 0};
	bool whole = false;

	while (!half.len && (key = next_block(key, label, &of_key, &whole)))
		if (whole && strstr(label, "PRIVATE KEY"))
			half = public_half(
				(struct span){(const unsigned char *)buf_text(&of_key), of_key.len}, false);
	while ((certificate = next_block(certificate, label, &der, &whole)))
		if (whole && strstr(label, "CERTIFICATE"))
			return !half.len || memmem(der.data, der.len, half.at, half.len);
	return true;
}
