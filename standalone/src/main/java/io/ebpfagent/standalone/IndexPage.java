package io.ebpfagent.standalone;

import io.ebpfagent.Exporter;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;

/** The page at {@code /}: what runs, what doesn't and why, and the way to the metrics. */
final class IndexPage {
  private IndexPage() {}

  static String html(String telemetryPath, Exporter exporter) {
    StringBuilder rows = new StringBuilder();
    for (AttachedConfig config : exporter.attached()) {
      for (AttachedProgram program : config.programs()) {
        rows.append(
            row(
                config.config().name(),
                program.program().name(),
                program.program().section(),
                program
                    .failure()
                    .map(failure -> "not attached: " + failure.getMessage())
                    .orElse("attached")));
      }
    }
    for (Exporter.Failure failure : exporter.failures()) {
      rows.append(row(failure.config(), "", "", failure.message()));
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
