package io.ebpfagent.attach;

import org.jspecify.annotations.Nullable;

/**
 * A part of bringing a config into the kernel: {@code open}, {@code load} or {@code attach}.
 *
 * @param begin when, by {@link System#nanoTime}
 * @param end when, by {@link System#nanoTime}
 * @param failure why it was the last of its config; null when it succeeded
 */
public record Step(String config, String name, long begin, long end, @Nullable String failure) {}
