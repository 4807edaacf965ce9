/* SPDX-License-Identifier: Apache-2.0 */
/* parse FILE: reads each line of it with jansson and does nothing more: what correlation is measured beside.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

int main(int argc, char **argv)
{
	FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!in)
		return 2;
	while ((len = getline(&line, &room, in)) > 0) {
		json_t *event = json_loadb(line, (size_t)len, 0, NULL);

		if (!event)
			return 1;
		json_decref(event);
	}
	free(line);
	fclose(in);
	return 0;
}
