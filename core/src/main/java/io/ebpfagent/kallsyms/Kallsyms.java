// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's symbols, read from /proc/kallsyms when first asked for, and again when an address is
 * missing: a module or a BPF program may have been loaded since. Used by many threads at once.
 *
 * <p>No look-up throws: without a readable table there are no symbols, and {@link #problem} says
 * why.
 */
public final class Kallsyms implements AutoCloseable {
  public static final Path PATH = Path.of("/proc/kallsyms");

  /**
   * How long after a reading that did not help the next miss may read again. Reading takes some 100
   * ms of CPU, and an address that has no symbol is asked for over and over.
   */
  private static final long PAUSE_AFTER_USELESS_READ = TimeUnit.SECONDS.toNanos(10);

  /** The same after a reading that did help: more of a new module's addresses are to come. */
  private static final long PAUSE_AFTER_USEFUL_READ = TimeUnit.SECONDS.toNanos(1);

  private final Path path;
  private final LongSupplier nanoTime;

  // A RandomAccessFile and not a channel: an interrupt of the reading thread would close that, and
  // after a drop of capabilities there is no opening it again.
  private @Nullable RandomAccessFile kept;
  private volatile @Nullable SymbolTable table;
  private volatile @Nullable String problem;
  private volatile long nextRead;
  private volatile boolean missedBefore;

  public Kallsyms(Path path) {
    this(path, System::nanoTime);
  }

  Kallsyms(Path path, LongSupplier nanoTime) {
    this.path = path;
    this.nanoTime = nanoTime;
  }

  /**
   * Opens the file now and keeps it open. The kernel shows addresses to whoever had CAP_SYSLOG when
   * opening, so readings after a drop of that capability still see them.
   */
  public synchronized void keepOpen() throws IOException {
    if (kept == null) {
      kept = new RandomAccessFile(path.toFile(), "r");
    }
  }

  /**
   * The symbol that starts at an address, {@code name} or {@code name [module]}; null when there is
   * none.
   */
  public @Nullable String exact(long address) {
    SymbolTable known = table();
    String symbol = known.exact(address);
    if (symbol == null && mayReadAgain()) {
      symbol = readAgain(known).exact(address);
      readingWas(symbol != null);
    }
    return symbol;
  }

  /** The nearest symbol at or before an address; null when there is none. */
  public @Nullable String nearest(long address) {
    SymbolTable known = table();
    String symbol = known.nearest(address);
    if (symbol == null && mayReadAgain()) {
      symbol = readAgain(known).nearest(address);
      readingWas(symbol != null);
    }
    return symbol;
  }

  /** The address of a symbol, given without its module. */
  public OptionalLong address(String name) {
    SymbolTable known = table();
    OptionalLong address = known.address(name);
    if (address.isEmpty() && mayReadAgain()) {
      address = readAgain(known).address(name);
      readingWas(address.isPresent());
    }
    return address;
  }

  /** Whether the kernel hides the addresses from this process. */
  public boolean isRestricted() {
    return table().restricted();
  }

  /** Why there are no symbols, in one line; empty when there are. */
  public Optional<String> problem() {
    SymbolTable known = table();
    if (known.restricted()) {
      return Optional.of(
          path + ": addresses are hidden (needs CAP_SYSLOG, or sysctl kernel.kptr_restrict=0)");
    }
    return Optional.ofNullable(problem);
  }

  private SymbolTable table() {
    SymbolTable known = table;
    return known != null ? known : readAgain(null);
  }

  private boolean mayReadAgain() {
    return !missedBefore || nanoTime.getAsLong() - nextRead >= 0;
  }

  private void readingWas(boolean useful) {
    nextRead = nanoTime.getAsLong() + (useful ? PAUSE_AFTER_USEFUL_READ : PAUSE_AFTER_USELESS_READ);
    missedBefore = true;
  }

  /** Reads the file, unless another thread has just replaced the table the caller has seen. */
  private synchronized SymbolTable readAgain(@Nullable SymbolTable seen) {
    SymbolTable known = table;
    if (known != null && known != seen) {
      return known;
    }
    SymbolTable read = known != null ? known : SymbolTable.EMPTY;
    try {
      read = read();
      problem = read.size() == 0 ? path + ": no symbols" : null;
    } catch (IOException e) {
      problem = path + ": can't be read: " + e.getMessage();
    }
    table = read;
    return read;
  }

  private SymbolTable read() throws IOException {
    RandomAccessFile open = kept;
    if (open != null) {
      open.seek(0);
      return SymbolTable.read(open::read);
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
      return SymbolTable.read(file::read);
    }
  }

  /** Closes the file where it was kept open; what was read stays. */
  @Override
  public synchronized void close() throws IOException {
    if (kept != null) {
      kept.close();
      kept = null;
    }
  }
}
