/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * A function's result in a fexit program. It comes after the arguments, whose number differs between
 * kernels. Since 5.17 a helper finds it; `older_arguments` is how many there were before. The barriers keep
 * the compiler from making one load of both, from an address that the verifier does not know.
 */
#define function_result(ctx, older_arguments)                                                       \
	({                                                                                          \
		u64 result_ = 0;                                                                    \
		if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ret)) {          \
			u64 found_ = 0;                                                             \
			bpf_get_func_ret(ctx, &found_);                                             \
			result_ = found_;                                                           \
			barrier_var(result_);                                                       \
		} else {                                                                            \
			result_ = (ctx)[older_arguments];                                           \
			barrier_var(result_);                                                       \
		}                                                                                   \
		result_;                                                                            \
	})
