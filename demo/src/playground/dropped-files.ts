/** A file that a visitor has given, with its path from what was dropped or chosen. */
export interface DroppedFile {
  readonly path: string;
  readonly file: File;
}

/** Files of one visit, and how many were left out. */
export interface DroppedFiles {
  readonly files: readonly DroppedFile[];
  /** Files beyond `maxFiles`. */
  readonly omitted: number;
}

/** Most files that are read. */
export const maxFiles = 1000;

const isUnread = (path: string): boolean =>
  path.split("/").some((part) => part.startsWith(".") || part === "node_modules");

/** Gives what was chosen by a file field; of a folder, all files below it. */
export function readChosen(list: FileList): DroppedFiles {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return limitFiles(files.filter(({ path }) => !isUnread(path)));
}

/** Gives what was dropped: files, and all files below folders. Must be called in the handler of the event. */
export async function readDropped(transfer: DataTransfer): Promise<DroppedFiles> {
  // Why all at once: the entries are gone when the handler has ended.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files: DroppedFile[] = [];
  for (const entry of entries) await collect(entry, files);
  return limitFiles(files);
}

function limitFiles(files: readonly DroppedFile[]): DroppedFiles {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { files: sorted.slice(0, maxFiles), omitted: Math.max(0, sorted.length - maxFiles) };
}

async function collect(entry: FileSystemEntry, files: DroppedFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isUnread(path)) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    files.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // Why in a loop: a reader gives a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, files);
  }
}
