/* SPDX-License-Identifier: Apache-2.0 */
/* lastwords events: everything that is stored, in the order of time. */
#include "command/command.h"
#include "command/list.h"

static const struct list_spec spec = {
	.help = "Usage: lastwords events [OPTIONS]\n"
		"Stored events, oldest first, with their times in UTC.\n\n" LIST_FILTER_HELP
		"  -n, --lines N         only the last N; 0: all\n"
		"  -f, --follow          the last 10, or those since T, then new ones as they "
		"come\n" LIST_COMMON_HELP,
	.kinds = LIST_ALL_KINDS,
	.can_follow = true,
};

int command_events(int argc, char **argv)
{
	return list_main(&spec, argc, argv);
}
