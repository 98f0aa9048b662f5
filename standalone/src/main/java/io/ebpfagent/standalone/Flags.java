package io.ebpfagent.standalone;

import io.ebpfagent.config.Suggestion;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.INegatableOptionTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The command line, with the names that users of the Go exporter have in their unit files. */
@Command(
    name = "ebpf-exporter",
    description = "Prometheus exporter of custom Linux kernel metrics, measured by eBPF programs.",
    usageHelpAutoWidth = true,
    separator = "=",
    sortOptions = false,
    abbreviateSynopsis = true,
    versionProvider = Version.class)
final class Flags {
  @Option(
      names = "--config.dir",
      paramLabel = "DIR",
      description = "Folder with NAME.yaml and NAME.bpf.o. Absent: the bundled examples.")
  @Nullable Path configDir;

  @Option(
      names = "--config.names",
      paramLabel = "NAME",
      split = ",",
      description =
          "Configs to load. Absent: all of --config.dir, or of the bundled ones a set that attaches"
              + " on any kernel with BTF.")
  String @Nullable [] configNames;

  @Option(
      names = "--config.check",
      negatable = true,
      description = "Load, attach, report and exit.")
  boolean configCheck;

  @Option(
      names = "--config.strict",
      negatable = true,
      description =
          "End with an error unless every config loads without a warning and every program"
              + " attaches.")
  boolean configStrict;

  @Option(
      names = "--config.skip-cache-size",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "How many map keys that a decoder decided to skip are remembered, by metric (default:"
              + " ${DEFAULT-VALUE}, none).")
  int skipCacheSize;

  @Option(
      names = "--debug",
      negatable = true,
      description = "Log libbpf's debug messages, and serve the raw maps at /maps.")
  boolean debug;

  @Option(names = "--log.no-timestamps", negatable = true, description = "Log without timestamps.")
  boolean noTimestamps;

  @Option(
      names = "--web.listen-address",
      paramLabel = "[HOST]:PORT|fd://N",
      defaultValue = ":9435",
      description =
          "Address to serve on (default: ${DEFAULT-VALUE}). fd://0 is the socket that systemd"
              + " passes.")
  String listenAddress = ":9435";

  @Option(
      names = "--web.telemetry-path",
      paramLabel = "PATH",
      defaultValue = "/metrics",
      description = "Path of the metrics (default: ${DEFAULT-VALUE}).")
  String telemetryPath = "/metrics";

  @Option(
      names = "--capabilities.keep",
      paramLabel = "all|none|CAP[,CAP…]",
      defaultValue = "all",
      description =
          "Capabilities to keep once everything is attached, such as cap_bpf,cap_perfmon; every"
              + " thread gives up the others (default: ${DEFAULT-VALUE}).")
  String keepCapabilities = "all";

  @Option(
      names = "--pin",
      paramLabel = "DIR",
      description =
          "Folder of a BPF file system, such as /sys/fs/bpf/ebpf-exporter, where other processes"
              + " find the maps of the metrics, to read them without capabilities.")
  @Nullable Path pin;

  @Option(
      names = "--pin.group",
      paramLabel = "GROUP",
      description = "Group whose members may read what is pinned. Absent: everyone.")
  @Nullable String pinGroup;

  @Option(
      names = "--btf.path",
      paramLabel = "FILE",
      description = "BTF of the running kernel, where /sys/kernel/btf/vmlinux is missing.")
  @Nullable Path btfPath;

  @Option(names = "--version", versionHelp = true, description = "Print the version and exit.")
  boolean version;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this help and exit.")
  boolean help;

  /** A parser that fills these flags. */
  static CommandLine commandLine(Flags flags) {
    return new CommandLine(flags).setNegatableOptionTransformer(new NoPrefix());
  }

  /** What to do about a command line that was refused. */
  static String advice(CommandLine.ParameterException e) {
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      String written = unmatched.getUnmatched().getFirst().replaceFirst("=.*", "");
      Set<String> known = e.getCommandLine().getCommandSpec().optionsMap().keySet();
      String nearest = Suggestion.nearest(written, known);
      if (nearest != null) {
        return "did you mean " + nearest + "? ebpf-exporter --help lists the flags";
      }
    }
    return "ebpf-exporter --help lists the flags";
  }

  /**
   * Checks what the types of the flags don't.
   *
   * @throws IllegalArgumentException says which flag's value is wrong, and how
   */
  void check() {
    if (skipCacheSize < 0) {
      throw new IllegalArgumentException(
          "--config.skip-cache-size=" + skipCacheSize + ": must not be negative");
    }
    if (pinGroup != null && pin == null) {
      throw new IllegalArgumentException(
          "--pin.group=" + pinGroup + ": is for --pin, which is missing");
    }
    String path = "--web.telemetry-path=" + telemetryPath;
    if (!telemetryPath.matches("/[^?#\\s]*")) {
      throw new IllegalArgumentException(path + ": must be a path such as /metrics");
    }
    if (debug && telemetryPath.equals("/maps")) {
      throw new IllegalArgumentException(path + ": with --debug the raw maps are there");
    }
  }

  /** picocli's own shows {@code --[no-]} only before names without a dot. */
  private static final class NoPrefix implements INegatableOptionTransformer {
    @Override
    public String makeNegative(String name, CommandSpec command) {
      return name.startsWith("--") ? "--no-" + name.substring(2) : name;
    }

    @Override
    public String makeSynopsis(String name, CommandSpec command) {
      return name.startsWith("--") ? "--[no-]" + name.substring(2) : name;
    }
  }
}
