// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Collects configs from directories, jars and memory, in the order of the calls. No method throws
 * for a bad config: one that can't be read, or that clashes with those before it, is left out and
 * reported as a problem of the set.
 */
public final class ConfigSetBuilder {
  private final List<String> names = new ArrayList<>();
  private final List<Config> configs = new ArrayList<>();
  private final List<Problem> findings = new ArrayList<>();
  private final MetricNames metricNames = new MetricNames();

  ConfigSetBuilder() {}

  /**
   * Loads {@code NAME.yaml} and {@code NAME.bpf.o} from a directory.
   *
   * @param names the files' names without their endings; {@code net/sample} is in a subfolder
   */
  public ConfigSetBuilder fromDirectory(Path dir, List<String> names) {
    return load(new ConfigFiles.Directory(dir), names);
  }

  /** Loads resources {@code examples/NAME.yaml} and {@code examples/NAME.bpf.o}. */
  public ConfigSetBuilder bundled(ClassLoader loader, List<String> names) {
    return load(new ConfigFiles.Bundled(loader), names);
  }

  /**
   * Loads from a directory what is there, and what isn't from the bundled ones.
   *
   * @param dir null for none
   */
  public ConfigSetBuilder fromDirectoryOrBundled(
      @Nullable Path dir, ClassLoader loader, List<String> names) {
    ConfigFiles bundled = new ConfigFiles.Bundled(loader);
    if (dir == null) {
      return load(bundled, names);
    }
    ConfigFiles own = new ConfigFiles.Directory(dir);
    for (String name : names) {
      String yaml = name + ConfigFiles.YAML;
      boolean nameable = isFileName(name) && own.canName(name);
      if (nameable && !own.exists(yaml) && bundled.exists(yaml)) {
        load(bundled, List.of(name));
      } else if (!nameable || own.exists(yaml)) {
        load(own, List.of(name));
      } else if (isNew(name, own.file(yaml).name())) {
        findings.add(new Problem(own.file(yaml).name(), 0, "", whyInNeither(own, bundled, name)));
      }
    }
    return this;
  }

  private static String whyInNeither(ConfigFiles own, ConfigFiles bundled, String name) {
    List<String> existing = new ArrayList<>();
    List<String> has = new ArrayList<>();
    for (ConfigFiles files : List.of(own, bundled)) {
      try {
        List<String> names = files.names();
        existing.addAll(names);
        has.add(whatExists(files, names));
      } catch (IOException e) {
        has.add(files.place() + ": " + ConfigFiles.reason(e));
      }
    }
    return existing.contains(name)
        ? own.whyMissing(name)
        : "no such file, " + hint(name, existing) + String.join("; ", has);
  }

  /** Adds a config that is already loaded, for example by {@link ConfigLoader}. */
  public ConfigSetBuilder add(Config config) {
    if (isNew(config.name(), config.yaml())) {
      findings.addAll(config.warnings());
      addUnlessItClashes(config);
    }
    return this;
  }

  public ConfigSet build() {
    return new ConfigSet(names, configs, findings);
  }

  private boolean isNew(String name, String file) {
    if (names.contains(name)) {
      findings.add(new Problem(file, 0, "", "the name is given twice"));
      return false;
    }
    names.add(name);
    return true;
  }

  private void addUnlessItClashes(Config config) {
    List<Problem> clashes = new ArrayList<>();
    int counters = 0;
    int histograms = 0;
    for (Metric metric : config.metrics()) {
      String path =
          metric instanceof Metric.Counter
              ? "metrics.counters[" + counters++ + "].name"
              : "metrics.histograms[" + histograms++ + "].name";
      Optional<String> clash = metricNames.clash(metric);
      clash.ifPresent(reason -> clashes.add(new Problem(config.yaml(), 0, path, reason)));
    }
    if (clashes.isEmpty()) {
      configs.add(config);
      config.metrics().forEach(metric -> metricNames.take(metric, config.yaml()));
    }
    findings.addAll(clashes);
  }

  private ConfigSetBuilder load(ConfigFiles files, List<String> wanted) {
    List<String> existing;
    try {
      existing = files.names();
    } catch (IOException e) {
      wanted.stream().filter(name -> !names.contains(name)).forEach(names::add);
      findings.add(new Problem(files.place(), 0, "", ConfigFiles.reason(e)));
      return this;
    }
    for (String name : wanted) {
      if (!isFileName(name)) {
        names.add(name);
        String reason = "not a config's name, it is the name of a file without its ending";
        findings.add(new Problem(Suggestion.quote(name), 0, "", reason));
      } else if (!files.canName(name)) {
        names.add(name);
        findings.add(new Problem(Suggestion.quote(name), 0, "", FileNames.whyNoText()));
      } else if (isNew(name, files.file(name + ConfigFiles.YAML).name())) {
        load(files, name, existing);
      }
    }
    return this;
  }

  private void load(ConfigFiles files, String name, List<String> existing) {
    ObjectSource yaml = files.file(name + ConfigFiles.YAML);
    ObjectSource object = files.file(name + ConfigFiles.OBJECT);
    if (!files.exists(name + ConfigFiles.YAML)) {
      String reason =
          existing.contains(name)
              ? files.whyMissing(name)
              : "no such file, " + hint(name, existing) + whatExists(files, existing);
      findings.add(new Problem(yaml.name(), 0, "", reason));
      return;
    }
    boolean hasObject = files.exists(name + ConfigFiles.OBJECT);
    if (!hasObject) {
      String reason = "no such file, it is compiled from " + name + ".bpf.c";
      findings.add(new Problem(object.name(), 0, "", reason));
    }
    try (InputStream in = yaml.open()) {
      Config config = ConfigLoader.load(name, yaml.name(), in, object);
      findings.addAll(config.warnings());
      if (hasObject) {
        addUnlessItClashes(config);
      }
    } catch (ConfigException e) {
      findings.addAll(e.problems());
    } catch (IOException e) {
      findings.add(new Problem(yaml.name(), 0, "", ConfigFiles.reason(e)));
    } catch (RuntimeException | Error e) {
      // Whatever a file does to its reader, the other configs run.
      findings.add(new Problem(yaml.name(), 0, "", "can't be read: " + e));
    }
  }

  /** A name may lead into a subfolder of the place, but never out of the place. */
  private static boolean isFileName(String name) {
    for (String part : name.split("/", -1)) {
      if (part.isBlank() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return name.chars().noneMatch(Character::isISOControl);
  }

  private static String hint(String name, List<String> existing) {
    String nearest = Suggestion.nearest(name, existing);
    return nearest == null ? "" : "did you mean \"" + nearest + "\"? ";
  }

  private static String whatExists(ConfigFiles files, List<String> existing) {
    return files.place()
        + (existing.isEmpty() ? " has no configs" : " has " + String.join(", ", existing));
  }
}
