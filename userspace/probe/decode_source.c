/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a message that decode refused is charged to. */
#include "probe/decode.h"

#include "bpf/events.h"

enum record_source message_source(const void *message, size_t size, uint64_t *ret_units)
{
	static const enum record_source sources[LW_TYPES] = {
		[0] = SOURCES,
		[LW_FORK] = SOURCE_LIFECYCLE,
		[LW_EXEC] = SOURCE_LIFECYCLE,
		[LW_EXIT] = SOURCE_LIFECYCLE,
		[LW_DEATH] = SOURCE_DEATH,
		[LW_SUBJECT_SAMPLE] = SOURCE_SUBJECT,
		[LW_SYSCALL_COUNT] = SOURCE_SYSCALL,
		[LW_TCP_COUNT] = SOURCE_TCP,
		[LW_STATS] = SOURCES,
		[LW_TICK] = SOURCES,
		[LW_SEED] = SOURCES,
		[LW_HOST] = SOURCES,
		[LW_RESET_REASONS] = SOURCES,
		[LW_FILE] = SOURCE_SNAPSHOT,
		[LW_SNAPSHOT] = SOURCE_SNAPSHOT,
		[LW_STACK] = SOURCE_SNAPSHOT,
		[LW_LAST_WORDS] = SOURCE_SNAPSHOT,
		[LW_OOM_MARK] = SOURCE_SNAPSHOT,
		[LW_OOM_SCENE] = SOURCES,
		[LW_OUTPUT] = SOURCE_OUTPUT,
		[LW_LISTEN] = SOURCE_LIFECYCLE,
		[LW_DNS_ANSWER] = SOURCE_DNS,
		[LW_CONNECTED] = SOURCE_TCP,
	};
	const struct lw_head *head = message;

	*ret_units = 1;
	if (size < sizeof(*head) || head->type >= LW_TYPES)
		return SOURCES;
	if (head->type == LW_SYSCALL_COUNT && size >= sizeof(struct lw_syscall_count))
		*ret_units = ((const struct lw_syscall_count *)message)->count;
	if (head->type == LW_TCP_COUNT && size >= sizeof(struct lw_tcp_count))
		*ret_units = ((const struct lw_tcp_count *)message)->count;
	if (head->type == LW_OUTPUT)
		*ret_units = size > sizeof(struct lw_output) ? size - sizeof(struct lw_output) : 0;
	return sources[head->type];
}
