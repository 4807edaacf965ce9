/* SPDX-License-Identifier: Apache-2.0 */
/* The helper's side of the protocol. */
#ifndef LW_SYMBOLIZE_HELPER_H
#define LW_SYMBOLIZE_HELPER_H

/* Answers requests until the connection ends. */
void helper_run(int socket);

#endif
