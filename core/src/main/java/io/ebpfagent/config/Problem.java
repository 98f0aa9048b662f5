// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

/**
 * One problem of a config, printed as {@code timers.yaml:12: metrics.counters[2].name: must not be
 * empty}.
 *
 * @param file the file's name
 * @param line the line in the file, from 1; 0 when the problem belongs to no line
 * @param path the key's path in the file, {@code metrics.counters[2].name}, list items from 0;
 *     empty for the whole file
 * @param message what is wrong, and the nearest valid name if there is one
 */
public record Problem(String file, int line, String path, String message, Severity severity) {
  /** Whether the config runs in spite of the problem. */
  public enum Severity {
    /** The config runs: the setting is ignored, as the Go exporter ignores it. */
    WARNING,
    /** The config can't run. */
    ERROR
  }

  /** Creates an error. */
  public Problem(String file, int line, String path, String message) {
    this(file, line, path, message, Severity.ERROR);
  }

  public boolean isError() {
    return severity == Severity.ERROR;
  }

  @Override
  public String toString() {
    String where = line == 0 ? file : file + ":" + line;
    return path.isEmpty() ? where + ": " + message : where + ": " + path + ": " + message;
  }
}
