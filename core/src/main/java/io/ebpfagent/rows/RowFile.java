// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The rows of a map in a file, in the given shape.
 *
 * @param folder contains the file, and may be replaced at any time
 */
record RowFile(PinnedRows folder, Path file, RowShape shape) implements RowSource {
  @Override
  public RowCursor open() throws RowReadException {
    FileChannel channel = null;
    boolean opened = false;
    try {
      channel = PinnedFile.open(file);
      // Checked after the file was opened: folders are replaced as a whole, so this can't be a
      // later file.
      if (!folder.isCurrent()) {
        throw new RowReadException("read " + file + ": it was pinned anew");
      }
      RowCursor cursor = new RowFileCursor(channel, file, shape);
      opened = true;
      return cursor;
    } catch (IOException e) {
      throw new RowReadException("read " + file + ": " + PinnedFile.reason(e), e);
    } finally {
      if (!opened && channel != null) {
        RowFileCursor.close(channel);
      }
    }
  }
}
