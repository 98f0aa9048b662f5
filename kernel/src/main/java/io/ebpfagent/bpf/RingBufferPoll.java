package io.ebpfagent.bpf;

import java.util.List;

/**
 * Waits for records in any of some ring buffers. One thread waits; any thread may wake it, and it
 * is that thread's business to end before this is closed.
 */
public final class RingBufferPoll implements AutoCloseable {
  private final Poll poll;

  /**
   * The buffers must stay open as long as this.
   *
   * @throws BpfException when the process has no descriptor left
   */
  public RingBufferPoll(List<RingBuffer> buffers) throws BpfException {
    poll = new Poll(buffers.stream().mapToInt(RingBuffer::fd).toArray());
  }

  /**
   * Waits for a record, a {@link #wake} or the time; also returns for no reason.
   *
   * @param timeoutMillis below 0 for ever
   * @return whether something happened before the time was over
   */
  public boolean await(int timeoutMillis) {
    return poll.await(timeoutMillis);
  }

  /** Ends a wait, or the next one when there is none. */
  public void wake() {
    poll.wake();
  }

  @Override
  public void close() {
    poll.close();
  }
}
