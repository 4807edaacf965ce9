/* SPDX-License-Identifier: Apache-2.0 */
/* Changes that nobody declared, noticed by what they leave behind: a service that starts another binary, a
 * migration tool that runs, a configuration file that is written. Detectors are rows of tables; each can be
 * switched off. Pure: neither files nor clocks, the same starts give the same markers. */
#ifndef LW_MARKER_INFER_H
#define LW_MARKER_INFER_H

#include "base/buf.h"
#include "model/event.h"

#define INFER_SERVICES                                                                                       \
	512 /* whose binaries are remembered; the least recently started ones are forgotten                  \
	     */

struct infer;

/* The marker lives until fn returns. */
typedef void (*infer_fn)(void *context, const struct event_marker *marker, uint64_t time);

/* Returns 0 or -ENOMEM. */
int infer_new(struct infer **ret, infer_fn fn, void *context);
void infer_free(struct infer *infer);

/* Returns 0, or -ENOENT when there is no detector of that name. */
int infer_switch(struct infer *infer, const char *detector, bool on);
/* The n-th detector's name, or NULL. */
const char *infer_name(unsigned n);

/* A program was started, or ran already when the watching began. */
struct infer_start {
	uint64_t time; /* ns since the epoch; of what ran already when that was */
	const struct event_service *service;
	const char *exe;
	const char *args; /* NUL-separated */
	uint32_t args_len;
	const char *folder; /* it works in, or its arguments lead to by a link; NULL or empty: not known */
	const char *link;   /* that leads to this folder; NULL or empty: not known */
	uint64_t inode;
	uint64_t mtime;   /* of the executable, ns since the epoch */
	uint64_t content; /* a hash of what tells the executable from others of its path; 0: not known */
	bool supervised;  /* its parent is a supervisor: it is the first process of its service */
	bool before;      /* it ran already */
};

/* A program was started, or runs already; what is not of a service is left out. */
void infer_started(struct infer *infer, const struct infer_start *start);

/* Keeps what services ran and containers were made of, for a later daemon on this host: what it finds to run
 * is held against that. */
void infer_save(const struct infer *infer, struct buf *out);
/* Before anything is told. Returns 0, or -EINVAL for bytes of another version. */
int infer_load(struct infer *infer, const void *bytes, size_t size);
/* Whether there is something to be saved since it was last asked. */
bool infer_is_changed(struct infer *infer);

/* Whether something of that service ran, with or without ".service"; or of an instance of that template.
 * "host" is known. */
bool infer_knows(const struct infer *infer, const char *service);

/* A file was written or replaced by another one; removed; or has another owner, other permissions or times.
 */
enum infer_change { INFER_WRITTEN, INFER_REMOVED, INFER_OWNED };
/* old: a file that has what was in it; NULL: none is known. */
void infer_file(
	struct infer *infer, const char *path, enum infer_change change, const char *old, uint64_t time);

#define INFER_FILES 256 /* of which it is known who reads them; the last told */
/* A service reads its configuration from there: what becomes of that file is told of it, wherever it lies. */
void infer_reads(struct infer *infer, const char *path, const char *service);

/* A limit of a service's control group is another one: file as memory.max, values as people write them. unit:
 * of the system's manager that the group is of; empty: it is of none. */
void infer_limit(struct infer *infer, const char *service, const char *unit, const char *file,
	const char *before, const char *after, uint64_t time);

/* A container was started, or ran already. */
struct infer_container {
	const char *name; /* the same for the one that takes its place */
	const char *image;
	const char *digest; /* empty: not known */
};
void infer_image(struct infer *infer, const struct infer_container *container, const char *service,
	bool before, uint64_t time);

#define INFER_USERS 4 /* with more, a package is a matter of the host */

/* A package was unpacked that somebody uses. */
struct infer_package {
	const char *name;
	const char *arch;    /* where there is one for each architecture; NULL: there is not */
	const char *version; /* that it has now; NULL: not known */
	const char *before;  /* that it had; NULL: none, or not known */
	const char *path;    /* a file of it that is mapped; empty: it only has the service's name */
	const char *users[INFER_USERS]; /* services */
	unsigned user_count;            /* there may be more than are named */
};
void infer_package(struct infer *infer, const struct infer_package *package, uint64_t time);
/* A package manager that was started, or sysctl: what it does is seen when it has ended, and then told by
 * infer_installed. */
struct infer_install {
	bool tuning;       /* it is sysctl */
	char line[400];    /* that it is told by */
	bool node;         /* it is npm or the like: it installs in the node_modules of an application */
	char home[256];    /* the folder with the packages of its own that it runs from; empty: it is the
			      system's, or not known */
	char service[256]; /* that runs from there, too; empty: none is known */
};
/* Whether the program is one. */
bool infer_installs(const struct infer *infer, const struct infer_start *start, struct infer_install *ret);
/* Such a command ended. path: a file that the users run and that it replaced; empty: none is known. No users:
 * it is told of the host. undo: the command that takes it back, or empty. */
void infer_installed(struct infer *infer, const struct infer_install *what,
	const struct infer_package *package, const char *undo, uint64_t time);
/* Adds a package of the environment in the folder home, by its version before, to the command of pip that
 * takes its changes back; to an empty one as the first. False: there is none; undo is empty. */
bool infer_undo_pip(const char *home, const char *name, const char *version, char undo[EVENT_UNDO]);
/* The same of npm. */
bool infer_undo_npm(const char *home, const char *name, const char *version, char undo[EVENT_UNDO]);
/* Whether it is Node.js; place: the folder of what it runs, when that is told by its whole path, else empty.
 */
bool infer_runs_node(const struct infer_start *start, char *place, size_t size);

/* The same of a setting of the kernel, by its value before, and the command of sysctl. */
bool infer_undo_sysctl(const char *key, const char *value, char undo[EVENT_UNDO]);

/* The folder of its own that a program runs from, such as a virtual environment or an application with its
 * packages: /srv/app of "/srv/app/bin/python". Returns the length of path in it, 0: it is the system's. */
size_t infer_home(const struct infer_start *start, const char **ret_path);

/* Packages were unpacked that nobody uses, by their names. */
void infer_unused(struct infer *infer, const char *names, uint64_t time);

/* Whether it is one, and no login session, though its programs come and go. */
bool infer_is_service(const struct event_service *service);

/* Facts of the host against those of the run before; NULL or empty: not known. */
void infer_booted(struct infer *infer, const char *boot_id, const char *boot_id_before, const char *release,
	const char *release_before, uint64_t time);
/* The clock was set by so many ns. */
void infer_clock(struct infer *infer, int64_t step, uint64_t time);

#endif
