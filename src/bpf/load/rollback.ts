/** Steps that undo what was done so far, for a job that is done whole or not at all. */
export class Rollback {
  readonly #steps: (() => void)[] = [];

  /** Adds a step, to be taken before those added earlier. */
  add(step: () => void): void {
    this.#steps.push(step);
  }

  /**
   * Carries `job` out. If it fails, takes all steps, even when some of them fail, and throws the error of `job`, whose
   * `notUndone` then holds theirs.
   */
  guard<T>(job: () => T): T {
    try {
      return job();
    } catch (error) {
      throw withFailures(error, this.#undo());
    }
  }

  #undo(): unknown[] {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        step();
      } catch (failure) {
        failures.push(failure);
      }
    }
    return failures;
  }
}

function withFailures(error: unknown, failures: readonly unknown[]): unknown {
  return failures.length > 0 && error instanceof Error ? Object.assign(error, { notUndone: failures }) : error;
}
