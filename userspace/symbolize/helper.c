/* SPDX-License-Identifier: Apache-2.0 */
/* Runs in the sandbox: a snapshot comes in, files are asked for, frames go out. */
#include "symbolize/helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "symbolize/cache.h"
#include "symbolize/frames.h"
#include "symbolize/packet.h"
#include "symbolize/protocol.h"
#include "symbolize/why.h"

/* One, on the heap. */
struct helper {
	int socket;
	struct cache cache;
	struct snapshot snapshot;
	struct snapshot_map maps[SNAPSHOT_MAPS];
	struct module *modules[SNAPSHOT_MAPS];
	bool tried[SNAPSHOT_MAPS];
	enum why missing;
	struct frames work, frames;
	_Alignas(struct message_request) uint8_t request[REQUEST_MAX];
	struct message_result head;
	struct message_frame out[FRAMES_MAX];
	struct message_build_id build_ids[SNAPSHOT_MAPS];
};

static int ask(struct helper *helper, unsigned map, const char *debug, bool *ret_lent)
{
	struct message_ask message = {.type = MESSAGE_ASK, .map = map};
	struct message_file answer;
	int fds[PACKET_FDS];

	if (strlen(debug) >= sizeof(message.debug))
		return -ENAMETOOLONG;
	text_copy(message.debug, sizeof(message.debug), debug);
	if (packet_send(helper->socket, &(struct iovec){&message, sizeof(message)}, 1, NULL, 0) < 0 ||
		packet_receive(helper->socket, &answer, sizeof(answer), fds) != sizeof(answer) ||
		answer.type != MESSAGE_FILE)
		_exit(1);
	*ret_lent = answer.lent;
	return answer.error ? answer.error : fds[0] < 0 ? -EMFILE : fds[0];
}

static int debug_file(void *context, unsigned map, const char *path, bool *ret_lent)
{
	return ask(context, map, path, ret_lent);
}

static struct module *look(struct helper *helper, unsigned index)
{
	const struct snapshot_map *map = &helper->maps[index];
	struct module *module = cache_find(&helper->cache, map);
	bool lent = false;

	if (module)
		return module;
	_cleanup_close_ int fd = ask(helper, index, "", &lent);
	if (fd < 0) {
		helper->missing = WHY_NO_FILE;
		return NULL;
	}
	if (cache_look(&helper->cache, map, fd, lent, arch_of(helper->snapshot.arch), &module) < 0) {
		helper->missing = WHY_BAD_FILE;
		return NULL;
	}
	return module;
}

static struct module *module_of(void *context, unsigned index)
{
	struct helper *helper = context;

	if (!helper->tried[index]) {
		helper->tried[index] = true;
		if (helper->maps[index].inode || helper->maps[index].vdso)
			helper->modules[index] = look(helper, index);
	}
	return helper->modules[index];
}

static void take_request(struct helper *helper, const struct message_request *request, size_t length)
{
	struct snapshot *snapshot = &helper->snapshot;
	const uint8_t *tail = (const uint8_t *)(request + 1);
	size_t maps = request->map_count * sizeof(struct snapshot_map);

	if (request->map_count > SNAPSHOT_MAPS || request->stack_size > SNAPSHOT_STACK ||
		!arch_of(request->arch) || length != sizeof(*request) + maps + request->stack_size)
		_exit(1);
	memcpy(helper->maps, tail, maps);
	memset(helper->modules, 0, sizeof(helper->modules));
	memset(helper->tried, 0, sizeof(helper->tried));
	helper->missing = WHY_NOTHING;
	*snapshot = (struct snapshot){
		.arch = (enum snapshot_arch)request->arch,
		.known = request->known,
		.pc = request->pc,
		.sp = request->sp,
		.stack_start = request->stack_start,
		.stack_size = request->stack_size,
		.stack = tail + maps,
		.map_count = request->map_count,
		.maps = helper->maps,
	};
	memcpy(snapshot->registers, request->registers, sizeof(snapshot->registers));
}

