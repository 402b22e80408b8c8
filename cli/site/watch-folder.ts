import { watch } from "node:fs";
import { resolve, sep } from "node:path";

/** Files are often written in bursts; a build begins when this many ms have passed without a change. */
const quietMs = 150;

/**
 * Runs a task whenever something changes below a folder, one run after the other; changes during a run lead to one more.
 * Left out are names that begin with a dot, and what changes below `excluded`, where the task itself writes.
 *
 * @param task - must not reject.
 * @returns a promise that is fulfilled when the signal ends the watch and the last run is over.
 */
export async function watchFolder(
  folder: string,
  excluded: string,
  signal: AbortSignal,
  task: () => Promise<void>,
): Promise<void> {
  const root = resolve(folder);
  const own = resolve(excluded);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isDue = false;
  const start = (): void => {
    if (running !== undefined) return void (isDue = true);
    running = task().finally(() => {
      running = undefined;
      if (isDue && !signal.aborted) start();
    });
    isDue = false;
  };
  const onChange = (name: string | null): void => {
    if (name !== null && isOwn(resolve(root, name), root, own)) return;
    clearTimeout(timer);
    timer = setTimeout(start, quietMs);
  };
  const watcher = watch(root, { recursive: true, signal }, (_, name) => onChange(name));
  await new Promise<void>((done, fail) => {
    watcher.on("close", done);
    watcher.on("error", fail);
  });
  clearTimeout(timer);
  await running;
}

function isOwn(path: string, root: string, own: string): boolean {
  if (path === own || path.startsWith(own + sep)) return true;
  return path
    .slice(root.length)
    .split(sep)
    .some((part) => part.startsWith("."));
}
