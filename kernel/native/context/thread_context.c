// SPDX-License-Identifier: Apache-2.0
// Where other tools find the record that says which span a thread is in: OTEP 4947. They know the
// variable by its name in the dynamic symbols, and find a thread's by the dialect of descriptors.
// A library of its own, for they open its file.

#define EXPORTED __attribute__((visibility("default")))

EXPORTED __thread void *otel_thread_ctx_v1;

EXPORTED void ebpfagent_set_thread_context(void *record);

// Of the thread that calls, for life: the record's memory is never freed.
void ebpfagent_set_thread_context(void *record) { otel_thread_ctx_v1 = record; }
