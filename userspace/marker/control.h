/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket STATE/control.sock: one request a connection, one line of JSON each way. */
#ifndef LW_MARKER_CONTROL_H
#define LW_MARKER_CONTROL_H

#include <sys/types.h>

#include "base/loop.h"
#include "model/event.h"

#define CONTROL_REQUEST_MAX 8192 /* bytes of a request line */

/* Takes a marker that has been checked, from the peer with uid and pid. Returns 0 with the event's id in id,
 * or -errno. */
typedef int (*control_mark_fn)(void *context, const struct event_marker *marker, uint64_t time_ns, uid_t uid,
	pid_t pid, char id[ID_SIZE]);

/* The same for a decision. */
typedef int (*control_decide_fn)(
	void *context, const struct event_decision *decision, uid_t uid, char id[ID_SIZE]);

/* Whether something of that name has been seen to run here. */
typedef bool (*control_knows_fn)(void *context, const char *service);

struct control_config {
	mode_t mode;              /* of the socket file; 0: 0600 */
	gid_t group;              /* its members may send requests too; (gid_t)-1: none */
	control_decide_fn decide; /* with the context of the marks; NULL: decisions are refused */
	control_knows_fn knows;   /* the same; NULL: nobody is warned of a name that is not known */
};

struct control;

/* Listens. A socket file left behind by a daemon that died is replaced (the state lock says that no other
 * lives). Peers are let in when uid 0, our own uid, or a member of the group (SO_PEERCRED, SO_PEERGROUPS);
 * others get an error line. At most 32 connections at a time, each with a time-out of 5 s. Returns 0 or
 * -errno (-ENAMETOOLONG: over 107 bytes of path). Close it before the loop is freed. */
int control_listen(struct control **ret, struct loop *loop, const char *state_dir,
	const struct control_config *config, control_mark_fn fn, void *context);
void control_close(struct control *control);

/* Client: sends a marker. Returns 0 with the id, and with a warning in error where there is one; -ENOENT or
 * -ECONNREFUSED when no daemon listens; -EACCES; else -errno with the daemon's own words in error. time_ns 0:
 * now. */
int control_send_mark(const char *state_dir, const struct event_marker *marker, uint64_t time_ns,
	char id[ID_SIZE], struct buf *error);

/* The same for a decision. */
int control_send_decision(const char *state_dir, const struct event_decision *decision, struct buf *error);

/* Client: whether a daemon of the state listens. Returns 0, or -errno: -ENOENT or -ECONNREFUSED when none
 * does, -EACCES when this user may not know. */
int control_listens(const char *state_dir);

#endif
