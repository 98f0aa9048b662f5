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
 * The response to something that is not a valid request. It replaces Jetty's and reveals nothing
 * about the server. This is a class, because a lambda of this interface is not in the AOT cache.
 */
final class ErrorPage implements Request.Handler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    if (response.getStatus() == HttpStatus.UPGRADE_REQUIRED_426) {
      // Jetty's response to HTTP/2, but there is nothing to upgrade to.
      response.setStatus(HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505);
    }
    byte[] body = text(response.getStatus()).getBytes(StandardCharsets.UTF_8);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Exchange.TEXT);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    boolean head = request.getMethod().equals("HEAD");
    response.write(true, ByteBuffer.wrap(body, 0, head ? 0 : body.length), callback);
    return true;
  }

  /** Returns the body for a status that does not come from a page. */
  static String text(int status) {
    return status + " " + HttpStatus.getMessage(status).toLowerCase(Locale.ROOT) + "\n";
  }
}
