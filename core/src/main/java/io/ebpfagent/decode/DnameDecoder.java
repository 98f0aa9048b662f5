// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/**
 * Decodes a domain name in DNS wire format (labels with their lengths in front) to a dotted name.
 * The root's empty label ends it and becomes a trailing dot; a name that was truncated before the
 * root has none. Input in any other form is copied as it is.
 */
final class DnameDecoder implements Decoder {
  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    int start = out.length();
    int end = offset + length;
    if (length == 0) {
      out.append('.');
    }
    for (int at = offset; at < end; ) {
      int label = in[at] & 0xff;
      if (at > offset || label == 0) {
        out.append('.');
      }
      at++;
      if (label == 0) {
        break;
      }
      if (label > end - at) {
        out.truncate(start);
        Text.append(in, offset, length, out);
        break;
      }
      Text.append(in, at, label, out);
      at += label;
    }
    return Outcome.VALUE;
  }
}
