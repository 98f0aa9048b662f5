package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class ConfigLoaderTest {
  private static final ObjectSource NO_OBJECT =
      new ObjectSource() {
        @Override
        public String name() {
          return "test.bpf.o";
        }

        @Override
        public InputStream open() {
          return InputStream.nullInputStream();
        }
      };

  static Config load(String yaml) throws ConfigException {
    byte[] bytes = yaml.getBytes(StandardCharsets.UTF_8);
    return ConfigLoader.load("test", "test.yaml", new ByteArrayInputStream(bytes), NO_OBJECT);
  }

  @Test
  void readsACounter() throws Exception {
    Config config =
        load(
            """
            metrics:
              counters:
                - name: timer_starts_total
                  help: Timers fired in the kernel
                  labels:
                    - name: function
                      size: 8
                      decoders:
                        - name: ksym
            """);
    assertThat(config.counters())
        .singleElement()
        .extracting(Metric::name)
        .isEqualTo("timer_starts_total");
  }
}
