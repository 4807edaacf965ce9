/* SPDX-License-Identifier: Apache-2.0 */
/* Names as they count for a fingerprint. Each function writes at most size bytes with the NUL, and any input
 * is allowed. */
#ifndef LW_CORRELATE_FINGERPRINT_NAME_H
#define LW_CORRELATE_FINGERPRINT_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* A demangled function: "f<int>::g [clone .cold]" is "f<>::g"; also "f.isra.0", "f@GLIBC_2.2.5",
 * "f::h0123456789abcdef" of Rust, "f[abi:cxx11]" and Go's "f[...]". Of a signature, "int f(char)", the name;
 * of closures their numbers are left out, and what Go inlined them into. "A$$Proxy/0x7f.run" of Java is
 * "A$$.run", "async f" of JavaScript "f". */
void fold_function(const char *function, char *out, size_t size);
/* The same, but of a lambda, and of what the standard library makes to call it, the function that it is
 * written in: "std::__invoke<shop::pay(int)::{lambda()#1}&>" is "shop::pay". Returns whether it is one. */
bool fold_home(const char *function, char *out, size_t size);
/* "/usr/lib/libssl.so.3" is "libssl", "/usr/bin/python3.11" is "python". */
void fold_module(const char *path, char *out, size_t size);
/* A line of text: numbers, addresses, times, ids are "#", what is in quotes is "''", of a path its last part.
 */
void fold_line(const char *text, size_t len, char *out, size_t size);
/* The last line that a program wrote. A failed assertion is known by its expression, which is in quotes: how
 * the function is told before that is up to the compiler. Of a line of a trace, "at f(File.java:12)", the
 * function. */
void fold_words(const char *line, size_t len, char *out, size_t size);

/* Whether it is the C library, the loader or another part of a language's runtime; as fold_module gives it.
 */
bool is_runtime_module(const char *module);

/* Whether the stacks of most defects of a program have this frame, as fold_function gives it: main, and the
 * loops that frameworks and interpreters dispatch from. It says little of which defect it is. A list that is
 * shipped, and not counts of this host: what two stacks have in common must not depend on what came before.
 */
bool is_common_frame(const char *function);

/* Whether a native frame is of the C library, the loader, a standard library or a runtime, or a lambda
 * without a name of its own; module as fold_module gives it, function as fold_function does, file of the
 * source; each may be empty. */
bool is_runtime_frame(const char *module, const char *function, const char *file);
/* The same for a frame of an exception: the standard library of its language. */
bool is_library_frame(const char *function, const char *file);

#endif
