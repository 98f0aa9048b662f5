package io.ebpfagent.attach;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.Pins;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.config.Problem;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The configs whose maps another process has pinned, see {@link PinFolder}. */
public final class PinnedConfigs {
  private PinnedConfigs() {}

  /**
   * The names of the configs that are pinned in a folder, sorted.
   *
   * @throws IOException when the folder can't be read
   */
  public static List<String> names(Path dir) throws IOException {
    try (Stream<Path> folders = Files.list(dir)) {
      return folders
          // The last thing that is pinned of a config.
          .filter(folder -> Files.exists(folder.resolve(PinFolder.CONFIG)))
          .map(folder -> ConfigFolder.config(folder.getFileName().toString()))
          .sorted()
          .toList();
    }
  }

  /**
   * Opens a config's maps to read them; its programs are another's.
   *
   * @throws AttachException when a map can't be opened or does not fit the config
   */
  public static AttachedConfig open(Path dir, String name) throws AttachException {
    Path folder = dir.resolve(ConfigFolder.of(name));
    List<BpfMap> maps = new ArrayList<>();
    try {
      Config config = config(name, folder.resolve(PinFolder.CONFIG));
      for (Metric metric : config.metrics()) {
        maps.add(Pins.open(folder.resolve(PinFolder.MAPS).resolve(metric.name())));
      }
      List<Problem> problems = MapCheck.problems(config, folder.toString(), maps);
      if (!problems.isEmpty()) {
        throw new AttachException(
            problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
      }
      BpfObject object = BpfObject.ofMaps(folder.toString(), maps);
      return new AttachedConfig(config, object, List.of(), List.of(), List.of(), () -> {});
    } catch (BpfException e) {
      BpfObject.ofMaps(folder.toString(), maps).close();
      throw new AttachException(name + ": " + e.getMessage(), "", e);
    } catch (AttachException e) {
      BpfObject.ofMaps(folder.toString(), maps).close();
      throw e;
    }
  }

  private static Config config(String name, Path path) throws BpfException, AttachException {
    byte[] yaml = Pins.text(path).getBytes(UTF_8);
    ObjectSource nowhere = ObjectSource.ofFile(path);
    try {
      return ConfigLoader.load(name, path.toString(), new ByteArrayInputStream(yaml), nowhere)
          .readable();
    } catch (ConfigException e) {
      throw new AttachException(String.valueOf(e.getMessage()), "", e);
    }
  }
}
