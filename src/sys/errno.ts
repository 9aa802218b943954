import { NlbpfError } from '../wire/error.js';

/**
 * Error numbers, their names, and what they mean, in our words.
 *
 * Source: include/uapi/asm-generic/errno-base.h and errno.h (v7.3), which every architecture that nlbpf supports uses
 * (mips, sparc, alpha and parisc have numbers of their own).
 */
const TABLE: readonly (readonly [number: number, name: string, text: string])[] = [
  [1, 'EPERM', 'operation not permitted'],
  [2, 'ENOENT', 'no such file or object'],
  [3, 'ESRCH', 'no such process or entry'],
  [4, 'EINTR', 'interrupted by a signal'],
  [5, 'EIO', 'input or output failed'],
  [6, 'ENXIO', 'no such device or address'],
  [7, 'E2BIG', 'argument or structure too big'],
  [8, 'ENOEXEC', 'not an executable format'],
  [9, 'EBADF', 'bad file descriptor'],
  [10, 'ECHILD', 'no child process'],
  [11, 'EAGAIN', 'not ready, try again'],
  [12, 'ENOMEM', 'out of memory'],
  [13, 'EACCES', 'permission denied'],
  [14, 'EFAULT', 'bad address'],
  [15, 'ENOTBLK', 'a block device is needed'],
  [16, 'EBUSY', 'device or resource is in use'],
  [17, 'EEXIST', 'already exists'],
  [18, 'EXDEV', 'crosses devices'],
  [19, 'ENODEV', 'no such device'],
  [20, 'ENOTDIR', 'not a directory'],
  [21, 'EISDIR', 'is a directory'],
  [22, 'EINVAL', 'invalid argument'],
  [23, 'ENFILE', 'too many files are open in the system'],
  [24, 'EMFILE', 'too many files are open in this process'],
  [25, 'ENOTTY', 'not an operation of this kind of file'],
  [26, 'ETXTBSY', 'program file is being executed'],
  [27, 'EFBIG', 'file too large'],
  [28, 'ENOSPC', 'no space left'],
  [29, 'ESPIPE', 'cannot seek'],
  [30, 'EROFS', 'file system is read-only'],
  [31, 'EMLINK', 'too many links'],
  [32, 'EPIPE', 'nobody reads the other end'],
  [33, 'EDOM', 'argument outside the domain'],
  [34, 'ERANGE', 'number out of range'],
  [35, 'EDEADLK', 'would deadlock'],
  [36, 'ENAMETOOLONG', 'name too long'],
  [37, 'ENOLCK', 'no locks left'],
  [38, 'ENOSYS', 'the kernel does not have this system call'],
  [39, 'ENOTEMPTY', 'directory is not empty'],
  [40, 'ELOOP', 'too many levels, or a loop'],
  [42, 'ENOMSG', 'no message of this type'],
  [43, 'EIDRM', 'identifier was removed'],
  [44, 'ECHRNG', 'channel number out of range'],
  [45, 'EL2NSYNC', 'level 2 is not synchronized'],
  [46, 'EL3HLT', 'level 3 is halted'],
  [47, 'EL3RST', 'level 3 was reset'],
  [48, 'ELNRNG', 'link number out of range'],
  [49, 'EUNATCH', 'protocol driver is not attached'],
  [50, 'ENOCSI', 'no CSI structure left'],
  [51, 'EL2HLT', 'level 2 is halted'],
  [52, 'EBADE', 'invalid exchange'],
  [53, 'EBADR', 'invalid request descriptor'],
  [54, 'EXFULL', 'exchange is full'],
  [55, 'ENOANO', 'no anode'],
  [56, 'EBADRQC', 'invalid request code'],
  [57, 'EBADSLT', 'invalid slot'],
  [59, 'EBFONT', 'bad font file'],
  [60, 'ENOSTR', 'not a stream'],
  [61, 'ENODATA', 'no data'],
  [62, 'ETIME', 'time is up'],
  [63, 'ENOSR', 'out of stream resources'],
  [64, 'ENONET', 'machine is not on the network'],
  [65, 'ENOPKG', 'package is not installed'],
  [66, 'EREMOTE', 'object is remote'],
  [67, 'ENOLINK', 'link was severed'],
  [68, 'EADV', 'advertise failed'],
  [69, 'ESRMNT', 'srmount failed'],
  [70, 'ECOMM', 'sending failed'],
  [71, 'EPROTO', 'protocol violated'],
  [72, 'EMULTIHOP', 'multihop attempted'],
  [73, 'EDOTDOT', 'RFS failed'],
  [74, 'EBADMSG', 'not a valid message'],
  [75, 'EOVERFLOW', 'value too large for its type'],
  [76, 'ENOTUNIQ', 'name is not unique on the network'],
  [77, 'EBADFD', 'file descriptor is in a bad state'],
  [78, 'EREMCHG', 'remote address changed'],
  [79, 'ELIBACC', 'a shared library is not accessible'],
  [80, 'ELIBBAD', 'a shared library is corrupted'],
  [81, 'ELIBSCN', 'the .lib section is corrupted'],
  [82, 'ELIBMAX', 'too many shared libraries'],
  [83, 'ELIBEXEC', 'a shared library cannot be executed'],
  [84, 'EILSEQ', 'illegal byte sequence'],
  [85, 'ERESTART', 'interrupted, to be restarted'],
  [86, 'ESTRPIPE', 'stream pipe failed'],
  [87, 'EUSERS', 'too many users'],
  [88, 'ENOTSOCK', 'not a socket'],
  [89, 'EDESTADDRREQ', 'a destination address is needed'],
  [90, 'EMSGSIZE', 'message too long'],
  [91, 'EPROTOTYPE', 'wrong protocol for this type of socket'],
  [92, 'ENOPROTOOPT', 'no such socket option'],
  [93, 'EPROTONOSUPPORT', 'the kernel does not support this protocol'],
  [94, 'ESOCKTNOSUPPORT', 'the kernel does not support this type of socket'],
  [95, 'EOPNOTSUPP', 'operation not supported'],
  [96, 'EPFNOSUPPORT', 'the kernel does not support this protocol family'],
  [97, 'EAFNOSUPPORT', 'address family not supported'],
  [98, 'EADDRINUSE', 'address is in use'],
  [99, 'EADDRNOTAVAIL', 'address is not available here'],
  [100, 'ENETDOWN', 'network is down'],
  [101, 'ENETUNREACH', 'network is unreachable'],
  [102, 'ENETRESET', 'connection dropped by a network reset'],
  [103, 'ECONNABORTED', 'connection aborted'],
  [104, 'ECONNRESET', 'connection reset by the peer'],
  [105, 'ENOBUFS', 'no buffer space left, or messages were lost'],
  [106, 'EISCONN', 'already connected'],
  [107, 'ENOTCONN', 'not connected'],
  [108, 'ESHUTDOWN', 'already shut down'],
  [109, 'ETOOMANYREFS', 'too many references'],
  [110, 'ETIMEDOUT', 'timed out'],
  [111, 'ECONNREFUSED', 'connection refused'],
  [112, 'EHOSTDOWN', 'host is down'],
  [113, 'EHOSTUNREACH', 'no route to the host'],
  [114, 'EALREADY', 'already in progress'],
  [115, 'EINPROGRESS', 'in progress'],
  [116, 'ESTALE', 'stale file handle'],
  [117, 'EUCLEAN', 'structure needs cleaning'],
  [118, 'ENOTNAM', 'not a XENIX named file'],
  [119, 'ENAVAIL', 'no XENIX semaphores'],
  [120, 'EISNAM', 'is a named file'],
  [121, 'EREMOTEIO', 'remote input or output failed'],
  [122, 'EDQUOT', 'quota exceeded'],
  [123, 'ENOMEDIUM', 'no medium'],
  [124, 'EMEDIUMTYPE', 'wrong type of medium'],
  [125, 'ECANCELED', 'cancelled'],
  [126, 'ENOKEY', 'required key is missing'],
  [127, 'EKEYEXPIRED', 'key expired'],
  [128, 'EKEYREVOKED', 'key was revoked'],
  [129, 'EKEYREJECTED', 'key was rejected'],
  [130, 'EOWNERDEAD', 'owner died'],
  [131, 'ENOTRECOVERABLE', 'state cannot be recovered'],
  [132, 'ERFKILL', 'radio is switched off'],
  [133, 'EHWPOISON', 'memory page is broken'],
  // Not for user space by the headers, but BPF and tc let it out.
  [524, 'ENOTSUPP', 'operation not supported'],
];

