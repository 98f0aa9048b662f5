// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * Identity of a file: another file of the same name has another stamp.
 *
 * @param key the file system's key: device and inode
 * @param made when the file was pinned
 */
record FileStamp(@Nullable Object key, FileTime made) {
  static FileStamp of(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new FileStamp(attributes.fileKey(), attributes.lastModifiedTime());
  }
}
