/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * What a thread of a JVM waits for where the kernel sees nothing but a futex. HotSpot's own structs of the thread say,
 * and the loader says where in them. Include trace_context.h first.
 */

/* Set before load. While the size is 0, nothing is known. */
const volatile u64 jvm_thread_bytes = 0; /* of a JavaThread, which has in it what LockSupport.park waits on */
const volatile u64 jvm_pending_monitor = 0; /* in a JavaThread: of the monitor that it wants to enter */
const volatile u64 jvm_waiting_monitor = 0; /* of the one that it waits to be notified of */
const volatile u64 jvm_thread_state = 0; /* of its own state */
const volatile u64 jvm_os_thread = 0; /* of its OSThread */
const volatile u64 jvm_os_thread_state = 0; /* in that: of its state */
const volatile u32 jvm_condvar_wait = 0; /* the OSThread's state of what sleeps or parks */
const volatile u32 jvm_in_native = 0; /* a JavaThread's own state in code that is neither Java nor the JVM */

enum jvm_wait {
	WAIT_UNKNOWN,
	WAIT_PARK, /* LockSupport.park, and the locks that use it */
	WAIT_SLEEP, /* Thread.sleep */
	WAIT_MONITOR, /* to enter a synchronized block or method */
	WAIT_NOTIFY, /* Object.wait */
	WAIT_JVM, /* for the JVM itself: a safepoint, a collection, a compilation */
};

static __always_inline u64 read_pointer(u64 address)
{
	u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

static __always_inline u32 read_state(u64 address)
{
	u32 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

/*
 * record: the current task's
 * futex: what it waits on
 */
static __always_inline enum jvm_wait jvm_wait_of(const struct thread_record *record, u64 futex)
{
	u64 java_thread, os_thread;

	if (!jvm_thread_bytes || !record->java_thread)
		return WAIT_UNKNOWN;
	java_thread = record->java_thread;
	if (futex - java_thread < jvm_thread_bytes)
		return WAIT_PARK;
	if (read_pointer(java_thread + jvm_pending_monitor))
		return WAIT_MONITOR;
	if (read_pointer(java_thread + jvm_waiting_monitor))
		return WAIT_NOTIFY;
	os_thread = read_pointer(java_thread + jvm_os_thread);
	if (os_thread && read_state(os_thread + jvm_os_thread_state) == jvm_condvar_wait)
		return WAIT_SLEEP;
	return read_state(java_thread + jvm_thread_state) == jvm_in_native ? WAIT_UNKNOWN : WAIT_JVM;
}
