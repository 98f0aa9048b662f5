// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Loads configs one after the other; a config with a problem stays out. */
final class ConfigSetBuilder {
  private final List<Config> configs = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();
  private final MetricConflicts conflicts = new MetricConflicts();

  /** Adds a config unless it conflicts with one that is there. */
  void add(Config config) {
    List<Problem> found = conflicts.check(config);
    if (found.isEmpty()) {
      configs.add(config);
    } else {
      problems.addAll(found);
    }
  }

  ConfigSetBuilder load(ConfigFiles files, List<String> names) {
    List<String> existing;
    try {
      existing = files.names();
    } catch (IOException e) {
      problems.add(new Problem(files.place(), 0, "", ConfigFiles.reason(e)));
      return this;
    }
    Set<String> loaded = new HashSet<>();
    for (String name : names) {
      if (isFileName(name)) {
        if (loaded.add(name)) {
          load(files, name, existing);
        } else {
          problems.add(problem(files, name + ConfigFiles.YAML, "the name is given twice"));
        }
      } else {
        String reason = "not a config's name, it is the name of a file without its ending";
        problems.add(new Problem(Suggestion.quote(name), 0, "", reason));
      }
    }
    return this;
  }

  ConfigSet build() {
    return new ConfigSet(configs, problems);
  }

  /** A name never leads out of the directory. */
  private static boolean isFileName(String name) {
    return !name.isBlank()
        && name.chars().noneMatch(c -> c == '/' || Character.isISOControl(c))
        && !name.contains("..");
  }

  private void load(ConfigFiles files, String name, List<String> existing) {
    String yaml = name + ConfigFiles.YAML;
    String object = name + ConfigFiles.OBJECT;
    if (!files.exists(yaml)) {
      String reason =
          existing.contains(name)
              ? "the link leads nowhere"
              : "no such file, " + whatExists(files, name, existing);
      problems.add(problem(files, yaml, reason));
      return;
    }
    boolean hasObject = files.exists(object);
    if (!hasObject) {
      String reason = "no such file, it is compiled from " + name + ".bpf.c";
      problems.add(problem(files, object, reason));
    }
    try (InputStream in = files.open(yaml)) {
      Config config = ConfigLoader.load(name, files.shown(yaml), in, files.object(object));
      if (hasObject) {
        add(config);
      }
    } catch (ConfigException e) {
      problems.addAll(e.problems());
    } catch (IOException e) {
      problems.add(problem(files, yaml, ConfigFiles.reason(e)));
    }
  }

  private static String whatExists(ConfigFiles files, String name, List<String> existing) {
    if (existing.isEmpty()) {
      return files.place() + " has no configs";
    }
    String nearest = Suggestion.nearest(name, existing);
    String hint = nearest == null ? "" : "did you mean \"" + nearest + "\"? ";
    return hint + files.place() + " has " + Suggestion.join(existing);
  }

  private static Problem problem(ConfigFiles files, String file, String message) {
    return new Problem(files.shown(file), 0, "", message);
  }
}
