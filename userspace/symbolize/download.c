/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl, loaded when it is wanted. */
#include "symbolize/download.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/curl_library.h"
#include "model/snapshot.h"
#include "symbolize/image.h"

#define URL_BYTES    2048
#define REDIRECTS    5l
#define CONNECT_WAIT 10L   /* seconds */
#define SLOW_BYTES   1024l /* a second; slower than that for SLOW_WAIT seconds is given up */
#define SLOW_WAIT    20L

struct sink {
	int fd;
	uint64_t room;
};

int download_load(void)
{
	return curl_library() ? 0 : -ELIBACC;
}

static size_t on_bytes(char *bytes, size_t unit, size_t count, void *context)
{
	struct sink *sink = context;
	size_t size = unit * count, done = 0;
	ssize_t n;

	if (size > sink->room)
		return 0;
	while (done < size && (n = write(sink->fd, bytes + done, size - done)) > 0)
		done += (size_t)n;
	sink->room -= done;
	return done;
}

/* Whatever option this libcurl does not know makes it fail: none of them may be left out. */
static bool set_options(const struct curl_library *curl, CURL *handle, const char *url, struct sink *sink)
{
	return curl->easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_MAXREDIRS, REDIRECTS) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, CONNECT_WAIT) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, SLOW_WAIT) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)sink->room) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_USERAGENT, "lastwords/" LW_VERSION) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
	       curl->easy_setopt(handle, CURLOPT_WRITEDATA, sink) == CURLE_OK;
}

static bool get(const struct curl_library *curl, const char *url, int fd, uint64_t max)
{
	struct sink sink = {.fd = fd, .room = max};
	CURL *handle = curl->easy_init();
	bool good = handle && ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
		    set_options(curl, handle, url, &sink) && curl->easy_perform(handle) == CURLE_OK;

	if (handle)
		curl->easy_cleanup(handle);
	return good;
}

static bool is_wanted(int fd, const char *build_id)
{
	struct image image;
	const uint8_t *id;
	char text[2 * SNAPSHOT_BUILD_ID + 1] = "";

	if (image_open(fd, &image) < 0)
		return false;
	ssize_t size = dwelf_elf_gnu_build_id(image.elf, (const void **)&id);
	for (ssize_t i = 0; i < size && size <= SNAPSHOT_BUILD_ID; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	image_close(&image);
	return strcmp(text, build_id) == 0;
}

int download(const char *urls, const char *build_id, int fd, uint64_t max)
{
	_cleanup_free_ char *copy = strdup(urls);
	const struct curl_library *curl = curl_library();
	char url[URL_BYTES], *save = NULL;

	if (!copy || !curl || curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	for (char *base = strtok_r(copy, " \t", &save); base; base = strtok_r(NULL, " \t", &save)) {
		int length = (int)strlen(base);
		while (length && base[length - 1] == '/')
			length--;
		snprintf(url, sizeof(url), "%.*s/buildid/%s/debuginfo", length, base, build_id);
		if (get(curl, url, fd, max) && is_wanted(fd, build_id))
			return fsync(fd) < 0 ? -errno : 0;
	}
	return -ENOENT;
}
