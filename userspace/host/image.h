/* SPDX-License-Identifier: Apache-2.0 */
/* The image that a container was made of, from what its engine left on disk. */
#ifndef LW_HOST_IMAGE_H
#define LW_HOST_IMAGE_H

#define IMAGE_TEXT 256

struct host_image {
	char name[IMAGE_TEXT];   /* of the container, the same for the next one that takes its place */
	char image[IMAGE_TEXT];  /* as it was asked for: docker.io/library/nginx:1.25 */
	char digest[IMAGE_TEXT]; /* of what was found under that name; empty: not known */
};

/* Looks below root ("" for this host) for docker's, containerd's, then podman's and CRI-O's container of that
 * id: files of at most 1 MiB (of podman's list 4 MiB). Returns 0, -ENOENT when no engine knows it, or -errno.
 */
int host_image(const char *root, const char *id, struct host_image *ret);

#endif
