/** Writes a value as JSON. Why not plainly: old libraries give arrays a `toJSON`, which writes something else. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, changed: unknown) {
    const own = this[key];
    return Array.isArray(own) ? own : changed;
  });
}
