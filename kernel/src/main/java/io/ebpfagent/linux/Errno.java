// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

/** The errno values that the kernel and libbpf return to us, and their names. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EOPNOTSUPP = 95;
  public static final int ESTALE = 116;
  public static final int ENOTSUPP = 524;

  private Errno() {}

  /** Returns {@code EPERM} for 1; {@code errno N} for a number without a name here. */
  public static String name(int errno) {
    return switch (errno) {
      case EPERM -> "EPERM";
      case ENOENT -> "ENOENT";
      case 3 -> "ESRCH";
      case EINTR -> "EINTR";
      case 5 -> "EIO";
      case 7 -> "E2BIG";
      case 8 -> "ENOEXEC";
      case EBADF -> "EBADF";
      case EAGAIN -> "EAGAIN";
      case 12 -> "ENOMEM";
      case EACCES -> "EACCES";
      case 14 -> "EFAULT";
      case EBUSY -> "EBUSY";
      case 17 -> "EEXIST";
      case ENODEV -> "ENODEV";
      case EINVAL -> "EINVAL";
      case EMFILE -> "EMFILE";
      case ENOSPC -> "ENOSPC";
      case 34 -> "ERANGE";
      case 38 -> "ENOSYS";
      case 88 -> "ENOTSOCK";
      case 111 -> "ECONNREFUSED";
      case 110 -> "ETIMEDOUT";
      case EOPNOTSUPP -> "EOPNOTSUPP";
      case ESTALE -> "ESTALE";
      case ENOTSUPP -> "ENOTSUPP";
      // libbpf's own numbers, from LIBBPF_ERRNO__START = 4000 (libbpf.h)
      case 4000 -> "not a valid ELF file";
      case 4001 -> "bad BPF object format";
      case 4002 -> "no or wrong kernel version";
      case 4003 -> "endianness does not match this machine";
      case 4005 -> "relocation failed";
      case 4007 -> "rejected by the verifier";
      case 4008 -> "program too big";
      case 4009 -> "wrong kernel version";
      case 4010 -> "wrong program type";
      default -> "errno " + errno;
    };
  }
}
