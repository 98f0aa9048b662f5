/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/* What system calls do to files. Include syscall_of.h first. */

enum file_operation { FILE_NONE, FILE_READ, FILE_WRITE, FILE_SYNC, FILE_COPY };

/* FILE_READ, FILE_WRITE, or FILE_NONE for all others. */
static __always_inline enum file_operation reads_or_writes(long syscall)
{
	switch (syscall) {
	case CALL_read:
	case CALL_pread64:
	case CALL_readv:
	case CALL_preadv:
	case CALL_preadv2:
		return FILE_READ;
	case CALL_write:
	case CALL_pwrite64:
	case CALL_writev:
	case CALL_pwritev:
	case CALL_pwritev2:
		return FILE_WRITE;
	default:
		return FILE_NONE;
	}
}