/** Not in the headers of user space, but answered to it: include/linux/errno.h. */
export const ENOTSUPP = 524;

const byNumber = new Map(TABLE.map((row) => [row[0], row]));
const byName = new Map(TABLE.map((row) => [row[1], row[0]]));

/** The name of an error number of either sign: `EEXIST` for 17 and for -17; `E999` for an unknown one. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return byNumber.get(number)?.[1] ?? `E${number}`;
}

/** What an error number of either sign means, as a short text. */
export function errnoText(errno: number): string {
  const number = Math.abs(errno);
  return byNumber.get(number)?.[2] ?? `error ${number}`;
}

/** The positive number of an error name: 17 for `EEXIST`; undefined for a name that Linux does not have. */
export function errnoNumber(name: string): number | undefined {
  return byName.get(name);
}

/** What EPERM means for system calls that have one capability; the others have advice of their own. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  mount: 'CAP_SYS_ADMIN',
  umount: 'CAP_SYS_ADMIN',
  unshare: 'CAP_SYS_ADMIN',
  setns: 'CAP_SYS_ADMIN',
  socket: 'CAP_NET_RAW',
};

/** A system call that the kernel refused. */
export class SystemError extends NlbpfError {
  override readonly name: string = 'SystemError';
  /** The name of the error number: `EEXIST`. */
  readonly code: string;
  /** The error number, negative as Node.js has it: -17. */
  readonly errno: number;
  /** The system call: `mount`. */
  readonly syscall: string;
  /** What it was about: a path, a namespace, a socket; undefined if there is nothing to name. */
  readonly subject: string | undefined;

