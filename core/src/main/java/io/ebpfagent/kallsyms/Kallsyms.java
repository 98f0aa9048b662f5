// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's symbols. They are read from /proc/kallsyms on first use, and again when an address
 * is missing or /proc/modules beside it has changed, because a module or a BPF program may have
 * been loaded. Thread-safe; while one thread reads, the others use the last reading.
 *
 * <p>No look-up throws: without a readable table there are no symbols, and {@link #problem} says
 * why.
 */
public final class Kallsyms implements AutoCloseable {
  public static final Path PATH = Path.of("/proc/kallsyms");

  /**
   * How long after a reading that did not find the symbol the next miss may read again, in
   * nanoseconds. A reading takes some 100 ms of CPU time, and the same address without a symbol is
   * looked up again and again.
   */
  private static final long PAUSE_AFTER_USELESS_READ = TimeUnit.SECONDS.toNanos(10);

  /**
   * The same after a reading that found the symbol: more addresses of a new module are likely to
   * follow.
   */
  private static final long PAUSE_AFTER_USEFUL_READ = TimeUnit.SECONDS.toNanos(1);

  /**
   * How old the list of modules may be, in nanoseconds; reading it takes a fraction of a
   * millisecond.
   */
  private static final long PAUSE_BETWEEN_MODULES = TimeUnit.SECONDS.toNanos(1);

  /** How long the first look-ups wait for the thread that reads, in nanoseconds. */
  private static final long FIRST_READ_MAY_TAKE = TimeUnit.SECONDS.toNanos(1);

  /** Enough lines to see whether addresses are hidden: some symbols really are at address 0. */
  private static final int HEAD_BYTES = 1 << 12;

  private final Path path;
  private final Path modulesPath;
  private final LongSupplier nanoTime;
  private final ReentrantLock reading = new ReentrantLock();

  // RandomAccessFile instead of channels: an interrupt of the reading thread would close a channel,
  // and after capabilities are dropped it could not be opened again.
  private @Nullable RandomAccessFile kept;
  private @Nullable RandomAccessFile keptModules;

  private volatile @Nullable Reading last;
  private volatile @Nullable String problem;
  private volatile long nextRead;
  private volatile long nextModules;

  /** The result of one reading. */
  private record Reading(SymbolTable symbols, List<LoadedModule> modules) {}

  /** A look-up in a reading; returns null when there is no answer. */
  @FunctionalInterface
  private interface Question<T> {
    @Nullable T ask(Reading reading);
  }

  /**
   * @param path the file with the symbols; the file {@code modules} beside it lists the modules
   */
  public Kallsyms(Path path) {
    this(path, System::nanoTime);
  }

  /**
   * @param nanoTime the clock, in nanoseconds
   */
  public Kallsyms(Path path, LongSupplier nanoTime) {
    this.path = path;
    this.modulesPath = path.resolveSibling("modules");
    this.nanoTime = nanoTime;
  }

  /**
   * Opens the files now and keeps them open. The kernel shows addresses to whoever had CAP_SYSLOG
   * when opening, so later readings see them even if that capability is dropped.
   *
   * @throws IOException when a file can't be opened
   */
  public void keepOpen() throws IOException {
    reading.lock();
    try {
      if (kept == null) {
        kept = new RandomAccessFile(path.toFile(), "r");
        keptModules =
            modulesPath.toFile().exists()
                ? new RandomAccessFile(modulesPath.toFile(), "r")
                : null; // a kernel without modules
      }
    } finally {
      reading.unlock();
    }
  }

  /**
   * Returns the symbol that starts at an address; null when there is none. A module's symbol is its
   * {@code name}, a tab and {@code [module]}; the kernel's own is only the {@code name}.
   */
  public @Nullable String exact(long address) {
    return answer(reading -> reading.symbols().exact(address));
  }

  /**
   * Returns the nearest symbol at or before an address, of the kernel or module whose code contains
   * the address; null when no known code does.
   */
  public @Nullable String nearest(long address) {
    return answer(reading -> reading.symbols().nearest(address, reading.modules()));
  }

  /** Returns the address of a symbol, which is given without its module. */
  public OptionalLong address(String name) {
    Long address = answer(reading -> reading.symbols().address(name));
    return address == null ? OptionalLong.empty() : OptionalLong.of(address);
  }

  /**
   * Whether the kernel hides the addresses from this process; reads only the beginning of the file.
   */
  public boolean isRestricted() {
    Reading known = last;
    if (known != null) {
      return known.symbols().restricted();
    }
    reading.lock();
    try {
      byte[] buffer = new byte[HEAD_BYTES];
      SymbolLines head = new SymbolLines();
      int count = withFile(path, kept, file -> file.read(buffer));
      head.take(buffer, Math.max(count, 0));
      return head.size() > 0 && head.hidden();
    } catch (IOException e) {
      return false;
    } finally {
      reading.unlock();
    }
  }

  /** Reads the symbols unless they were read already, so that later look-ups need not wait. */
  public void prepare() {
    current();
  }

  /** Returns in one line why there are no symbols; empty when there are. */
  public Optional<String> problem() {
    if (current().symbols().restricted()) {
      return Optional.of(
          path + ": addresses are hidden (needs CAP_SYSLOG, or sysctl kernel.kptr_restrict=0)");
    }
    return Optional.ofNullable(problem);
  }

  private <T> @Nullable T answer(Question<T> question) {
    Reading known = current();
    T answer = question.ask(known);
    if (answer != null || isBefore(nextRead) || !reading.tryLock()) {
      return answer;
    }
    try {
      Reading newer = last;
      if (newer == null || newer.equals(known)) {
        newer = read(modules());
      }
      answer = question.ask(newer);
      nextRead = after(answer != null ? PAUSE_AFTER_USEFUL_READ : PAUSE_AFTER_USELESS_READ);
      return answer;
    } finally {
      reading.unlock();
    }
  }

  /** Returns the last reading, or a new one if modules came or went since. */
  private Reading current() {
    Reading known = last;
    if (known == null) {
      return first();
    }
    if (isBefore(nextModules) || !reading.tryLock()) {
      return known;
    }
    try {
      Reading newest = last;
      List<LoadedModule> modules = modules();
      nextModules = after(PAUSE_BETWEEN_MODULES);
      return newest != null && modules.equals(newest.modules()) ? newest : read(modules);
    } finally {
      reading.unlock();
    }
  }

  private Reading first() {
    Reading none = new Reading(SymbolTable.EMPTY, List.of());
    try {
      if (!reading.tryLock(FIRST_READ_MAY_TAKE, TimeUnit.NANOSECONDS)) {
        return none;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return none;
    }
    try {
      Reading known = last;
      return known != null ? known : read(modules());
    } finally {
      reading.unlock();
    }
  }

  /** Reads the symbols; called with the lock {@link #reading}. */
  private Reading read(List<LoadedModule> modules) {
    Reading before = last;
    SymbolTable symbols = before == null ? SymbolTable.EMPTY : before.symbols();
    try {
      symbols = withFile(path, kept, file -> SymbolTable.read(file::read));
      problem = symbols.isEmpty() ? path + ": no symbols" : null;
    } catch (IOException e) {
      problem = path + ": can't be read: " + e.getMessage();
    }
    Reading read = new Reading(symbols, modules);
    last = read;
    nextRead = after(PAUSE_AFTER_USEFUL_READ);
    nextModules = after(PAUSE_BETWEEN_MODULES);
    return read;
  }

  private List<LoadedModule> modules() {
    try {
      return withFile(
          modulesPath,
          keptModules,
          file -> {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 13];
            for (int count = file.read(buffer); count > 0; count = file.read(buffer)) {
              text.write(buffer, 0, count);
            }
            return LoadedModule.parse(text.toByteArray());
          });
    } catch (IOException e) {
      return List.of(); // a kernel without modules
    }
  }

  @FunctionalInterface
  private interface Use<T> {
    T of(RandomAccessFile file) throws IOException;
  }

  private static <T> T withFile(Path path, @Nullable RandomAccessFile open, Use<T> use)
      throws IOException {
    if (open != null) {
      open.seek(0);
      return use.of(open);
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      return use.of(file);
    }
  }

  /** Whether a thread is reading. */
  boolean isReading() {
    return reading.isLocked();
  }

  private boolean isBefore(long time) {
    return nanoTime.getAsLong() - time < 0;
  }

  private long after(long pause) {
    return nanoTime.getAsLong() + pause;
  }

  /** Closes the files that were kept open; symbols that were read remain. */
  @Override
  public void close() throws IOException {
    reading.lock();
    try {
      if (kept != null) {
        kept.close();
        kept = null;
      }
      if (keptModules != null) {
        keptModules.close();
        keptModules = null;
      }
    } finally {
      reading.unlock();
    }
  }
}
