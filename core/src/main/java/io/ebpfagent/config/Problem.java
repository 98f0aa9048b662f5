package io.ebpfagent.config;

/**
 * One thing wrong with a config.
 *
 * @param file the file's name
 * @param path the key's path in the file, {@code metrics.counters[2].name}; empty for the whole
 *     file
 * @param message what is wrong, and the nearest valid name where there is one
 */
public record Problem(String file, String path, String message) {
  @Override
  public String toString() {
    return path.isEmpty() ? file + ": " + message : file + ": " + path + ": " + message;
  }
}
