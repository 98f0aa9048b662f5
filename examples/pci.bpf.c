// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* Ids as the pci_* decoders take them: a device together with its vendor, a subclass with its class. */
struct device_key {
	u32 pci_vendor;
	u32 pci_device;
	u16 pci_class;
	u16 pci_subclass;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct device_key);
	__type(value, u64);
} pci_user_read_config_ops_total SEC(".maps");

static __always_inline int count(struct pci_dev *device)
{
	struct device_key key = {
		.pci_vendor = device->vendor,
		.pci_device = device->vendor << 16 | device->device,
		/* `class` has three bytes: class, subclass, programming interface */
		.pci_class = device->class >> 16,
		.pci_subclass = device->class >> 8,
	};

	increment(&pci_user_read_config_ops_total, &key);
	return 0;
}

SEC("fentry/pci_user_read_config_byte")
int BPF_PROG(pci_user_read_config_byte, struct pci_dev *device)
{
	return count(device);
}

SEC("fentry/pci_user_read_config_word")
int BPF_PROG(pci_user_read_config_word, struct pci_dev *device)
{
	return count(device);
}

SEC("fentry/pci_user_read_config_dword")
int BPF_PROG(pci_user_read_config_dword, struct pci_dev *device)
{
	return count(device);
}

char LICENSE[] SEC("license") = "GPL";