static void put_frame(struct message_frame *out, const struct frame *frame)
{
	*out = (struct message_frame){
		.address = frame->address,
		.offset = frame->offset,
		.symbol_offset = frame->symbol_offset,
		.map = frame->map,
		.line = frame->line,
		.trust = (uint8_t)frame->trust,
		.inlined = frame->inlined,
		.signal = frame->signal,
	};
	memcpy(out->function, frame->function, sizeof(out->function));
	memcpy(out->file, frame->file, sizeof(out->file));
}

static void send_result(struct helper *helper, uint32_t id, bool behind)
{
	uint32_t build_ids = 0;

	for (unsigned i = 0; i < helper->frames.count; i++)
		put_frame(&helper->out[i], &helper->frames.frame[i]);
	for (unsigned i = 0; i < helper->snapshot.map_count; i++) {
		const struct module *module = helper->modules[i];
		if (!module || !module->build_id_size)
			continue;
		struct message_build_id *out = &helper->build_ids[build_ids++];
		*out = (struct message_build_id){.map = i, .size = module->build_id_size};
		memcpy(out->bytes, module->build_id, sizeof(out->bytes));
	}
	helper->head = (struct message_result){
		.type = MESSAGE_RESULT,
		.id = id,
		.count = helper->frames.count,
		.build_id_count = build_ids,
		.why = why_of(helper->frames.why),
		.missing = helper->missing,
		.truncated = helper->frames.truncated,
		.behind = behind,
	};
	struct iovec parts[] = {{&helper->head, sizeof(helper->head)},
		{helper->out, helper->frames.count * sizeof(helper->out[0])},
		{helper->build_ids, build_ids * sizeof(helper->build_ids[0])}};
	if (packet_send(helper->socket, parts, sizeof(parts) / sizeof(parts[0]), NULL, 0) < 0)
		_exit(1);
}

/* Of the mappings that were looked at. */
static enum why missing_debug(const struct helper *helper)
{
	const struct frames *frames = &helper->frames;

	for (unsigned i = 0; i < helper->snapshot.map_count; i++)
		if (helper->modules[i] && helper->modules[i]->fetching)
			return WHY_FETCHING;
	for (unsigned i = 0; i < frames->count; i++)
		if (!frames->frame[i].function[0] && frames->frame[i].map >= 0 &&
			helper->modules[frames->frame[i].map])
			return WHY_NO_DEBUG;
	return WHY_NOTHING;
}

static void catch_up(struct helper *helper)
{
	uint32_t ready = MESSAGE_READY;

	cache_catch_up(&helper->cache);
	if (packet_send(helper->socket, &(struct iovec){&ready, sizeof(ready)}, 1, NULL, 0) < 0)
		_exit(1);
}

void helper_run(int socket)
{
	struct helper *helper = calloc(1, sizeof(*helper));
	struct message_request *request = helper ? (struct message_request *)(void *)helper->request : NULL;
	int fds[PACKET_FDS];
	ssize_t length;

	if (!helper)
		return;
	helper->socket = socket;
	struct space space = {
		.snapshot = &helper->snapshot, .module = module_of, .debug = debug_file, .context = helper};
	while ((length = packet_receive(socket, helper->request, sizeof(helper->request), fds)) > 0) {
		if ((size_t)length < sizeof(*request) || request->type != MESSAGE_REQUEST)
			break;
		cache_begin(&helper->cache);
		take_request(helper, request, (size_t)length);
		frames_make(&space, &helper->work, &helper->frames);
		bool behind = cache_is_behind(&helper->cache);
		if (behind && !helper->missing)
			helper->missing = WHY_LATER;
		if (!helper->missing)
			helper->missing = missing_debug(helper);
		send_result(helper, request->id, behind);
		if (behind)
			catch_up(helper);
		cache_end(&helper->cache);
	}
	cache_free(&helper->cache);
	free(helper);
}
