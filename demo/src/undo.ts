/** What has been done and must be undone, last first. */
export class Undo {
  readonly #steps: { readonly what: string; readonly step: () => void }[] = [];

  defer(what: string, step: () => void): void {
    this.#steps.push({ what, step });
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
}
