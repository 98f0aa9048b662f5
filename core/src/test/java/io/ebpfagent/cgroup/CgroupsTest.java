// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CgroupsTest {
  private final Map<Long, String> tree = new HashMap<>(Map.of(1L, "/cg", 2L, "/cg/a"));
  private int listings;
  private long listingTakes;
  private long nanoTime = Long.MAX_VALUE - 3;
  private @Nullable String failure;
  private final Cgroups cgroups = new Cgroups(new Tree(), null, () -> nanoTime);

  private final class Tree implements CgroupSource {
    @Override
    public Map<Long, String> all() throws IOException {
      listings++;
      nanoTime += listingTakes;
      if (failure != null) {
        throw new IOException(failure);
      }
      return Map.copyOf(tree);
    }

    @Override
    public OptionalLong id(String path) {
      return tree.entrySet().stream()
          .filter(each -> each.getValue().equals(path))
          .mapToLong(Map.Entry::getKey)
          .findFirst();
    }
  }

  /** Returns what a listener is told when it is added. */
  private Map<Long, String> live() {
    Map<Long, String> live = new HashMap<>();
    Told told = new Told(live);
    cgroups.listen(told);
    cgroups.unlisten(told);
    return live;
  }

  private void pass(long amount, TimeUnit unit) {
    nanoTime += unit.toNanos(amount);
  }

  @Test
  void listsOnceForAllThatExist() {
    assertThat(cgroups.path(1)).isEqualTo("/cg");
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    assertThat(listings).isEqualTo(1);
  }

  @Test
  void listsAgainForAnUnknownIdOnceASecond() {
    assertThat(cgroups.path(3)).isNull();
    tree.put(3L, "/cg/b");
    pass(999, TimeUnit.MILLISECONDS);
    assertThat(cgroups.path(3)).isNull();
    assertThat(listings).isEqualTo(1);
    pass(1, TimeUnit.MILLISECONDS);
    assertThat(cgroups.path(3)).isEqualTo("/cg/b");
    assertThat(listings).isEqualTo(2);
  }

  @Test
  void listsLessOftenWhenThatTakesLong() {
    listingTakes = TimeUnit.SECONDS.toNanos(2);
    assertThat(cgroups.path(3)).isNull();
    pass(19, TimeUnit.SECONDS);
    assertThat(cgroups.path(3)).isNull();
    assertThat(listings).isEqualTo(1);
    pass(1, TimeUnit.SECONDS);
    assertThat(cgroups.path(3)).isNull();
    assertThat(listings).isEqualTo(2);
  }

  @Test
  void remembersRemovedCgroupsForAnHour() {
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    tree.remove(2L);
    pass(2, TimeUnit.SECONDS);
    assertThat(cgroups.path(3)).isNull();
    assertThat(live()).containsOnly(Map.entry(1L, "/cg"));
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    pass(1, TimeUnit.HOURS);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    pass(1, TimeUnit.NANOSECONDS);
    assertThat(cgroups.path(2)).isNull();
  }

  @Test
  void remembersSoManyRemovedCgroupsAtMost() {
    int many = Cgroups.MOST_REMEMBERED + 10;
    for (long id = 10; id < 10 + many; id++) {
      tree.put(id, "/cg/" + id);
    }
    assertThat(cgroups.path(10)).isNotNull();
    tree.keySet().removeIf(id -> id >= 10);
    pass(2, TimeUnit.SECONDS);
    assertThat(live()).hasSize(2);
    int known = 0;
    for (long id = 10; id < 10 + many; id++) {
      known += cgroups.path(id) == null ? 0 : 1;
    }
    assertThat(known).isEqualTo(Cgroups.MOST_REMEMBERED);
  }

  @Test
  void takesWordOfCgroupsThatComeAndGo() {
    Map<Long, String> live = new HashMap<>();
    cgroups.listen(new Told(live));
    cgroups.watch(true);
    assertThat(listings).isEqualTo(2);
    tree.put(7L, "/cg/new");
    cgroups.made(1, "new");
    assertThat(live).isEqualTo(tree);
    assertThat(cgroups.path(7)).isEqualTo("/cg/new");
    tree.remove(7L);
    cgroups.removed(1, "new", 7);
    assertThat(live).isEqualTo(tree);
    assertThat(cgroups.path(7)).isEqualTo("/cg/new");
    pass(1, TimeUnit.MINUTES);
    cgroups.refresh();
    assertThat(cgroups.path(8)).isNull();
    assertThat(listings).isEqualTo(2);
  }

  @Test
  void remembersTheNameOfACgroupThatWasGoneBeforeItWasLookedAt() {
    cgroups.watch(true);
    cgroups.made(1, "brief");
    cgroups.removed(1, "brief", 9);
    assertThat(cgroups.path(9)).isEqualTo("/cg/brief");
    cgroups.made(99, "elsewhere");
    cgroups.removed(99, "elsewhere", 10);
    assertThat(cgroups.path(10)).isNull();
  }

  @Test
  void listsAnewWhenWordWasMissed() {
    Map<Long, String> live = new HashMap<>();
    cgroups.listen(new Told(live));
    cgroups.watch(true);
    tree.remove(2L);
    tree.put(3L, "/cg/b");
    cgroups.watch(false);
    cgroups.watch(true);
    assertThat(live).isEqualTo(tree);
  }

  @Test
  void isNotSureOfWordAfterAListingThatFailed() {
    failure = "I/O error";
    cgroups.watch(true);
    failure = null;
    tree.put(3L, "/cg/b");
    pass(1, TimeUnit.SECONDS);
    assertThat(cgroups.path(3)).isEqualTo("/cg/b");
  }

  @Test
  void looksForThoseThatListenOnceASecond() {
    Map<Long, String> live = new HashMap<>();
    Told told = new Told(live);
    cgroups.listen(told);
    tree.remove(2L);
    tree.put(3L, "/cg/b");
    pass(999, TimeUnit.MILLISECONDS);
    cgroups.refresh();
    assertThat(live).containsOnlyKeys(1L, 2L);
    pass(1, TimeUnit.MILLISECONDS);
    cgroups.refresh();
    assertThat(live).isEqualTo(tree);
    cgroups.unlisten(told);
    tree.remove(3L);
    pass(2, TimeUnit.MINUTES);
    cgroups.refresh();
    assertThat(live).containsOnlyKeys(1L, 3L);
  }

  @Test
  void forgetsWhatIsGoneWhereNobodyListens() {
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    tree.remove(2L);
    pass(1, TimeUnit.MINUTES);
    cgroups.refresh();
    assertThat(listings).isEqualTo(1);
    pass(1, TimeUnit.NANOSECONDS);
    cgroups.refresh();
    assertThat(listings).isEqualTo(2);
    assertThat(live()).containsOnlyKeys(1L);
  }

  @Test
  void asksForOneCgroupWhereTheSourceCanTell() {
    CgroupSource direct =
        new CgroupSource() {
          @Override
          public Map<Long, String> all() {
            listings++;
            return Map.of();
          }

          @Override
          public @Nullable String one(long id) {
            return tree.get(id);
          }
        };
    Cgroups cgroups = new Cgroups(direct, null, () -> nanoTime);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    tree.remove(2L);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    assertThat(listings).isZero();
  }

  @Test
  void knowsNothingWithoutAMountAndSaysSo() {
    failure = "no cgroup2 is mounted";
    assertThat(cgroups.path(1)).isNull();
    assertThat(cgroups.problem()).isEqualTo("cgroups: no cgroup2 is mounted");
    failure = null;
    pass(1, TimeUnit.SECONDS);
    assertThat(cgroups.path(1)).isEqualTo("/cg");
    assertThat(cgroups.problem()).isEmpty();
  }

  @Test
  void keepsWhatItKnowsWhenAListingFails() {
    assertThat(cgroups.path(1)).isEqualTo("/cg");
    failure = "I/O error";
    pass(1, TimeUnit.SECONDS);
    assertThat(cgroups.path(3)).isNull();
    assertThat(cgroups.path(1)).isEqualTo("/cg");
  }

  /** A source whose listing blocks until it is released. */
  private final class Slow implements CgroupSource {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private boolean slow;

    @Override
    public Map<Long, String> all() throws IOException {
      Map<Long, String> all = Map.copyOf(tree);
      if (slow) {
        begun.countDown();
        try {
          mayEnd.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      return all;
    }

    @Override
    public @Nullable String one(long id) {
      return id == 50 ? "/cg/asked" : null;
    }

    @Override
    public OptionalLong id(String path) {
      return path.equals("/cg/a/made") ? OptionalLong.of(51) : OptionalLong.empty();
    }
  }

  @Test
  void answersFromWhatItKnowsWhileAnotherThreadLists() throws Exception {
    Slow source = new Slow();
    Cgroups cgroups = new Cgroups(source, null, () -> nanoTime);
    Map<Long, String> live = new HashMap<>();
    cgroups.listen(new Told(live));
    source.slow = true;
    tree.put(3L, "/cg/b");
    pass(1, TimeUnit.SECONDS);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Future<@Nullable String> lister = threads.submit(() -> cgroups.path(3));
      source.begun.await();
      assertThat(cgroups.path(2)).isEqualTo("/cg/a");
      assertThat(cgroups.path(3)).isNull();
      assertThat(cgroups.path(50)).isEqualTo("/cg/asked");
      cgroups.refresh();
      cgroups.made(2, "made");
      cgroups.removed(1, "a", 2);
      assertThat(lister.isDone()).isFalse();
      source.mayEnd.countDown();
      assertThat(lister.get()).isEqualTo("/cg/b");
      assertThat(live)
          .as("what came and went meanwhile is newer than the list")
          .isEqualTo(Map.of(1L, "/cg", 3L, "/cg/b", 50L, "/cg/asked", 51L, "/cg/a/made"));
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void looksInOlderHierarchiesForWhatIsNotInTheNewOne() {
    Map<Long, String> memory = new HashMap<>(Map.of(2L, "/memory/a", 9L, "/memory/b"));
    Cgroups older = new Cgroups(() -> Map.copyOf(memory), null, () -> nanoTime);
    Cgroups cgroups = new Cgroups(new Tree(), older, () -> nanoTime);
    Map<Long, String> live = new HashMap<>();
    cgroups.listen(new Told(live));
    cgroups.watch(true);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    assertThat(cgroups.path(9)).isEqualTo("/memory/b");
    assertThat(cgroups.path(10)).isNull();
    memory.remove(9L);
    memory.put(10L, "/memory/c");
    pass(1, TimeUnit.SECONDS);
    assertThat(cgroups.path(10)).isEqualTo("/memory/c");
    assertThat(cgroups.path(9)).as("removed").isEqualTo("/memory/b");
    assertThat(live).isEqualTo(tree);
  }

  @Test
  void listsAgainForANameThatIsNoText() {
    Map<Long, String> live = new HashMap<>();
    cgroups.listen(new Told(live));
    cgroups.watch(true);
    tree.put(8L, "/cg/\ufffd");
    int before = listings;
    // The decoded name differs from the real one, so no path is found by it.
    cgroups.made(1, "\ufffd-");
    cgroups.watch(true);
    assertThat(listings).isEqualTo(before + 1);
    assertThat(live).isEqualTo(tree);
    cgroups.made(1, "gone");
    cgroups.watch(true);
    assertThat(listings).isEqualTo(before + 1);
  }

  @Test
  void survivesASourceThatBreaks() {
    Cgroups cgroups =
        new Cgroups(
            () -> {
              throw new IllegalStateException("broken");
            },
            null,
            () -> nanoTime);
    assertThat(cgroups.path(1)).isNull();
    assertThat(cgroups.problem()).contains("broken");
  }
}
