/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the accounts of the sinks: the daemon alone does. */
#ifndef LW_COMMAND_DELIVERY_ACCOUNT_H
#define LW_COMMAND_DELIVERY_ACCOUNT_H

#include "command/delivery.h"

/* Begins or joins the open transaction. Returns 0 or -errno. */
int delivery_save(struct store *store, const char *sink, const struct delivery_account *account);
/* Notes that the event of this id was refused for good; it stays in the store. The same way. */
int delivery_save_refusal(struct store *store, const char *sink, const char *event, const char *reason);

#endif
