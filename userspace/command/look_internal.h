/* SPDX-License-Identifier: Apache-2.0 */
/* What look.c and look_packages.c share. */
#ifndef LW_COMMAND_LOOK_INTERNAL_H
#define LW_COMMAND_LOOK_INTERNAL_H

#include "command/environments.h"
#include "command/look.h"
#include "host/packages.h"
#include "host/sysctls.h"
#include "host/versions.h"

#define SERVICES   256 /* programs of services, the last started of each */
#define CONTAINERS 256 /* whose image is known */
#define INSTALLS   8
#define LOOKS      16 /* a second: anybody may start what is called as a package manager */

struct program {
	uint64_t key; /* of service and executable; 0: unused */
	uint64_t used;
	uint32_t pid;
	char service[256];
	char place[256]; /* of what Node.js runs, the folder; empty: of others, of containers, not known */
};

struct look {
	struct infer *infer;
	struct loop *loop;
	struct limits *limits;
	uint64_t starts;
	struct program programs[SERVICES];
	uint64_t containers[CONTAINERS]; /* hashes of ids */
	unsigned next_container;
	unsigned list_count;
	unsigned list_more; /* that had no room */
	unsigned quiet;     /* seconds since the last list was written */
	uint64_t list_time; /* the first was written then */
	char *lists[PACKAGES_MOST];
	struct install {
		uint64_t time;
		uint32_t pid;
		struct infer_install what;
	} installs[INSTALLS]; /* package managers at work */
	unsigned install_count;
	unsigned looks;            /* of this second, before and after one of them */
	bool here;                 /* what is told is of this host, and of now */
	struct versions *versions; /* of dpkg's packages before what is looked at next; NULL: not known */
	struct environments environments;
	struct sysctls *sysctls; /* as they were before what is looked at next; NULL: not known */
	bool unseen;             /* a command may have set some since */
};

/* look_packages.c: remembers what is installed, from now on; forgets it. */
void look_packages_begin(struct look *l);
void look_packages_free(struct look *l);
/* Tells of dpkg's lists, when none was written for so many seconds. */
void look_at_packages(struct look *l, unsigned quiet);
/* Tells of the package managers that have ended, or of all. */
void look_at_installs(struct look *l, bool all);
/* What npm has installed where Node.js runs a service's script; place: that folder, else empty. */
void look_node(struct look *l, const struct enrich_start *start, char *place, size_t size);
/* What pip has installed where a service runs from. */
void look_environment(struct look *l, const struct enrich_start *start);

#endif
