// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.entry;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLStreamHandler;
import java.util.Collections;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM calls, and all that the host sees of the agent: it starts one thread and returns.
 * The thread runs the agent, whose classes this one loads from where no other loader looks, {@code
 * inst/NAME.classdata} in the jar. It is of Java 8, so that an older JVM can say that it is too
 * old.
 */
public final class EbpfAgent extends ClassLoader implements Runnable {
  private static final String AGENT = "io.ebpfagent.agent.Agent";
  private static final String HANDLER = "io.ebpfagent.agent.OpenJarHandler";
  private static final String INSIDE = "inst/";
  private static final int OLDEST = 17;
  private static final long AGAIN_MILLIS = 10_000;

  /** The host may name us twice, and a second agent finds this class, too. */
  private static boolean begun;

  static {
    registerAsParallelCapable();
  }

  private final String arguments;
  private final Thread caller;
  private final boolean early;

  /** Opened by the thread of ours, before anything is loaded: the host's thread is not to wait. */
  private File file;

  private ZipFile jar;

  @SuppressWarnings("NullAway.Init")
  private EbpfAgent(@Nullable String arguments, boolean early, Thread caller) {
    super(platform());
    this.arguments = arguments == null ? "" : arguments;
    this.caller = caller;
    this.early = early;
  }

  /** Called by the JVM before {@code main}. */
  public static void premain(@Nullable String arguments) {
    begin(arguments, true);
  }

  /** Called by a JVM that runs, when somebody attaches the agent. */
  public static void agentmain(@Nullable String arguments) {
    begin(arguments, false);
  }

  private static void begin(@Nullable String arguments, boolean early) {
    try {
      if (isTool()) {
        return;
      }
      String version = System.getProperty("java.specification.version", "unknown");
      if (!isNewEnough(version)) {
        say("Java " + OLDEST + " or later is needed, this is " + version + "; nothing is measured");
        return;
      }
      if (!isFirst()) {
        say(
            "runs in this JVM already; "
                + (arguments == null ? "this load is ignored" : "ignored: " + arguments));
        return;
      }
      EbpfAgent agent = new EbpfAgent(arguments, early, Thread.currentThread());
      Thread thread = new Thread(null, agent, "ebpf-agent");
      thread.setDaemon(true);
      thread.setContextClassLoader(agent);
      thread.start();
    } catch (Throwable e) {
      failed(e, "");
    }
  }

  /** An AtomicBoolean would be the host's first VarHandle, and take a millisecond. */
  private static synchronized boolean isFirst() {
    boolean first = !begun;
    begun = true;
    return first;
  }

  /** JAVA_TOOL_OPTIONS brings agents into the JDK's own programs, and into "java -version". */
  private static boolean isTool() {
    String command = System.getProperty("sun.java.command");
    return command == null
        ? System.getProperty("sun.java.launcher") != null
        : isTool(System.getProperty("jdk.module.main", ""), command);
  }

  /**
   * Whether a program is one of the JDK's.
   *
   * @param module of its main class; empty before Java 9, or when it is in none
   * @param command its main class, as {@code MODULE/CLASS} where it has a module, or its jar's path
   *     as it was given; then its arguments
   */
  static boolean isTool(String module, String command) {
    String main = command.split(" ", 2)[0];
    return module.startsWith("java.")
        || module.startsWith("jdk.")
        || (!main.endsWith(".jar")
            && (main.startsWith("sun.tools.")
                || main.startsWith("sun.security.tools.")
                || main.startsWith("sun.rmi.")
                || main.startsWith("com.sun.tools.")));
  }

  private static boolean isNewEnough(String version) {
    try {
      return Integer.parseInt(version) >= OLDEST;
    } catch (NumberFormatException e) {
      // 1.8, and before.
      return false;
    }
  }

  /** The parent of agents' classes. Java 8 has no name for it, but it is above all others. */
  private static ClassLoader platform() {
    ClassLoader loader = ClassLoader.getSystemClassLoader();
    while (loader.getParent() != null) {
      loader = loader.getParent();
    }
    return loader;
  }

