// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads the agent's resources from the jar that is open. The JDK's own handler opens the path once
 * more, where an upgrade may have put another jar, or half of one. The class loader, which the host
 * sees, makes it by its name.
 */
public final class OpenJarHandler extends URLStreamHandler {
  private final ZipFile jar;

  /**
   * A handler of URLs {@code jar:FILE!/ENTRY}.
   *
   * @param jar the file, open; it stays so
   */
  public OpenJarHandler(ZipFile jar) {
    this.jar = jar;
  }

  @Override
  protected URLConnection openConnection(URL url) {
    return new URLConnection(url) {
      @Override
      public void connect() {}

      @Override
      public InputStream getInputStream() throws IOException {
        String path = url.getPath();
        String name = path.substring(path.lastIndexOf("!/") + 2);
        ZipEntry entry = jar.getEntry(name);
        if (entry == null) {
          throw new FileNotFoundException(name + " in " + jar.getName());
        }
        return jar.getInputStream(entry);
      }
    };
  }
}
