// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

/**
 * One thing wrong with a config, printed as {@code timers.yaml:12: metrics.counters[2].name: must
 * not be empty}.
 *
 * @param file the file's name
 * @param line the line in the file, from 1; 0 when it is not about a line
 * @param path the key's path in the file, {@code metrics.counters[2].name}, list items from 0;
 *     empty for the whole file
 * @param message what is wrong, and the nearest valid name where there is one
 */
public record Problem(String file, int line, String path, String message) {
  @Override
  public String toString() {
    String where = line == 0 ? file : file + ":" + line;
    return path.isEmpty() ? where + ": " + message : where + ": " + path + ": " + message;
  }
}
