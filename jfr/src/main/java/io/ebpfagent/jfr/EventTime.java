// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import jdk.jfr.Event;

/**
 * The two fields that the flight recorder adds to an event class, where it keeps the time. They are
 * no interface of the JDK's: where they are missing, an event has the time at which it is
 * committed, and only its fields {@code kernelStart} and {@code kernelDuration} tell the truth.
 */
final class EventTime {
  private static final ClassValue<Optional<EventTime>> TIMES =
      new ClassValue<>() {
        @Override
        protected Optional<EventTime> computeValue(Class<?> type) {
          return find(type);
        }
      };

  private final VarHandle startTime;
  private final VarHandle duration;

  private EventTime(VarHandle startTime, VarHandle duration) {
    this.startTime = startTime;
    this.duration = duration;
  }

  /** The fields of an event's class, once it is instrumented. */
  static Optional<EventTime> of(Event event) {
    return TIMES.get(event.getClass());
  }

  private static Optional<EventTime> find(Class<?> type) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      return Optional.of(
          new EventTime(
              lookup.findVarHandle(type, "startTime", long.class),
              lookup.findVarHandle(type, "duration", long.class)));
    } catch (ReflectiveOperationException e) {
      return Optional.empty();
    }
  }

  /** When {@link Event#begin} was called, in the recorder's ticks. */
  long began(Event event) {
    return (long) startTime.get(event);
  }

  /** Sets when an event began and how long it took, in the recorder's ticks. */
  void set(Event event, long start, long ticks) {
    startTime.set(event, start);
    // Of an event that took no time at all, commit would make one that ends then.
    duration.set(event, Math.max(ticks, 1));
  }
}
