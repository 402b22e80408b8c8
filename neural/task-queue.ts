/** Work in steps; between two of them a more urgent task may run. */
type Steps<T> = AsyncGenerator<undefined, T>;

interface Task {
  readonly isUrgent: boolean;
  /** Runs one step; true when the task has ended. */
  advance(): Promise<boolean>;
}

/** Runs one step at a time: urgent tasks first, else in the order they came. */
export class TaskQueue {
  #tasks: Task[] = [];
  #isRunning = false;

  /** Adds a task. @returns its result, once it has come to its turn and its end. */
  run<T>(steps: Steps<T>, isUrgent: boolean): Promise<T> {
    return new Promise((resolve, reject) => {
      const advance = async (): Promise<boolean> => {
        try {
          const step = await steps.next();
          if (step.done) resolve(step.value);
          return step.done === true;
        } catch (error) {
          reject(error as Error);
          return true;
        }
      };
      this.#tasks.push({ isUrgent, advance });
      if (!this.#isRunning) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    for (let task = this.#next(); task !== undefined; task = this.#next()) {
      if (await task.advance()) this.#tasks = this.#tasks.filter((each) => each !== task);
      // Why: messages of the page are read between two steps, and a query that came meanwhile goes first.
      await new Promise((done) => setTimeout(done));
    }
    this.#isRunning = false;
  }

  #next(): Task | undefined {
    return this.#tasks.find(({ isUrgent }) => isUrgent) ?? this.#tasks[0];
  }
}
