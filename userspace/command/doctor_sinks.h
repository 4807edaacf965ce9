/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that tries the sinks. */
#ifndef LW_COMMAND_DOCTOR_SINKS_H
#define LW_COMMAND_DOCTOR_SINKS_H

#include "command/command.h"

/* Sends a test event to each sink of the configuration and prints what came back. Returns an exit status. */
int doctor_sinks(const struct common_options *common, const char *config);

#endif
