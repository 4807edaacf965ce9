/* SPDX-License-Identifier: Apache-2.0 */
/* Keys whose form is one of text: lists of words as filter.h takes them apart, headers. */
#ifndef LW_SINK_OPTIONS_WORDS_H
#define LW_SINK_OPTIONS_WORDS_H

#include <stdbool.h>

/* Each returns NULL, or what was expected instead: patterns that fit a kind of event each, */
const char *options_words_kinds(const char *text);
const char *options_words_services(const char *text);
/* paths of keys that events, issues or incidents can have, */
const char *options_words_remove(const char *text);
/* a field of HTTP. */
const char *options_words_header(const char *text);

/* Whether the word is among words that have blanks between them. words may be NULL. */
bool options_word(const char *words, const char *word);

#endif
