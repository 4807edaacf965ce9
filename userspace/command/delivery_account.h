/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the accounts of the sinks: the daemon alone does. */
#ifndef LW_COMMAND_DELIVERY_ACCOUNT_H
#define LW_COMMAND_DELIVERY_ACCOUNT_H

#include "command/delivery.h"

/* All but the error. Begins or joins the open transaction. Returns 0 or -errno. */
int delivery_save(struct store *store, const char *sink, const struct delivery_account *account);
/* What failed last, which seldom changes; empty: nothing. As above. */
int delivery_save_error(struct store *store, const char *sink, const char *error);
/* Notes that the event of this id was refused for good; it stays in the store. The same way. */
int delivery_save_refusal(struct store *store, const char *sink, const char *event, const char *reason);

#endif
