// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

/** Names of configs as names of folders: a BPF file system takes none with a dot. */
final class ConfigFolder {
  private ConfigFolder() {}

  static String of(String config) {
    return config.replace("%", "%25").replace(".", "%2E").replace("/", "%2F");
  }

  static String config(String folder) {
    return folder.replace("%2F", "/").replace("%2E", ".").replace("%25", "%");
  }
}