  private static File ownJar() throws IOException {
    String location =
        EbpfAgent.class.getProtectionDomain().getCodeSource().getLocation().toString();
    // So it is where the host's loader has opened the jar for itself, as JBoss Modules does.
    if (location.startsWith("jar:") && location.endsWith("!/")) {
      location = location.substring("jar:".length(), location.length() - "!/".length());
    }
    try {
      return new File(new URI(location));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new IOException("not a jar in a file: " + location, e);
    }
  }

  @Override
  public void run() {
    EbpfAgent next = this;
    while (next != null) {
      next = next.attempt();
    }
  }

  /**
   * Runs for as long as the host does, or returns what is to run next. What could not be loaded
   * without memory a class loader never loads again, but another one does.
   */
  private @Nullable EbpfAgent attempt() {
    try {
      Class.forName("javax.management.MBeanServer");
    } catch (ClassNotFoundException e) {
      say("does not run: this Java runtime lacks the module java.management: jlink --add-modules");
      return null;
    }
    try {
      file = ownJar();
      jar = new ZipFile(file);
      loadClass(AGENT)
          .getMethod("run", String.class, Thread.class, boolean.class)
          .invoke(null, arguments, caller, early);
      return null;
    } catch (Throwable e) {
      boolean again = isOfMemory(e);
      failed(e.getCause() == null ? e : e.getCause(), again ? ", is tried again" : "");
      return again ? afterwards() : null;
    }
  }

  private static boolean isOfMemory(Throwable e) {
    Throwable reason = e;
    while (reason.getCause() != null && !(reason instanceof VirtualMachineError)) {
      reason = reason.getCause();
    }
    return reason instanceof VirtualMachineError;
  }

  private @Nullable EbpfAgent afterwards() {
    while (true) {
      try {
        Thread.sleep(AGAIN_MILLIS);
        EbpfAgent next = new EbpfAgent(arguments, early, caller);
        Thread.currentThread().setContextClassLoader(next);
        if (jar != null) {
          jar.close();
        }
        return next;
      } catch (InterruptedException e) {
        return null;
      } catch (Throwable e) {
        // Still no memory.
      }
    }
  }

  private static void failed(Throwable e, String then) {
    try {
      say("does not run: " + e + then);
    } catch (Throwable again) {
      // Whatever it is, the host must not notice.
    }
  }

  private static void say(String line) {
    System.err.println("ebpf-agent: " + line);
  }

  /** Ours come first: others may have put theirs where every loader finds them. */
  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      ZipEntry entry = jar.getEntry(INSIDE + name.replace('.', '/') + ".classdata");
      if (entry == null) {
        return super.loadClass(name, resolve);
      }
      try (InputStream in = jar.getInputStream(entry)) {
        byte[] bytes = bytes(in, (int) entry.getSize());
        return defineClass(name, bytes, 0, bytes.length, EbpfAgent.class.getProtectionDomain());
      } catch (IOException e) {
        throw new ClassNotFoundException(name + " in " + file, e);
      }
    }
  }

  private static byte[] bytes(InputStream in, int size) throws IOException {
    byte[] bytes = new byte[size];
    for (int read = 0; read < size; ) {
      int count = in.read(bytes, read, size - read);
      if (count < 0) {
        throw new IOException("ends after " + read + " of " + size + " bytes");
      }
      read += count;
    }
    return bytes;
  }

  /**
   * Only what is ours: nothing of the host's is to take part. It is read from the jar that is open,
   * as the classes are: another may lie in its place by then.
   */
  @Override
  public @Nullable URL getResource(String name) {
    if (jar.getEntry(INSIDE + name) == null) {
      return null;
    }
    try {
      Object handler = loadClass(HANDLER).getConstructor(ZipFile.class).newInstance(jar);
      String location = "jar:" + file.toURI() + "!/" + INSIDE + name;
      return new URL(null, location, (URLStreamHandler) handler);
    } catch (ReflectiveOperationException | MalformedURLException e) {
      return null;
    }
  }

  @Override
  public Enumeration<URL> getResources(String name) {
    URL found = getResource(name);
    return found == null
        ? Collections.<URL>emptyEnumeration()
        : Collections.enumeration(Collections.singleton(found));
  }

  /** The loader's name, where Java asks for one. */
  public String getName() {
    return "ebpf-agent";
  }
}
