/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2) without a library, for programs that measure what the least work is. */
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/*
 * The newest object of this name, of the kind whose ids next_id goes through. Names in the kernel have at
 * most 15 characters.
 */
static int open_newest(const char *name, int next_id, int by_id, size_t name_in_info)
{
	int newest = -1;
	union bpf_attr next = {0};
	while (bpf(next_id, &next) == 0) {
		union bpf_attr open = {.map_id = next.next_id};
		int fd = bpf(by_id, &open);
		next.start_id = next.next_id;
		if (fd < 0)
			continue;
		char info[512] = {0};
		union bpf_attr get = {.info = {.bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)info}};
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &get) == 0 &&
		    strncmp(info + name_in_info, name, BPF_OBJ_NAME_LEN - 1) == 0) {
			if (newest >= 0)
				close(newest);
			newest = fd;
		} else {
			close(fd);
		}
	}
	if (newest < 0) {
		fprintf(stderr, "the kernel has no %s\n", name);
		exit(1);
	}
	return newest;
}