  /** `errno` may have either sign. */
  constructor(errno: number, syscall: string, subject?: string, options?: ErrorOptions) {
    const what = subject === undefined ? syscall : `${syscall} ${subject}`;
    const code = errnoName(errno);
    const capability = code === 'EPERM' ? CAPABILITIES[syscall] : undefined;
    super(
      `${what}: ${errnoText(errno)} (${code})${capability === undefined ? '' : `; it needs ${capability}`}`,
      options,
    );
    this.code = code;
    this.errno = -Math.abs(errno);
    this.syscall = syscall;
    this.subject = subject;
  }

  /** The same error as one of ours, from one that `node:fs` threw; anything else is given back as it is. */
  static from(error: unknown, subject?: string): unknown {
    if (error instanceof SystemError) return error;
    if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return error;
    const { syscall, path } = error as NodeJS.ErrnoException;
    return new SystemError(error.errno, syscall ?? 'system call', subject ?? path, { cause: error });
  }
}

/** Not Linux, an architecture without known system call numbers, or a koffi that cannot be loaded. */
export class PlatformError extends NlbpfError {
  override readonly name = 'PlatformError';
  override readonly code = 'ERR_UNSUPPORTED_PLATFORM';
}

/** Gives a result back if it is not negative; a negative one is an error number, and is thrown as SystemError. */
export function check(result: number, syscall: string, subject?: string): number {
  if (result < 0) throw new SystemError(result, syscall, subject);
  return result;
}
