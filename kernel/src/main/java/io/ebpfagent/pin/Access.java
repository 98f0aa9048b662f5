// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * Who may read what is pinned, besides its owner. Nobody but the owner may write.
 *
 * @param group null for everyone
 */
record Access(@Nullable GroupPrincipal group) {
  /**
   * @param name null for everyone
   * @throws IOException when there is no such group
   */
  static Access of(Path dir, @Nullable String name) throws IOException {
    if (name == null) {
      return new Access(null);
    }
    try {
      return new Access(
          dir.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name));
    } catch (UserPrincipalNotFoundException e) {
      throw new IOException("there is no group " + name, e);
    }
  }

  boolean everyone() {
    return group == null;
  }

  void letIntoFolder(Path folder) throws IOException {
    let(folder, group == null ? "rwxr-xr-x" : "rwxr-x---");
  }

  void letRead(Path file) throws IOException {
    let(file, group == null ? "r--r--r--" : "r--r-----");
  }

  private void let(Path path, String permissions) throws IOException {
    if (group != null) {
      Files.setAttribute(path, "posix:group", group);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Override
  public String toString() {
    return group == null ? "everyone" : "the group " + group.getName();
  }
}
