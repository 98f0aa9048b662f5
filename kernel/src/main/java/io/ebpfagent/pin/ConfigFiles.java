// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Metric;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.PinnedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Pins the files of configs. */
final class ConfigFiles implements AutoCloseable {
  private final Access access;
  private final Log log;
  private final RowFiles rowFiles;

  ConfigFiles(Access access, Log log) {
    this.access = access;
    this.log = log;
    this.rowFiles = new RowFiles(log);
  }

  /** Pins what can be read of a config, in a folder that must not exist yet. */
  void pin(AttachedConfig attached, Path folder) throws BpfException, IOException {
    Config config = attached.config().readable();
    makeFolder(folder);
    Path rows = makeFolder(folder.resolve(PinnedFolder.ROWS));
    StringBuilder shapes = new StringBuilder();
    for (Metric metric : config.metrics()) {
      Path path = rows.resolve(metric.name());
      try {
        rowFiles.pin(attached.map(metric.name()), path);
      } catch (BpfException e) {
        // The kernel has no iterator over maps of that type, for example tries.
        if (e.errno() != Errno.EINVAL) {
          throw e;
        }
        log.warning(config.name() + ": " + path.getFileName() + " is left out: " + e.getMessage());
        continue;
      }
      access.letRead(path);
      shapes.append(attached.rows(metric.name()).shape().line()).append('\n');
    }
    pinText(shapes.toString(), folder.resolve(PinnedFolder.SHAPES));
    pinText(config.text(), folder.resolve(PinnedFolder.YAML));
  }

  void pinText(String text, Path path) throws BpfException, IOException {
    TextFile.pin(text, path, log);
    access.letRead(path);
  }

  private Path makeFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
    access.letIntoFolder(folder);
    return folder;
  }

  @Override
  public void close() {
    rowFiles.close();
  }
}
