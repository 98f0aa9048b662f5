// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.entry;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads the agent's resources from the jar that is open. The JDK's own handler opens the path once
 * more, where an upgrade may have put another jar, or half of one.
 */
final class OpenJarHandler extends URLStreamHandler {
  private final ZipFile jar;

  private OpenJarHandler(ZipFile jar) {
    this.jar = jar;
  }

  /**
   * @param location {@code jar:FILE!/ENTRY}
   */
  static URL url(ZipFile jar, String location) throws MalformedURLException {
    return new URL(null, location, new OpenJarHandler(jar));
  }

  @Override
  protected URLConnection openConnection(URL url) {
    return new URLConnection(url) {
      @Override
      public void connect() {}

      @Override
      public InputStream getInputStream() throws IOException {
        String name = url.getPath().substring(url.getPath().indexOf("!/") + 2);
        ZipEntry entry = jar.getEntry(name);
        if (entry == null) {
          throw new FileNotFoundException(name + " in " + jar.getName());
        }
        return jar.getInputStream(entry);
      }
    };
  }
}
