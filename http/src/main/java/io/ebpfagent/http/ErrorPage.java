// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The answer to what is no request: of our own making, and nothing about the server. A class, for a
 * lambda of this interface is in no AOT cache.
 */
final class ErrorPage implements Request.Handler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    if (response.getStatus() == HttpStatus.UPGRADE_REQUIRED_426) {
      // Jetty's word for HTTP/2, for which there is nothing to upgrade to.
      response.setStatus(HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505);
    }
    byte[] body = text(response.getStatus()).getBytes(StandardCharsets.UTF_8);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Exchange.TEXT);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    boolean head = request.getMethod().equals("HEAD");
    response.write(true, ByteBuffer.wrap(body, 0, head ? 0 : body.length), callback);
    return true;
  }

  /** The body for a status that is no page's. */
  static String text(int status) {
    return status + " " + HttpStatus.getMessage(status).toLowerCase(Locale.ROOT) + "\n";
  }
}
