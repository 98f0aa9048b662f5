package io.ebpfagent.standalone;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
      paramLabel = "NAME[,NAME…]",
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
      description = "End with an error unless every config loads and every program attaches.")
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
      paramLabel = "[HOST]:PORT",
      defaultValue = ":9435",
      description = "Address to serve on (default: ${DEFAULT-VALUE}).")
  String listenAddress = ":9435";

  @Option(
      names = "--web.telemetry-path",
      paramLabel = "PATH",
      defaultValue = "/metrics",
      description = "Path of the metrics (default: ${DEFAULT-VALUE}).")
  String telemetryPath = "/metrics";

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
}
