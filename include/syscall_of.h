/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Reads system calls from the registers with which a task entered the kernel. `regs` must be a pointer whose
 * type the verifier knows. Include vmlinux.h and bpf/bpf_helpers.h first.
 */

#if defined(__TARGET_ARCH_x86)

#define SYSCALL_NUMBER(regs) ((long)(regs)->orig_ax)
#define SYSCALL_ARGUMENT_1(regs) ((regs)->di)

/* As arch/x86/entry/syscalls/syscall_64.tbl has them. */
enum syscall_number {
	CALL_read = 0,
	CALL_write = 1,
	CALL_pread64 = 17,
	CALL_pwrite64 = 18,
	CALL_readv = 19,
	CALL_writev = 20,
	CALL_msync = 26,
	CALL_sendfile = 40,
	CALL_fsync = 74,
	CALL_fdatasync = 75,
	CALL_sync = 162,
	CALL_futex = 202,
	CALL_sync_file_range = 277,
	CALL_preadv = 295,
	CALL_pwritev = 296,
	CALL_syncfs = 306,
	CALL_copy_file_range = 326,
	CALL_preadv2 = 327,
	CALL_pwritev2 = 328,
};

#elif defined(__TARGET_ARCH_arm64)

#define SYSCALL_NUMBER(regs) ((long)(regs)->syscallno)
/* The first argument's register is also used for the result. */
#define SYSCALL_ARGUMENT_1(regs) ((regs)->orig_x0)

/* As include/uapi/asm-generic/unistd.h has them. */
enum syscall_number {
	CALL_read = 63,
	CALL_write = 64,
	CALL_readv = 65,
	CALL_writev = 66,
	CALL_pread64 = 67,
	CALL_pwrite64 = 68,
	CALL_preadv = 69,
	CALL_pwritev = 70,
	CALL_sendfile = 71,
	CALL_sync = 81,
	CALL_fsync = 82,
	CALL_fdatasync = 83,
	CALL_sync_file_range = 84,
	CALL_futex = 98,
	CALL_msync = 227,
	CALL_syncfs = 267,
	CALL_copy_file_range = 285,
	CALL_preadv2 = 286,
	CALL_pwritev2 = 287,
};

#else
#error "which architecture?"
#endif
