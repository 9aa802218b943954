import { closedOnError, Fd } from '../../sys/fd.js';
import { PROG_GET_FD_BY_ID } from '../attr.js';
import { bpfProgInfo, objectInfo } from '../info.js';
import { objectName } from '../map/create.js';
import { openPinned, pin } from '../pin.js';
import { bpf } from '../syscall.js';
import { type ProgramInfo, programInfo } from './info.js';
import { loadProgram, type ProgramOptions, programTypeNumber } from './load.js';
import { type TestRunOptions, type TestRunResult, testRun } from './test-run.js';

/**
 * A BPF program in the kernel. It crosses to netlink and tc as `{ fd }`.
 *
 * Close it when it is no longer needed; the program itself lives on where it is attached and under its pins.
 */
export class BpfProgram {
  /** As the kernel has it: 15 bytes at most; empty for a program without. */
  readonly name: string;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  readonly #fd: Fd;

  private constructor(fd: Fd, name: string, type: number) {
    this.#fd = fd;
    this.name = name;
    this.type = type;
  }

  /** Loads a program. Throws VerifierError, BpfError, UnsupportedError, EncodeError. */
  static load(options: ProgramOptions): BpfProgram {
    return new BpfProgram(loadProgram(options), objectName(options.name ?? ''), programTypeNumber(options.type));
  }

  /** Opens the program pinned at `path`. Throws BpfError (ENOENT), EncodeError if it is no program. */
  static open(path: string): BpfProgram {
    return BpfProgram.fromFd(openPinned(path, 'program'));
  }

  /** Opens the program with the kernel's number `id`; needs CAP_SYS_ADMIN. Throws BpfError (ENOENT). */
  static fromId(id: number): BpfProgram {
    const { result } = bpf(PROG_GET_FD_BY_ID, { id }, `program ${id}`);
    return BpfProgram.fromFd(new Fd(result, `BPF program ${id}`));
  }

  /** Takes over a descriptor of a program; it is closed if it turns out to be none. */
  static fromFd(fd: Fd): BpfProgram {
    return closedOnError(fd, () => {
      const { name, type } = objectInfo(fd.fd, bpfProgInfo, fd.what);
      return new BpfProgram(fd, name, type);
    });
  }

  /** The descriptor; throws ClosedError once closed. */
  get fd(): number {
    return this.#fd.fd;
  }

  get closed(): boolean {
    return this.#fd.closed;
  }

  /** What the kernel says about the program. */
  info(): ProgramInfo {
    return programInfo(this.fd, this.#subject);
  }

  /** Gives the program a name on a BPF file system, which keeps it alive until `unpin(path)`. Makes missing directories. */
  pin(path: string): void {
    pin(this.fd, path, this.#subject);
  }

  /** Runs the program on data given here, without any traffic. */
  testRun(options: TestRunOptions = {}): TestRunResult {
    return testRun(this.fd, this.type, this.#subject, options);
  }

  /** May be called again, without effect. */
  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get #subject(): string {
    return this.name === '' ? 'program' : `program ${this.name}`;
  }
}
