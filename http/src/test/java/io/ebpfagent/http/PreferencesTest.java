// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PreferencesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                                              | false
          application/openmetrics-text                                    | true
          application/openmetrics-text;version=1.0.0                      | true
          APPLICATION/OpenMetrics-Text ; version=1.0.0                    | true
          application/openmetrics-text, text/plain                        | true
          text/plain;q=0.6, application/openmetrics-text;q=0.5            | false
          text/plain;q=0.5, application/openmetrics-text;q=0.5            | true
          application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1 | true
          text/plain;version=0.0.4;q=0.5,*/*;q=0.4                        | false
          application/openmetrics-text;q=0                                | false
          application/openmetrics-text;q=0.000, */*                       | false
          */*                                                             | false
          */*;q=0.1, application/openmetrics-text;q=0.5                   | true
          */*;q=0.9, application/openmetrics-text;q=0.5                   | false
          text/*;q=0.9, application/openmetrics-text;q=0.5                | false
          text/*;q=0.1, */*;q=0.9, application/openmetrics-text;q=0.5     | true
          text/plain;q=0, */*                                             | true
          text/*;q=0, application/*;q=0.1                                 | true
          text/plain;q=0, application/*;q=0                               | false
          text/plain;q=0.3, */*;q=0.8                                     | false
          text/html,application/xhtml+xml,*/*;q=0.8                       | false
          application/openmetrics-text;q=2, text/plain                    | true
          application/openmetrics-text;q=, text/plain;q=high              | true
          ;;,=q;q=                                                        | false
          """)
  void types(String accept, boolean preferred) {
    assertThat(new Preferences(accept).prefersType("application/openmetrics-text", "text/plain"))
        .isEqualTo(preferred);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                       | false
          gzip                     | true
          deflate, GZIP;q=0.5      | true
          identity                 | false
          gzip;q=0                 | false
          gzip;q=0.0, *            | false
          br                       | false
          *                        | true
          *;q=0                    | false
          *;q=0, gzip              | true
          *;q=0.5                  | true
          gzip;q=0.5, identity     | false
          gzip, identity;q=0.5     | true
          notgzip                  | false
          """)
  void codings(String accept, boolean wanted) {
    assertThat(new Preferences(accept).wantsCoding("gzip")).isEqualTo(wanted);
  }
}
