// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

/** The least that a JVM can do: what starts are compared with. */
final class Hello {
  private Hello() {}

  public static void main(String[] args) {
    System.out.println("hello");
  }
}
