// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer. Small writes are buffered, large ones are sent directly. Closing the
 * stream marks the answer as complete.
 */
final class AnswerStream extends OutputStream {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final Response response;
  private final Client client;
  private final boolean head;
  private final Sent sent = new Sent();
  private byte @Nullable [] buffer;
  private int length;
  private boolean whole;

  /** How many bytes the client has taken, or has got on the way to it. */
  private final AtomicLong taken = new AtomicLong();

  /** Failure of the client's connection, as opposed to a failure of the page. */
  private @Nullable IOException failure;

  AnswerStream(Response response, Client client) {
    this.response = response;
    this.client = client;
    this.head = response.getRequest().getMethod().equals("HEAD");
  }

  boolean isWhole() {
    return whole;
  }

  boolean isClientGone() {
    return failure != null;
  }

  /**
   * Returns for how many milliseconds the client has accepted nothing although there is something
   * to send.
   */
  long stalled() {
    return Math.min(sent.waits(), client.getIdleFor());
  }

  /** Returns for how many milliseconds writes have waited for the client, in all. */
  long held() {
    return sent.waited();
  }

  long taken() {
    return taken.get();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    if (head) {
      return;
    }
    if (count > BUFFER_BYTES - length) {
      flush();
      if (count >= BUFFER_BYTES) {
        send(false, ByteBuffer.wrap(bytes, from, count));
        return;
      }
    }
    if (buffer == null) {
      buffer = new byte[BUFFER_BYTES];
    }
    System.arraycopy(bytes, from, buffer, length, count);
    length += count;
  }

  @Override
  public void flush() throws IOException {
    if (length > 0) {
      send(false, gathered());
    }
  }

  @Override
  public void close() throws IOException {
    if (whole) {
      return;
    }
    if (head && !isChunked()) {
      // In HTTP/1.0 the end of a response implies its length, which here would not be that of GET's
      // response.
      send(false, ByteBuffer.allocate(0));
    }
    send(true, gathered());
    whole = true;
  }

  private boolean isChunked() {
    return response.getRequest().getConnectionMetaData().getHttpVersion() != HttpVersion.HTTP_1_0;
  }

  /** Sends a body that is the whole answer. */
  void sendWhole(byte[] body) throws IOException {
    send(true, head ? ByteBuffer.allocate(0) : ByteBuffer.wrap(body));
    whole = true;
  }

  private ByteBuffer gathered() {
    ByteBuffer bytes = buffer == null ? ByteBuffer.allocate(0) : ByteBuffer.wrap(buffer, 0, length);
    length = 0;
    return bytes;
  }

  private void send(boolean last, ByteBuffer bytes) throws IOException {
    if (failure != null) {
      throw failure;
    }
    int count = bytes.remaining();
    try {
      sent.begin();
      response.write(last, bytes, sent);
      sent.await();
      taken.addAndGet(count);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  /** Completion of the current write, for which the thread of the answer waits. */
  private static final class Sent implements Callback {
    private boolean done;
    private @Nullable Throwable thrown;

    /** When the wait began, by {@link System#nanoTime}; 0 when there is no wait. */
    private volatile long waitsSince;

    /** All waits before, in nanoseconds. */
    private final AtomicLong before = new AtomicLong();

    synchronized void begin() {
      done = false;
      thrown = null;
    }

    synchronized void await() throws IOException {
      if (!done) {
        long since = System.nanoTime() | 1;
        waitsSince = since;
        try {
          while (!done) {
            wait();
          }
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        } finally {
          waitsSince = 0;
          before.addAndGet(System.nanoTime() - since);
        }
      }
      if (thrown != null) {
        throw thrown instanceof IOException io ? io : new IOException(thrown);
      }
    }

    long waited() {
      return TimeUnit.NANOSECONDS.toMillis(before.get()) + waits();
    }

    long waits() {
      long since = waitsSince;
      return since == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
    }

    @Override
    public synchronized void succeeded() {
      done = true;
      notifyAll();
    }

    @Override
    public synchronized void failed(Throwable x) {
      thrown = x;
      succeeded();
    }

    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }
  }
}
