/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own library in each process: of one kernel all are the same, so this process's serves for the
 * crashed one's. */
#ifndef LW_SYMBOLIZE_VDSO_H
#define LW_SYMBOLIZE_VDSO_H

/* A file in memory with its bytes. Returns a descriptor or -errno. */
int vdso_open(void);

#endif
