/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and private keys in PEM, as far as a configuration can be wrong about them. */
#ifndef LW_SINK_OPTIONS_PEM_H
#define LW_SINK_OPTIONS_PEM_H

#include <stdbool.h>

/* Whether text has certificates, each of them whole. */
bool options_pem_certificates(const char *text);
/* Whether the first certificate is of the private key. Also true where that cannot be seen: of keys that do
 * not hold their public half (Ed25519), of encrypted ones and of types that are not known here. */
bool options_pem_pair(const char *certificate, const char *key);

#endif
