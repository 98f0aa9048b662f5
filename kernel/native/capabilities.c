// SPDX-License-Identifier: Apache-2.0
// Drops capabilities on every thread of the process.
//
// The kernel keeps capabilities by thread and has no call that changes another's, so each thread is
// sent a signal and changes its own in the handler. A thread that starts meanwhile has those of the
// thread that started it: the list of threads is walked until it was found clean twice.

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CLEAN_SCANS 2
#define PAUSE_MIN_NS 500000L
#define PAUSE_MAX_NS 64000000L
#define PATIENCE_NS 10000000000LL

__attribute__((visibility("default"))) int ebpfagent_keep_capabilities(unsigned long long mask,
                                                                      int *silent_thread);

static volatile unsigned long long kept;

// Runs on any thread at any point, so it makes system calls and nothing else.
static void drop_mine(int signal) {
    (void)signal;
    int interrupted_errno = errno;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) == 0) {
        for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted;
        syscall(SYS_capset, &header, data);
        // These two take CAP_SETPCAP: an exec as root gives nothing, and one of a file with capabilities
        // no more than is kept. Without it, no_new_privs leaves no more than is kept either.
        long bits = syscall(SYS_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0);
        syscall(SYS_prctl, PR_SET_SECUREBITS, bits | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
        for (int cap = 0; cap < 64; cap++)
            if (!(kept >> cap & 1) && syscall(SYS_prctl, PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) break;
        syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (int i = 0; i < 2; i++) {
            data[i].permitted &= (__u32)(kept >> 32 * i);
            data[i].effective = data[i].permitted;
            data[i].inheritable = 0;
        }
        syscall(SYS_capset, &header, data);
    }
    errno = interrupted_errno;
}

// The number, in hex, of a line of a thread's status, if it is that of a name.
static void take(const char *line, const char *name, unsigned long long *value) {
    size_t length = strlen(name);
    if (strncmp(line, name, length) == 0) *value = strtoull(line + length, NULL, 16);
}

// Whether a thread has nothing that it should not have: 1 or 0, or a negative errno.
static int is_clean(const char *thread) {
    char path[64];
    char line[128];
    unsigned long long permitted = 0, effective = 0, inheritable = 0, ambient = 0, bounding = 0;
    unsigned long long no_new_privs = 1; // where the kernel doesn't tell
    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", thread);
    FILE *status = fopen(path, "re");
    if (status) {
        // Of a line that is longer we get parts, of numbers.
        while (errno = 0, fgets(line, sizeof line, status)) {
            take(line, "CapPrm:", &permitted);
            take(line, "CapEff:", &effective);
            take(line, "CapInh:", &inheritable);
            take(line, "CapAmb:", &ambient);
            take(line, "CapBnd:", &bounding);
            take(line, "NoNewPrivs:", &no_new_privs);
        }
    }
    int error = errno;
    if (status) fclose(status);
    if (error == ENOENT || error == ESRCH) return 1; // It has ended.
    if (error) return -error;
    int can_bound = permitted >> CAP_SETPCAP & 1;
    return !(permitted & ~kept) && effective == permitted && !inheritable && !ambient &&
           !(can_bound && (bounding & ~kept)) && no_new_privs;
}

// Signals the threads that have too much, or all. Returns the number of one of them, 0 when there is none, or
// a negative errno.
static int scan(int signal, int all) {
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return -errno;
    int unclean = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(tasks))) {
        int thread = atoi(entry->d_name);
        int clean = thread == 0 ? 1 : all ? 0 : is_clean(entry->d_name);
        if (clean < 0) {
            errno = -clean;
            break;
        }
        if (clean) continue;
        if (syscall(SYS_tgkill, getpid(), thread, signal) == 0)
            unclean = thread;
        else if (errno != ESRCH && errno != EAGAIN)
            break;
    }
    int error = errno;
    closedir(tasks);
    return error ? -error : unclean;
}

// The first real-time signal from SIGRTMAX-3 downwards that nobody handles, now ours for good: a
// thread may answer late, and the default would end the process.
static int take_signal(void) {
    struct sigaction action;
    for (int signal = SIGRTMAX - 3; signal > SIGRTMIN; signal--) {
        if (sigaction(signal, NULL, &action) != 0) return -errno;
        if (action.sa_handler == drop_mine) return signal;
        if (action.sa_handler != SIG_DFL) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = drop_mine;
        action.sa_flags = SA_RESTART | SA_ONSTACK;
        sigfillset(&action.sa_mask);
        return sigaction(signal, &action, NULL) == 0 ? signal : -errno;
    }
    return -EBUSY;
}

// Leaves the capabilities of mask, as far as they are permitted, in the permitted and effective sets of
// every thread, no more in the bounding set, and nothing in the inheritable and ambient ones, with
// no_new_privs on and nothing for an exec as root. Returns 0 or a negative errno; with -ETIMEDOUT, *silent_thread is a thread that did not answer.
int ebpfagent_keep_capabilities(unsigned long long mask, int *silent_thread) {
    kept = mask;
    int signal = take_signal();
    if (signal < 0) return signal;
    long long waited = 0;
    long pause = PAUSE_MIN_NS;
    // Not all that is done to a thread can be seen from outside, so each is signaled once.
    for (int clean = -1; clean < CLEAN_SCANS;) {
        int found = scan(signal, clean < 0);
        if (found < 0) return found;
        if (found == 0) {
            clean++;
            continue;
        }
        clean = 0;
        if (waited > PATIENCE_NS) {
            *silent_thread = found;
            return -ETIMEDOUT;
        }
        struct timespec rest = {0, pause};
        nanosleep(&rest, NULL);
        waited += pause;
        pause = pause * 2 < PAUSE_MAX_NS ? pause * 2 : PAUSE_MAX_NS;
    }
    return 0;
}
