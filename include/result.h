/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Returns a function's result in a fexit program. The result follows the arguments, whose number differs
 * between kernels. Since 5.17 a helper returns it; `older_arguments` is the number of arguments before 5.17.
 * The barriers keep the compiler from merging the two loads into one from an address that is unknown to the
 * verifier.
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
