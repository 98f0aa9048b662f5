// SPDX-License-Identifier: Apache-2.0
/*
 * What a scrape must cost at least: reads a map in batches and writes its rows as Prometheus text, with
 * plain system calls and no more work than that. Also fills the maps, so that all read the same rows.
 *
 *   floor fill MAP ROWS         rows of the counter map; a histogram map gets 29 rows a label set
 *   floor read MAP              a scrape to stdout for each line on stdin; says "wall_ns cpu_ns" on stderr
 *
 * MAP is a map's name; of several the newest is taken. Names in the kernel have at most 15 characters.
 */
#include "bpf.h"

enum { CHUNK = 4096, BUCKETS = 28, FLUSH_AT = 64 * 1024 };

struct key {
	uint64_t a, b;
};

static void update(int fd, struct key key, uint64_t value)
{
	union bpf_attr attr = {.map_fd = fd, .key = (uintptr_t)&key, .value = (uintptr_t)&value};
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr))
		die("fill");
}

static void fill(int fd, int histogram, uint64_t rows)
{
	for (uint64_t i = 0; i < rows; i++) {
		if (histogram)
			update(fd, (struct key){i / (BUCKETS + 1), i % (BUCKETS + 1)}, i * 7 % 1000);
		else
			update(fd, (struct key){i, i * 2654435761u % 1000003}, i * 1000003 % 100000007);
	}
}

static char out[FLUSH_AT + 1024];
static size_t used;

static void flush(void)
{
	for (size_t done = 0; done < used;) {
		ssize_t n = write(1, out + done, used - done);
		if (n < 0)
			die("write");
		done += n;
	}
	used = 0;
}

static void text(const char *s, size_t n)
{
	memcpy(out + used, s, n);
	used += n;
}
#define TEXT(s) text(s, sizeof(s) - 1)

static void number(uint64_t n)
{
	char digits[20];
	int at = sizeof(digits);
	do {
		digits[--at] = '0' + n % 10;
		n /= 10;
	} while (n);
	text(digits + at, sizeof(digits) - at);
}

static void counter(const struct key *key, uint64_t value)
{
	TEXT("ebpf_exporter_bench_rows_total{a=\"");
	number(key->a);
	TEXT("\",b=\"");
	number(key->b);
	TEXT("\"} ");
	number(value);
	TEXT("\n");
	if (used >= FLUSH_AT)
		flush();
}

static uint64_t (*series)[BUCKETS + 1];
static uint64_t series_count;

static void gather(const struct key *key, uint64_t value)
{
	if (key->a >= series_count) {
		uint64_t grown = key->a * 2 + 64;
		series = realloc(series, grown * sizeof(*series));
		memset(series + series_count, 0, (grown - series_count) * sizeof(*series));
		series_count = grown;
	}
	series[key->a][key->b] += value;
}

static void histograms(void)
{
	static char le[BUCKETS][24];
	if (!le[0][0])
		for (int i = 0; i < BUCKETS; i++)
			snprintf(le[i], sizeof(le[i]), "%.12g", (double)(1ull << i) * 1e-6);
	for (uint64_t a = 0; a < series_count; a++) {
		uint64_t count = 0;
		for (int i = 0; i <= BUCKETS; i++) {
			const char *bound = i < BUCKETS ? le[i] : "+Inf";
			count += i < BUCKETS ? series[a][i] : 0;
			TEXT("ebpf_exporter_bench_latency_seconds_bucket{a=\"");
			number(a);
			TEXT("\",le=\"");
			text(bound, strlen(bound));
			TEXT("\"} ");
			number(count);
			TEXT("\n");
		}
		TEXT("ebpf_exporter_bench_latency_seconds_sum{a=\"");
		number(a);
		TEXT("\"} ");
		used += snprintf(out + used, 32, "%.12g", (double)series[a][BUCKETS] * 1e-6);
		TEXT("\nebpf_exporter_bench_latency_seconds_count{a=\"");
		number(a);
		TEXT("\"} ");
		number(count);
		TEXT("\n");
		if (used >= FLUSH_AT - 4096)
			flush();
	}
	memset(series, 0, series_count * sizeof(*series));
}

static void scrape(int fd, int histogram)
{
	static struct key keys[CHUNK];
	static uint64_t values[CHUNK];
	uint64_t position = 0;
	int started = 0, ended = 0;
	while (!ended) {
		union bpf_attr attr = {.batch = {.in_batch = started ? (uintptr_t)&position : 0,
						 .out_batch = (uintptr_t)&position,
						 .keys = (uintptr_t)keys,
						 .values = (uintptr_t)values,
						 .count = CHUNK,
						 .map_fd = fd}};
		if (bpf(BPF_MAP_LOOKUP_BATCH, &attr)) {
			if (errno != ENOENT)
				die("read");
			ended = 1;
		}
		started = 1;
		for (uint32_t i = 0; i < attr.batch.count; i++) {
			if (histogram)
				gather(&keys[i], values[i]);
			else
				counter(&keys[i], values[i]);
		}
	}
	if (histogram)
		histograms();
	flush();
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: floor fill MAP ROWS | floor read MAP\n");
		return 2;
	}
	int histogram = strstr(argv[2], "latency") != NULL;
	int fd = open_newest(argv[2], BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID,
			     offsetof(struct bpf_map_info, name));
	if (strcmp(argv[1], "fill") == 0 && argc == 4) {
		fill(fd, histogram, strtoull(argv[3], NULL, 10));
		return 0;
	}
	while (getchar() == '\n') {
		int64_t wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		scrape(fd, histogram);
		wall = now(CLOCK_MONOTONIC) - wall;
		cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		fprintf(stderr, "%lld %lld\n", (long long)wall, (long long)cpu);
	}
	return 0;
}
