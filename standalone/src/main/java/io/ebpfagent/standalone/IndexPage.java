// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.ProgramState;
import java.util.List;

/** The page at {@code /}: what runs, what doesn't and why, and a link to the metrics. */
final class IndexPage {
  private IndexPage() {}

  static String html(String telemetryPath, List<ConfigState> configs) {
    StringBuilder rows = new StringBuilder();
    for (ConfigState config : configs) {
      for (ProgramState program : config.programs()) {
        rows.append(
            row(
                config.name(),
                program.name(),
                program.section(),
                program.failure().map(failure -> "not attached: " + failure).orElse("attached")));
      }
    }
    for (ConfigState config : configs) {
      config.failure().ifPresent(failure -> rows.append(row(config.name(), "", "", failure)));
    }
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>eBPF exporter</title>
        <style>
        body { font-family: sans-serif; margin: 2em; }
        td, th { text-align: left; padding: 0.2em 1em 0.2em 0; vertical-align: top; }
        </style>
        </head>
        <body>
        <h1>eBPF exporter</h1>
        <p><a href="%s">Metrics</a></p>
        <table>
        <tr><th>Config</th><th>Program</th><th>Attaches to</th><th>State</th></tr>
        %s</table>
        <p>Version %s</p>
        </body>
        </html>
        """
        .formatted(escape(telemetryPath), rows, escape(Version.version()));
  }

  private static String row(String... cells) {
    StringBuilder row = new StringBuilder("<tr>");
    for (String cell : cells) {
      row.append("<td>").append(escape(cell).replace("\n", "<br>")).append("</td>");
    }
    return row.append("</tr>\n").toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
