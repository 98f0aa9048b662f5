#!/bin/sh
# Writes the tables of the errno and syscall decoders from the C headers of the machine it runs on
# (package linux-libc-dev or the like, gcc for the preprocessor). Run it where newer headers are;
# what a table lists by hand below goes when all headers have it.
set -eu
cd "$(dirname "$0")/../resources/io/ebpfagent/decode"

# The numbers that macros with a prefix have, as "number name", in the order of the numbers.
# Arguments: header, prefix of the macros, what to cut from their names, flags of the preprocessor.
numbers() {
  header=$1 prefix=$2 cut=$3
  shift 3
  names=$(printf '#include <%s>\n' "$header" | gcc -E -dM "$@" -x c - |
    sed -n "s/^#define \($prefix[A-Za-z0-9_]*\) .*/\1/p")
  # Expanded by the preprocessor, because some are defined as others.
  { printf '#include <%s>\n' "$header"
    for name in $names; do printf '@name_%s %s\n' "${name#"$cut"}" "$name"; done
  } | gcc -E -P "$@" -x c - | sed -n 's/^@name_\([A-Za-z0-9_]*\) \([0-9][0-9]*\)$/\2 \1/p'
}

# Since Linux 6.4 new system calls have the same number everywhere; these are newer than 6.1.
newer='451 cachestat
452 fchmodat2
453 map_shadow_stack
454 futex_wake
455 futex_wait
456 futex_requeue
457 statmount
458 listmount
459 lsm_get_self_attr
460 lsm_set_self_attr
461 lsm_list_modules
462 mseal
463 setxattrat
464 getxattrat
465 listxattrat
466 removexattrat
467 open_tree_attr
468 file_getattr
469 file_setattr
470 listns'

# Arguments: what the table is of, then as for numbers. Adds what stdin has. Of two names of a
# number it takes the first by the alphabet: EAGAIN and not EWOULDBLOCK, EDEADLK and not EDEADLOCK.
table() {
  echo "# $1 (written by core/src/main/tables/generate.sh)"
  shift
  { numbers "$@"; cat; } | LC_ALL=C sort -k1,1n -k2,2 | sort -s -n -u -k1,1
}

echo "$newer
335 uretprobe
336 uprobe" | table 'x86-64 system calls' asm/unistd_64.h __NR_ __NR_ > syscall-amd64.txt

# What arm64's own unistd.h asks of the generic one.
echo "$newer" | table 'arm64 system calls' asm-generic/unistd.h __NR_ __NR_ \
  -D__BITS_PER_LONG=64 -D__ARCH_WANT_RENAMEAT -D__ARCH_WANT_NEW_STAT \
  -D__ARCH_WANT_SET_GET_RLIMIT -D__ARCH_WANT_TIME32_SYSCALLS -D__ARCH_WANT_SYS_CLONE3 \
  -D__ARCH_WANT_MEMFD_SECRET | grep -v -E ' (arch_specific_syscall|syscalls)$' \
  > syscall-aarch64.txt

# The kernel's headers have EOPNOTSUPP alone for 95, but labels say ENOTSUP, as ever.
table 'Errors' asm-generic/errno.h E '' < /dev/null | sed 's/^95 .*/95 ENOTSUP/' > errno.txt
