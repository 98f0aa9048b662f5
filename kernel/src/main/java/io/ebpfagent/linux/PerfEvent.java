// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;

/**
 * The perf event of a section {@code perf_event/type=T,config=C,frequency=F}, or {@code
 * …,period=P}.
 *
 * @param type enum perf_type_id of perf_event.h, or the number of a PMU in sysfs
 * @param config which of the type's events
 * @param frequency how often the program runs on each CPU, per second; 0 for never
 * @param period the program runs at every so manieth event, if that is not 0
 */
public record PerfEvent(int type, long config, long frequency, long period) {
  public static final String PREFIX = "perf_event/";
  private static final Path PMUS = Path.of("/sys/bus/event_source/devices");
  private static final int PERF_TYPE_HARDWARE = 0;
  private static final int PERF_TYPE_HW_CACHE = 3;
  private static final int PERF_TYPE_RAW = 4;

  // struct perf_event_attr of perf_event.h, as its first version had it:
  //  0 u32 type | 4 u32 size | 8 u64 config | 16 u64 sample_period or sample_freq
  // 24 u64 sample_type | 32 u64 read_format | 40 u64 flags | 48 u32 wakeup_events | 56 u64 config1
  static final int ATTR_SAMPLE_TYPE = 24;
  static final int ATTR_READ_FORMAT = 32;
  static final int ATTR_WAKEUP_EVENTS = 48;
  private static final int ATTR_FLAGS = 40;
  private static final int ATTR_BYTES = 64;
  private static final long FLAG_FREQ = 1 << 10;
  private static final int ALL_PROCESSES = -1;
  private static final int NO_GROUP = -1;
  private static final int PERF_FLAG_FD_CLOEXEC = 8;
  // asm/unistd.h, asm-generic/unistd.h
  private static final int PERF_EVENT_OPEN = 298;
  private static final int PERF_EVENT_OPEN_ARM64 = 241;

  /**
   * Parses a section's name.
   *
   * @throws IllegalArgumentException when it is malformed; the message says why
   */
  public static PerfEvent parse(String section) {
    Long type = null;
    Long config = null;
    long frequency = 0;
    long period = 0;
    for (String item : section.substring(PREFIX.length()).split(",", -1)) {
      int equals = item.indexOf('=');
      String key = item.substring(0, Math.max(equals, 0));
      switch (key) {
        case "type" -> type = number(item, equals);
        case "config" -> config = number(item, equals);
        case "frequency" -> frequency = number(item, equals);
        case "period" -> period = number(item, equals);
        default -> throw malformed("not " + (item.isEmpty() ? "nothing" : item));
      }
    }
    if (type == null || config == null || type != type.intValue()) {
      throw malformed(type == null ? "type is missing" : "config is missing");
    }
    if (frequency != 0 && period != 0) {
      throw malformed("not frequency and period at once");
    }
    return new PerfEvent(type.intValue(), config, frequency, period);
  }

  private static long number(String item, int equals) {
    String text = item.substring(equals + 1);
    try {
      // Codes of raw events are usually written in hex.
      return text.startsWith("0x")
          ? Long.parseUnsignedLong(text.substring(2), 16)
          : Long.parseUnsignedLong(text);
    } catch (NumberFormatException e) {
      throw malformed(item + " is no number");
    }
  }

  private static IllegalArgumentException malformed(String what) {
    return new IllegalArgumentException(
        "the section takes perf_event/type=T,config=C and frequency=F or period=P; " + what);
  }

  // long syscall(long number, ...): int perf_event_open(struct perf_event_attr *attr, pid_t pid,
  // int
  // cpu, int group_fd, unsigned long flags)
  private static final NativeFunction SYSCALL = NativeFunction.libc("syscall");

  /**
   * Opens the event on one CPU.
   *
   * @return the file descriptor, or a negated errno
   */
  public int open(int cpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = attr(arena, type, config, period == 0 ? frequency : period);
      attr.set(ValueLayout.JAVA_LONG, ATTR_FLAGS, frequency == 0 ? 0 : FLAG_FREQ);
      return open(attr, cpu);
    }
  }

  /** Opens an event of all processes on one CPU. */
  static int open(MemorySegment attr, int cpu) {
    int number = Descriptors.isArm64() ? PERF_EVENT_OPEN_ARM64 : PERF_EVENT_OPEN;
    return (int)
        SYSCALL.longOrErrno(
            number,
            NativeFunction.address(attr),
            ALL_PROCESSES,
            cpu,
            NO_GROUP,
            PERF_FLAG_FD_CLOEXEC);
  }

  /** Allocates a {@code struct perf_event_attr} and sets its first fields. */
  static MemorySegment attr(Arena arena, int type, long config, long periodOrFrequency) {
    MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
    attr.set(ValueLayout.JAVA_INT, 0, type);
    attr.set(ValueLayout.JAVA_INT, 4, ATTR_BYTES);
    attr.set(ValueLayout.JAVA_LONG, 8, config);
    attr.set(ValueLayout.JAVA_LONG, 16, periodOrFrequency);
    return attr;
  }

  /** Returns what to do about an event that could not be opened. */
  public String hint(int errno) {
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES -> Privileges.hint("CAP_PERFMON");
      case Errno.ENOENT, Errno.EOPNOTSUPP, Errno.ENODEV -> noPmu();
      case Errno.EINVAL ->
          "the kernel knows no such event, or takes fewer samples a second than"
              + " frequency=%s: sysctl kernel.perf_event_max_sample_rate".formatted(frequency);
      default -> "";
    };
  }

  private String noPmu() {
    TreeMap<String, Integer> pmus = new TreeMap<>();
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(PMUS)) {
      for (Path device : devices) {
        pmus.put(
            device.getFileName().toString(),
            Integer.valueOf(Files.readString(device.resolve("type")).strip()));
      }
    } catch (IOException | NumberFormatException e) {
      // This is only a hint: without sysfs it just names the type.
    }
    String there = pmus.isEmpty() ? "" : "; this machine has " + String.join(", ", pmus.keySet());
    if (type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE || type == PERF_TYPE_RAW) {
      return "type=%s are the processor's counters, PMU cpu, which virtual machines often lack%s"
          .formatted(type, there);
    }
    String pmu =
        pmus.entrySet().stream()
            .filter(entry -> entry.getValue() == type)
            .map(entry -> "PMU " + entry.getKey() + " has no event config=" + config)
            .findFirst()
            .orElse("no PMU has type=" + type);
    return pmu + there;
  }
}
