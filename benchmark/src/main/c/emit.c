// SPDX-License-Identifier: Apache-2.0
/*
 * Emits span records at a steady rate: runs the program bench_emit of a running exporter, through
 * BPF_PROG_TEST_RUN, every millisecond.
 *
 *   emit RATE SECONDS           prints how many records were emitted, and how many found no room
 */
#include "bpf.h"

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int64_t rate = atoll(argv[1]);
	int64_t all = rate * atoll(argv[2]);
	int program = open_newest("bench_emit", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID,
				  offsetof(struct bpf_prog_info, name));
	int64_t begin = now(CLOCK_MONOTONIC);
	int64_t asked = 0;
	int64_t emitted = 0;
	while (asked < all) {
		int64_t due = (now(CLOCK_MONOTONIC) - begin) * rate / 1000000000LL;
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
