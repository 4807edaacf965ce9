/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's settings are, so that it is known what they were once they are others. */
#ifndef LW_HOST_SYSCTLS_H
#define LW_HOST_SYSCTLS_H

struct sysctls;

/* Reads those of this host that are of one word and may be written; of network interfaces only what holds for
 * all of them. Takes some 6 ms. Returns 0 or -errno. */
int sysctls_read(struct sysctls **ret);
/* Takes NULL. */
void sysctls_free(struct sysctls *sysctls);

/* The value of "vm.swappiness"; NULL: it is not known (sysctls may be NULL). It lives as long as sysctls. */
const char *sysctls_get(const struct sysctls *sysctls, const char *key);

#endif
