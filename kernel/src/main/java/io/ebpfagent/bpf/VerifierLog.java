// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Extracts the reason for a failed load from libbpf's messages. */
final class VerifierLog {
  private static final Pattern LOG =
      Pattern.compile(
          "prog '([^']+)': -- BEGIN PROG LOAD LOG --\\n(.*?)-- END PROG LOAD LOG --",
          Pattern.DOTALL);
  private static final Pattern NOISE =
      Pattern.compile("^(processed \\d+ insns.*|verification time .*|stack depth .*|\\s*)$");
  // The verifier's trace of an instruction ("12: (79) r1 = *(u64 *)(r1 +0) ; R1_w=..."), a source
  // line ("; int x = y @ file.c:3") or a register state ("R1=ctx() R10=fp0"). A reason may also
  // begin with a register, but without its contents: "R0 invalid mem access".
  private static final Pattern TRACE =
      Pattern.compile("^(\\d+: .*|;.*|\\s*(frame\\d+: )?R\\d+(_\\w+)?=.*|from \\d+ to .*)$");
  private static final Pattern NO_SOURCE = Pattern.compile("^;\\s*@ .*:0$");
  private static final int REASONS = 3;

  private VerifierLog() {}

  /**
   * Returns the important lines: the program, the verifier's last message, and the instruction and
   * source line that it is about. Without a verifier log, returns libbpf's own last messages.
   */
  static String summary(String libbpfMessages) {
    Matcher matcher = LOG.matcher(libbpfMessages);
    String program = "";
    String log = "";
    while (matcher.find()) {
      program = matcher.group(1);
      log = matcher.group(2);
    }
    return log.isBlank() ? complaints(libbpfMessages) : program(program, log);
  }

  private static String program(String program, String log) {
    String source = "";
    String instruction = "";
    List<String> reasons = new ArrayList<>();
    for (String line : log.lines().toList()) {
      if (NOISE.matcher(line).matches()) {
        continue;
      }
      if (!TRACE.matcher(line).matches()) {
        reasons.add(line.strip());
        continue;
      }
      if (line.startsWith(";")) {
        source = NO_SOURCE.matcher(line).matches() ? "" : line.substring(1).strip();
      } else if (line.contains(": (") || line.contains(": <")) {
        instruction = line.replaceFirst("\\s*;.*", "").strip();
      }
      // A message that is followed by more trace was not the reason.
      reasons.clear();
    }
    StringBuilder text = new StringBuilder("program ").append(program).append(" was refused: ");
    int from = Math.max(0, reasons.size() - REASONS);
    text.append(
        reasons.isEmpty()
            ? "no reason given"
            : String.join("; ", reasons.subList(from, reasons.size())));
    if (!instruction.isEmpty()) {
      text.append("; at instruction ").append(instruction);
    }
    if (!source.isEmpty()) {
      text.append("; source: ").append(source);
    }
    return text.toString();
  }

  private static String complaints(String libbpfMessages) {
    List<String> lines =
        libbpfMessages
            .lines()
            .map(line -> line.replaceFirst("^libbpf: ", "").strip())
            // libbpf logs this after each failure; it says no more than the errno.
            .filter(line -> !line.isEmpty() && !line.startsWith("failed to load object"))
            .toList();
    int from = Math.max(0, lines.size() - REASONS);
    return String.join("; ", lines.subList(from, lines.size()));
  }
}
