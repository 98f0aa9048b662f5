// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * How connections are encrypted.
 *
 * @param keys what the server proves itself with
 * @param alias of the certificate among them; null for whichever suits
 * @param trusted who may sign clients' certificates; null for whom the keys' store has
 * @param clientCertificates whether clients must prove themselves, too
 * @param protocols those allowed, such as {@code TLSv1.3}; none for the usual ones
 * @param ciphers the suites allowed; none for the usual ones
 */
public record Tls(
    Store keys,
    @Nullable String alias,
    @Nullable Store trusted,
    boolean clientCertificates,
    List<String> protocols,
    List<String> ciphers) {
  public Tls {
    protocols = List.copyOf(protocols);
    ciphers = List.copyOf(ciphers);
  }

  /**
   * A file of keys or certificates.
   *
   * @param type such as {@code PKCS12} or {@code JKS}; null for the JVM's usual one
   * @param password null for none
   * @param modified when it was written, so that a renewed one is another; null if that isn't known
   */
  public record Store(
      Path file, @Nullable String type, @Nullable String password, @Nullable FileTime modified) {
    /** One as it is now. */
    public Store(Path file, @Nullable String type, @Nullable String password) {
      this(file, type, password, modified(file));
    }

    private static @Nullable FileTime modified(Path file) {
      try {
        return Files.getLastModifiedTime(file);
      } catch (IOException e) {
        return null;
      }
    }

    private KeyStore load() throws IOException {
      try (InputStream in = Files.newInputStream(file)) {
        KeyStore store = KeyStore.getInstance(type == null ? KeyStore.getDefaultType() : type);
        try {
          store.load(in, password == null ? null : password.toCharArray());
        } catch (IOException e) {
          throw new IOException(file + ": " + e.getMessage(), e);
        }
        return store;
      } catch (NoSuchFileException e) {
        throw new IOException(file + ": no such file", e);
      } catch (GeneralSecurityException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }

    /** Its file's name alone: a password is in no message. */
    @Override
    public String toString() {
      return file.toString();
    }
  }

  /**
   * Makes all that connections need, and drops it again.
   *
   * @throws IOException says why it can't be used
   */
  public void check() throws IOException {
    SslContextFactory.Server factory = open();
    try {
      JettySetup.take(
          () -> {
            factory.start();
            try {
              checkEnabled(factory.newSSLEngine());
            } finally {
              factory.stop();
            }
            return factory;
          });
    } catch (Exception e) {
      throw new IOException(keys.file + ": " + e.getMessage(), e);
    }
  }

  /** Of names that this JVM doesn't know Jetty leaves out all, and no handshake would succeed. */
  private void checkEnabled(SSLEngine engine) throws IOException {
    if (engine.getEnabledProtocols().length == 0) {
      throw new IOException("none of the protocols is known to this JVM: " + protocols);
    }
    if (engine.getEnabledCipherSuites().length == 0) {
      throw new IOException("none of the ciphers is known to this JVM: " + ciphers);
    }
  }

  private static boolean hasKey(KeyStore store) throws GeneralSecurityException {
    for (String name : Collections.list(store.aliases())) {
      if (store.isKeyEntry(name)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads the files.
   *
   * @throws IOException names the file that can't be used
   */
  SslContextFactory.Server open() throws IOException {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    KeyStore own = keys.load();
    factory.setKeyStore(own);
    if (keys.password != null) {
      factory.setKeyStorePassword(keys.password);
    }
    try {
      if (!hasKey(own)) {
        throw new IOException(keys.file + ": has no key, only certificates");
      }
      if (alias != null && !own.isKeyEntry(alias)) {
        throw new IOException(keys.file + ": has no key \"" + alias + "\"");
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(keys.file + ": " + e.getMessage(), e);
    }
    factory.setCertAlias(alias);
    factory.setTrustStore(trusted == null ? own : trusted.load());
    factory.setNeedClientAuth(clientCertificates);
    if (!protocols.isEmpty()) {
      factory.setExcludeProtocols();
      factory.setIncludeProtocols(protocols.toArray(String[]::new));
    }
    if (!ciphers.isEmpty()) {
      factory.setExcludeCipherSuites();
      factory.setIncludeCipherSuites(ciphers.toArray(String[]::new));
    }
    return factory;
  }
}
