// Set-up of every kernel test file: this process, which on the host runs the file alone, moves to network and mount
// namespaces of its own. They end with it, and so does all that a test leaves in them.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { check } from '../../src/sys/errno.js';
import { libc } from '../../src/sys/libc.js';
import { ensureBpffs, ensureTracefs, mount, unshareMounts } from '../../src/sys/mount.js';
import { CLONE_NEWNET } from '../../src/uapi/sched.js';

// The children that serve as oracles inherit the namespaces of the main thread.
if (!isMainThread) throw new Error('kernel tests run in processes, not in threads');

unshareMounts();
check(libc().unshare(CLONE_NEWNET), 'unshare', 'network namespace');
mount('tmpfs', '/run', 'tmpfs');
mkdirSync('/run/netns');
mount('sysfs', '/sys', 'sysfs');
ensureBpffs();
ensureTracefs();

const up = spawnSync('ip', ['link', 'set', 'lo', 'up'], { encoding: 'utf8' });
if (up.status !== 0) throw new Error(`cannot set lo up: ${up.error?.message ?? up.stderr}`);
