// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes samples as Prometheus text or OpenMetrics, directly into a buffer that is sent when it is
 * full. So the memory of a scrape doesn't depend on the number of series.
 */
final class TextSink implements SampleSink {
  private static final int FLUSH_AT = 64 * 1024;

  /** Between pauses; a power of two. */
  private static final int SERIES = 64;

  private static final byte[] CLOSE_LABELS = ascii("\"} ");
  private static final byte[] NEXT_LABEL = ascii("\",");
  private static final byte[] CLOSE = ascii("} ");

  private final OutputStream out;
  private final TextFormat format;
  private final Runnable pause;
  private final Bytes buffer = new Bytes(FLUSH_AT + 8 * 1024);

  /** Index in the buffer at which the last whole sample ends. */
  private int whole;

  private int series;

  private final Bytes labelText = new Bytes(256);

  private byte[] name = {};
  private byte[] bucketName = {};
  private byte[] sumName = {};
  private byte[] countName = {};
  private LabelNames labels = LabelNames.of();
  private byte[][] pieces = {};

  /**
   * @param pause run before each family, and every so many series
   */
  TextSink(OutputStream out, TextFormat format, Runnable pause) {
    this.out = out;
    this.format = format;
    this.pause = pause;
  }

  @Override
  public void family(Family family) {
    pause.run();
    boolean open = format == TextFormat.OPEN_METRICS;
    String declared = open ? family.nameWithoutTotal() : family.name();
    String type = open && family.counterWithoutTotal() ? "unknown" : family.type().text;
    String help = family.help().replace("\\", "\\\\").replace("\n", "\\n");
    if (open) {
      help = help.replace("\"", "\\\"");
    }
    // OpenMetrics has no rule about the order; Prometheus' text format wants HELP first.
    buffer.append("# HELP " + declared + " " + help + "\n");
    buffer.append("# TYPE " + declared + " " + type + "\n");
    whole = buffer.length();
    name = ascii(family.name());
    if (family.type() == Family.Type.HISTOGRAM) {
      bucketName = ascii(family.name() + "_bucket");
      sumName = ascii(family.name() + "_sum");
      countName = ascii(family.name() + "_count");
    }
  }

  @Override
  public void labels(LabelNames names) {
    labels = names;
    pieces = names.before(name);
  }

  @Override
  public void sample(LabelRow row, long value) throws IOException {
    beginSample(row);
    buffer.appendUnsigned(value);
    endSample();
  }

  @Override
  public void sample(LabelRow row, double value) throws IOException {
    beginSample(row);
    buffer.append(GoFloat.format(value));
    endSample();
  }

  private void beginSample(LabelRow row) {
    if (pieces.length == 0) {
      buffer.append(name);
      buffer.append(' ');
    } else {
      labels.append(pieces, row, buffer);
      buffer.append(CLOSE_LABELS);
    }
  }

  @Override
  public void histogram(LabelRow row, Buckets buckets, long[] counts, int from, double sum)
      throws IOException {
    labelText.clear();
    labels.append(row, labelText);
    byte[][] les = buckets.leTexts();
    long count = 0;
    for (int i = 0; i <= buckets.size(); i++) {
      count += i < buckets.size() ? counts[from + i] : 0;
      buffer.append(bucketName);
      if (labels.size() == 0) {
        buffer.append('{');
      } else {
        appendLabelText();
        buffer.append(NEXT_LABEL);
      }
      buffer.append(les[i]);
      buffer.append(CLOSE);
      buffer.appendUnsigned(count);
      buffer.append('\n');
    }
    buffer.append(sumName);
    endLabels();
    buffer.append(GoFloat.format(sum));
    buffer.append('\n');
    buffer.append(countName);
    endLabels();
    buffer.appendUnsigned(count);
    endSample();
  }

  @Override
  public void dropPartial() {
    buffer.truncate(whole);
  }

  /** Sends the rest of the buffer. */
  void flush() throws IOException {
    try {
      out.write(buffer.array(), 0, buffer.length());
    } catch (RuntimeException e) {
      // Whatever a server's stream throws, it is the response that failed, not a metric.
      throw new IOException(e);
    } finally {
      buffer.clear();
      whole = 0;
    }
  }

  private void appendLabelText() {
    buffer.append(labelText.array(), 0, labelText.length());
  }

  private void endLabels() {
    if (labels.size() == 0) {
      buffer.append(' ');
    } else {
      appendLabelText();
      buffer.append(CLOSE_LABELS);
    }
  }

  private void endSample() throws IOException {
    buffer.append('\n');
    whole = buffer.length();
    if (buffer.length() >= FLUSH_AT) {
      flush();
    }
    series++;
    if (series % SERIES == 0) {
      pause.run();
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
