// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.List;

/**
 * Keeps the rows of which a pattern matches some part of the input, and drops the others. The value
 * is the group of the first such pattern, or the whole match if the pattern has no group or
 * several.
 */
final class RegexpDecoder implements Decoder {
  private final List<Pattern> patterns;

  RegexpDecoder(List<Pattern> patterns) {
    this.patterns = patterns;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    String text = new String(in, offset, length, UTF_8);
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(text);
      if (matcher.find()) {
        String value = matcher.group(matcher.groupCount() == 1 ? 1 : 0);
        out.append(value == null ? "" : value);
        return Outcome.VALUE;
      }
    }
    return Outcome.SKIP_ROW;
  }

  @Override
  public boolean costly() {
    return true;
  }

  @Override
  public boolean maySkip() {
    return true;
  }

  @Override
  public boolean plain(boolean input) {
    return input;
  }
}
