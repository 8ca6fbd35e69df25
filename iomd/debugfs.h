/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _IOMD_DEBUGFS_H
#define _IOMD_DEBUGFS_H

void iomd_debugfs_init(void);
void iomd_debugfs_exit(void);

#endif /* _IOMD_DEBUGFS_H */
