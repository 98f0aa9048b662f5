// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Messages of libbpf 1.4 and later on Linux 6.18, shortened in the middle. */
final class VerifierLogTest {
  @Test
  void namesTheRegisterThatWasNotChecked() {
    String log =
        """
        libbpf: prog 'forgets_null_check': BPF program load failed: Permission denied
        libbpf: prog 'forgets_null_check': -- BEGIN PROG LOAD LOG --
        0: R1=ctx() R10=fp0
        ; int forgets_null_check(struct bpf_raw_tracepoint_args *ctx) @ rejected.bpf.c:14
        0: (b4) w1 = 0                        ; R1=0
        ;  @ rejected.bpf.c:0
        3: (07) r2 += -4                      ; R2=fp-4
        ; u64 *value = bpf_map_lookup_elem(&rejected_total, &key); @ rejected.bpf.c:17
        4: (18) r1 = 0xffff88812ac57800       ; R1=map_ptr(map=rejected_total,ks=4,vs=8)
        6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=rejected_total,ks=4,vs=8)
        ; *value += 1; @ rejected.bpf.c:19
        7: (79) r1 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        libbpf: prog 'forgets_null_check': failed to load: -13
        libbpf: failed to load object 'rejected'
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program forgets_null_check was refused: R0 invalid mem access 'map_value_or_null';"
                + " at instruction 7: (79) r1 = *(u64 *)(r0 +0);"
                + " source: *value += 1; @ rejected.bpf.c:19");
  }

  @Test
  void keepsAReasonOfTwoLines() {
    String log =
        """
        libbpf: prog 'out_of_bounds': -- BEGIN PROG LOAD LOG --
        ; value[ctx->args[0] & 7] = 1; @ bounds.bpf.c:16
        13: (b7) r1 = 1                       ; R1=1
        14: (7b) *(u64 *)(r0 +0) = r1
        invalid access to map value, value_size=32 off=56 size=8
        R0 max value is outside of the allowed memory range
        processed 14 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program out_of_bounds was refused:"
                + " invalid access to map value, value_size=32 off=56 size=8;"
                + " R0 max value is outside of the allowed memory range;"
                + " at instruction 14: (7b) *(u64 *)(r0 +0) = r1;"
                + " source: value[ctx->args[0] & 7] = 1; @ bounds.bpf.c:16");
  }

  @Test
  void followsTheVerifierIntoAFunctionAndOut() {
    String log =
        """
        libbpf: prog 'in_subprogram': -- BEGIN PROG LOAD LOG --
        ; return inner(bpf_get_prandom_u32()) + inner(2); @ sub.bpf.c:16
        2: (85) call pc+5
        caller:
         R10=fp0
        callee:
         frame1: R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0
        8: frame1: R1=scalar(smin=0,smax=umax=0xffffffff) R10=fp0
        ; return *value + bpf_get_prandom_u32(); @ sub.bpf.c:11
        14: (79) r6 = *(u64 *)(r0 +0)
        R0 invalid mem access 'map_value_or_null'
        processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program in_subprogram was refused: R0 invalid mem access 'map_value_or_null';"
                + " at instruction 14: (79) r6 = *(u64 *)(r0 +0);"
                + " source: return *value + bpf_get_prandom_u32(); @ sub.bpf.c:11");
  }

  @Test
  void leavesOutASourceLineThatIsNone() {
    String log =
        """
        libbpf: prog 'wrong_license': -- BEGIN PROG LOAD LOG --
        ; bpf_probe_read_kernel(b, 8, (void*)ctx->args[1]); @ license.bpf.c:8
        1: (bf) r1 = r10                      ; R1=fp0 R10=fp0
        ;  @ license.bpf.c:0
        4: (85) call bpf_probe_read_kernel#113
        cannot call GPL-restricted function from non-GPL compatible program
        processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program wrong_license was refused:"
                + " cannot call GPL-restricted function from non-GPL compatible program;"
                + " at instruction 4: (85) call bpf_probe_read_kernel#113");
  }

  @Test
  void namesTheFieldThatTheKernelDoesNotHave() {
    String log =
        """
        libbpf: prog 'reads_gone_field': BPF program load failed: Invalid argument
        libbpf: prog 'reads_gone_field': -- BEGIN PROG LOAD LOG --
        0: R1=ctx() R10=fp0
        ; struct task_struct___other *task = (void *)ctx->args[1]; @ gone.bpf.c:6
        0: (79) r3 = *(u64 *)(r1 +8)          ; R1=ctx() R3=scalar()
        1: <invalid CO-RE relocation>
        failed to resolve CO-RE relocation <byte_off> [10] struct task_struct___other.no_such_field (0:0 @ offset 0)
        processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program reads_gone_field was refused: failed to resolve CO-RE relocation <byte_off>"
                + " [10] struct task_struct___other.no_such_field (0:0 @ offset 0);"
                + " at instruction 1: <invalid CO-RE relocation>;"
                + " source: struct task_struct___other *task = (void *)ctx->args[1];"
                + " @ gone.bpf.c:6");
  }

  @Test
  void saysThatAProgramIsTooComplex() {
    String log =
        """
        libbpf: prog 'never_ends': BPF program load failed: Argument list too long
        libbpf: prog 'never_ends': -- BEGIN PROG LOAD LOG --
        ; i += ctx->args[0]; @ loop.bpf.c:8
        2: (79) r2 = *(u64 *)(r1 +0)          ; R1=ctx() R2=scalar()
        3: (79) r3 = *(u64 *)(r10 -8)         ; R3=scalar(id=199999) R10=fp0 fp-8=scalar(id=199999)
        4: (0f) r3 += r2
        BPF program is too large. Processed 1000001 insn
        processed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 14286 peak_states 14286 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .startsWith(
            "program never_ends was refused: BPF program is too large. Processed 1000001 insn;");
  }

  @Test
  void readsTheRegisterStatesOfOlderKernels() {
    String log =
        """
        libbpf: prog 'older': -- BEGIN PROG LOAD LOG --
        from 4 to 6: R0=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0
        ; return *value;
        6: (79) r0 = *(u64 *)(r0 +0)
         R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????
        R0 invalid mem access 'map_value_or_null'
        verification time 41 usec
        stack depth 4
        processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "program older was refused: R0 invalid mem access 'map_value_or_null';"
                + " at instruction 6: (79) r0 = *(u64 *)(r0 +0); source: return *value;");
  }

  @Test
  void ofSeveralProgramsReportsTheLast() {
    String log =
        """
        libbpf: prog 'probe': -- BEGIN PROG LOAD LOG --
        unknown func bpf_new_helper#999
        -- END PROG LOAD LOG --
        libbpf: prog 'real': -- BEGIN PROG LOAD LOG --
        R1 !read_ok
        -- END PROG LOAD LOG --
        """;
    assertThat(VerifierLog.summary(log)).isEqualTo("program real was refused: R1 !read_ok");
  }

  @Test
  void givesLibbpfsLastComplaintsWhereTheVerifierWasNotAsked() {
    String log =
        """
        libbpf: prog 'no_such_hook': failed to find kernel BTF type ID of 'no_such_tracepoint': -3
        libbpf: prog 'no_such_hook': failed to prepare load attributes: -3
        libbpf: prog 'no_such_hook': failed to load: -3
        libbpf: failed to load object 'hook'
        """;
    assertThat(VerifierLog.summary(log))
        .isEqualTo(
            "prog 'no_such_hook': failed to find kernel BTF type ID of 'no_such_tracepoint': -3;"
                + " prog 'no_such_hook': failed to prepare load attributes: -3;"
                + " prog 'no_such_hook': failed to load: -3");
  }

  @Test
  void isEmptyForNoMessages() {
    assertThat(VerifierLog.summary("")).isEmpty();
  }
}
