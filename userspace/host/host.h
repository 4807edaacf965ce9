/* SPDX-License-Identifier: Apache-2.0 */
/* The only door to /proc, to files of other processes and to privileges. */
#ifndef LW_HOST_HOST_H
#define LW_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "model/record.h"

/* Name, boot id, machine, kernel release and core_pattern of this host. Never fails: what cannot be read
 * stays empty. */
void host_describe(struct record_host *ret);

/* Calls fn for each process that lives now (kernel threads left out). A process that ends meanwhile is left
 * out. Returns 0 or -errno when /proc cannot be read. */
typedef void (*host_process_fn)(void *context, const struct record_exec *process);
int host_processes(host_process_fn fn, void *context);

/* The same one after the other: next fills in one that lives now and returns 1; 0: there are no more; or
 * -errno. */
struct host_pids;
int host_pids_open(struct host_pids **ret);
int host_pids_next(struct host_pids *pids, struct record_exec *ret);
/* Takes NULL. */
void host_pids_close(struct host_pids *pids);

/* Whether that very process is there; start: ns since the boot, exact or to a tick. One that has ended and
 * waits for its parent counts as gone, one that cannot be looked at as there. */
bool host_is_process(struct process_key key);

/* Whether the pids that the probes tell are those of this process's /proc. */
bool host_is_initial(void);

/* Calls fn for each TCP socket, and unix_fn for each unix socket, that listens now, of any network namespace
 * that a process is in, with one of the processes that hold it. Of very many open descriptors some are not
 * looked at; such a socket is left out. Returns 0 or -errno when /proc cannot be read. */
typedef void (*host_listener_fn)(void *context, const struct record_listen *listener);
typedef void (*host_unix_fn)(void *context, const struct record_unix *listener);
int host_listeners(host_listener_fn fn, host_unix_fn unix_fn, void *context);

/* Reads at once what the OOM killer's control group, or the host, consists of: the largest processes and
 * items of memory.stat. Takes about a millisecond, on a host of many processes more. Returns 0 or -errno. */
int host_oom_scene(const struct record_oom_mark *mark, struct record_oom_scene *ret);

/* The working directory of a process, links followed. Returns 0 or -errno. */
int host_cwd(uint32_t pid, char *buf, size_t size);

/* A hash of the size and the first page of what a process runs, where formats keep their sizes and build-ids;
 * mtime tells whether that is still the file that was started. 0: it cannot be read. */
uint64_t host_exe_content(uint32_t pid, uint32_t device, uint64_t mtime);

/* Whether there is a process of that number; one that has ended and waits for its parent counts as gone. */
bool host_is_running(uint32_t pid);

/* Where the link at path, in this mount namespace, leads, as it was written. What may never answer is not
 * touched. Returns 0 or -errno: -EINVAL when it is no link. */
int host_link(const char *path, char *buf, size_t size);

/* Whether what is at path, in this mount namespace, lies where another machine or process answers for it: to
 * touch it may take for ever. */
bool host_may_hang(const char *path);

/* Opens a regular file of this mount namespace by the path that a mapping of it had, read only, and only when
 * it is still that file (inode; 0: any). Returns a descriptor or -errno: -ESTALE when the path leads to
 * another file now, -EREMOTE for one that may never answer. */
int host_open_file(const char *path, uint64_t inode);

/* Whether this process may load BPF programs of the kinds the probes need. Returns NULL, or what is missing
 * ("CAP_SYS_ADMIN"), a constant. */
const char *host_missing_capability(void);

/* Finds a group by name or number. Returns 0 or -ENOENT. */
int host_group(const char *name, gid_t *ret);

#endif
