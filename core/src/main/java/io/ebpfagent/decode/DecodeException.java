package io.ebpfagent.decode;

/** A row's bytes can't be decoded. Without a stack trace: it is thrown on the hot path. */
public final class DecodeException extends Exception {
  private static final long serialVersionUID = 1L;

  public DecodeException(String message) {
    super(message, null, false, false);
  }
}
