/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * A function's result in a fexit program. It comes after the arguments, whose number differs between
 * kernels. Since 5.17 a helper finds it; `older_arguments` is how many there were before.
 */
#define function_result(ctx, older_arguments)                                                       \
	({                                                                                          \
		u64 result_ = 0;                                                                    \
		if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ret))            \
			bpf_get_func_ret(ctx, &result_);                                            \
		else                                                                                \
			result_ = (ctx)[older_arguments];                                           \
		result_;                                                                            \
	})
