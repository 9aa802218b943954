/** What has been done and must be undone, last first, and what is open meanwhile. */
export class Undo {
  #steps: { readonly what: string; readonly step: () => void; readonly closes: boolean }[] = [];

  defer(what: string, step: () => void): void {
    this.#steps.push({ what, step, closes: false });
  }

  /** Has a handle closed, in its turn or when what was done is kept. */
  use<T extends { close(): void }>(what: string, handle: T): T {
    this.#steps.push({ what, step: () => handle.close(), closes: true });
    return handle;
  }

  /** Undoes everything, the rest too when a step fails; answers what could not be undone. */
  run(): string[] {
    const failures: string[] = [];
    for (let last = this.#steps.pop(); last !== undefined; last = this.#steps.pop()) {
      try {
        last.step();
      } catch (error) {
        failures.push(`${last.what}: ${(error as Error).message}`);
      }
    }
    return failures;
  }

  /** Leaves all that was done, and closes the handles. */
  keep(): string[] {
    this.#steps = this.#steps.filter(({ closes }) => closes);
    return this.run();
  }
}
