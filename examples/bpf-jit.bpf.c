// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PAGE_SIZE 4096

extern int LINUX_KERNEL_VERSION __kconfig;

/* The address of the kernel's own counter. The exporter sets it, because the config lists it in kaddrs. */
const volatile u64 kaddr_bpf_jit_current = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} bpf_jit_pages_currently_allocated SEC(".maps");

static __always_inline int refresh(void)
{
	u32 only = 0;
	u64 current = 0;

	if (bpf_probe_read_kernel(&current, sizeof(current), (void *)kaddr_bpf_jit_current))
		return 0;
	/* The kernel counts bytes since 5.18. */
	if (LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 18, 0))
		current = (current + PAGE_SIZE - 1) / PAGE_SIZE;
	bpf_map_update_elem(&bpf_jit_pages_currently_allocated, &only, &current, BPF_ANY);
	return 0;
}

/* A program was compiled, or an old one freed. */
SEC("fexit/bpf_prog_select_runtime")
int BPF_PROG(bpf_prog_select_runtime)
{
	return refresh();
}

SEC("fexit/bpf_jit_free")
int BPF_PROG(bpf_jit_free)
{
	return refresh();
}

/* The exporter runs this one once, when all is attached, so that there is a value from the start. */
SEC("uprobe//proc/self/exe:post_attach_mark")
int post_attach_mark(struct pt_regs *ctx)
{
	return refresh();
}

char LICENSE[] SEC("license") = "GPL";
