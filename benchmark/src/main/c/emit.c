// SPDX-License-Identifier: Apache-2.0
/*
 * Emits span records at a steady rate: runs the program bench_emit of a running exporter, through
 * BPF_PROG_TEST_RUN, every millisecond.
 *
 *   emit RATE SECONDS           prints how many records were emitted, and how many found no room
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
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

/* The newest program of this name. */
static int open_program(const char *name)
{
	int newest = -1;
	union bpf_attr next = {0};
	while (bpf(BPF_PROG_GET_NEXT_ID, &next) == 0) {
		union bpf_attr by_id = {.prog_id = next.next_id};
		int fd = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
		next.start_id = next.next_id;
		if (fd < 0)
			continue;
		struct bpf_prog_info info = {0};
		union bpf_attr get = {.info = {.bpf_fd = fd, .info_len = sizeof(info), .info = (uintptr_t)&info}};
		if (bpf(BPF_OBJ_GET_INFO_BY_FD, &get) == 0 && strcmp(info.name, name) == 0) {
			if (newest >= 0)
				close(newest);
			newest = fd;
		} else {
			close(fd);
		}
	}
	if (newest < 0) {
		fprintf(stderr, "no program %s\n", name);
		exit(1);
	}
	return newest;
}

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int64_t rate = atoll(argv[1]);
	int64_t all = rate * atoll(argv[2]);
	int program = open_program("bench_emit");
	int64_t begin = now();
	int64_t asked = 0;
	int64_t emitted = 0;
	while (asked < all) {
		int64_t due = (now() - begin) * rate / 1000000000LL;
		uint64_t count = (due < all ? due : all) - asked;
		if (count > 4096)
			count = 4096;
		if (count > 0) {
			union bpf_attr run = {.test = {.prog_fd = program, .ctx_in = (uintptr_t)&count, .ctx_size_in = sizeof(count)}};
			if (bpf(BPF_PROG_TEST_RUN, &run))
				die("run bench_emit");
			asked += count;
			emitted += run.test.retval;
		}
		usleep(1000);
	}
	printf("%lld %lld\n", (long long)emitted, (long long)(asked - emitted));
	return 0;
}
