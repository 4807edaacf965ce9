/* SPDX-License-Identifier: Apache-2.0 */
/* A small library for the fuzzer to begin with: symbols, calls through the linkage table, inlining, a frame
 * with an expression. */
int outside(int);
int _Z6calleri(int n);

static inline int inlined(int n)
{
	return outside(n) + 1;
}

int _Z6calleri(int n)
{
	volatile char room[n & 63];

	room[0] = (char)n;
	return inlined(n) + room[0];
}
