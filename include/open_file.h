/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * The file of a descriptor, and its path as its process sees it. Include vmlinux.h, bpf/bpf_core_read.h and
 * bpf/bpf_helpers.h first.
 */

#define S_IFMT 0170000
#define S_IFREG 0100000

/* The file that a descriptor of the current task stands for; NULL if it is none. */
static __always_inline struct file *file_of(struct task_struct *task, u32 descriptor)
{
	struct fdtable *table = task->files->fdt;
	struct file **files = table->fd;
	struct file *file = NULL;

	if (descriptor < table->max_fds)
		bpf_probe_read_kernel(&file, sizeof(file), &files[descriptor]);
	return file;
}

/* Sockets and pipes are read and written, too. */
static __always_inline bool is_regular(struct file *file)
{
	return file && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG;
}

#define PATH_SIZE 256 /* with a NUL; of a longer path the end is shown, behind "..." */
#define PATH_STEPS 32 /* names and mount points */
#define LONGEST_NAME 255

/* Room to put a path together in, from its end. The second half is never used, but the verifier wants it. */
struct path_room {
	char text[2 * PATH_SIZE];
};

/*
 * Writes the path of a file below the current task's root into the room, and returns where it begins there: at
 * an empty text if the file has none that the task could open.
 */
static __always_inline u32 path_of(struct file *file, struct path_room *room)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
	struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mount = BPF_CORE_READ(file, f_path.mnt);
	bool whole = false;
	u32 at = PATH_SIZE - 1;

	room->text[PATH_SIZE - 1] = 0;
	for (int i = 0; i < PATH_STEPS; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		u32 length;

		if (dentry == root && mount == root_mount) {
			whole = true;
			break;
		}
		if (dentry == BPF_CORE_READ(mount, mnt_root)) {
			struct mount *inner = (void *)mount - bpf_core_field_offset(struct mount, mnt);
			struct mount *outer = BPF_CORE_READ(inner, mnt_parent);

			if (outer == inner)
				return PATH_SIZE - 1; /* of a file system that is not mounted, or not here */
			dentry = BPF_CORE_READ(inner, mnt_mountpoint);
			mount = (void *)outer + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		length = BPF_CORE_READ(dentry, d_name.len);
		if (parent == dentry || length > LONGEST_NAME || length + 4 > at)
			break;
		at -= length;
		barrier_var(at);
		at &= PATH_SIZE - 1;
		bpf_probe_read_kernel(&room->text[at], length, BPF_CORE_READ(dentry, d_name.name));
		at = (at - 1) & (PATH_SIZE - 1);
		room->text[at] = '/';
		dentry = parent;
	}
	if (at == PATH_SIZE - 1 && whole) {
		at--;
		room->text[at] = '/';
	} else if (!whole) {
		for (int i = 0; i < 3; i++) {
			at = (at - 1) & (PATH_SIZE - 1);
			room->text[at] = '.';
		}
	}
	return at;
}
