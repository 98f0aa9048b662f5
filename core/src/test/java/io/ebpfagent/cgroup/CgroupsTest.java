package io.ebpfagent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CgroupsTest {
  private final Map<Long, String> tree = new HashMap<>(Map.of(1L, "/cg", 2L, "/cg/a"));
  private int listings;
  private long listingTakes;
  private long nanoTime = Long.MAX_VALUE - 3;
  private @Nullable String failure;
  private final Cgroups cgroups = new Cgroups(this::list, () -> nanoTime);

  private Map<Long, String> list() throws IOException {
    listings++;
    nanoTime += listingTakes;
    if (failure != null) {
      throw new IOException(failure);
    }
    return Map.copyOf(tree);
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
    assertThat(cgroups.all()).containsOnly(Map.entry(1L, "/cg"));
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
    assertThat(cgroups.all()).hasSize(2);
    int known = 0;
    for (long id = 10; id < 10 + many; id++) {
      known += cgroups.path(id) == null ? 0 : 1;
    }
    assertThat(known).isEqualTo(Cgroups.MOST_REMEMBERED);
  }

  @Test
  void takesWordOfCgroupsThatComeAndGo() {
    cgroups.added(7, "/cg/new");
    assertThat(cgroups.path(7)).isEqualTo("/cg/new");
    assertThat(listings).isZero();
    cgroups.removed(7);
    cgroups.removed(8);
    assertThat(cgroups.path(7)).isEqualTo("/cg/new");
    assertThat(cgroups.all()).doesNotContainKey(7L);
    cgroups.added(7, "/cg/newer");
    assertThat(cgroups.path(7)).isEqualTo("/cg/newer");
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
    Cgroups cgroups = new Cgroups(direct, () -> nanoTime);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    tree.remove(2L);
    assertThat(cgroups.path(2)).isEqualTo("/cg/a");
    assertThat(listings).isZero();
  }

  @Test
  void knowsNothingWithoutAMountAndSaysSo() {
    failure = "no cgroup2 is mounted";
    assertThat(cgroups.path(1)).isNull();
    assertThat(cgroups.problem()).hasValue("cgroups: no cgroup2 is mounted");
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
}
