const memories: WeakRef<WebAssembly.Memory>[] = [];

/**
 * Remembers every WASM memory that is made from now on.
 * Why so: the runtime keeps its memory to itself, and no browser tells a worker how much it uses.
 */
export function watchHeap(): void {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = new Proxy(Memory, {
    construct(target, args: [WebAssembly.MemoryDescriptor], newTarget) {
      const memory = Reflect.construct(target, args, newTarget) as WebAssembly.Memory;
      memories.push(new WeakRef(memory));
      return memory;
    },
  });
}

/** Bytes of all WASM memories that were watched. */
export function heapBytes(): number {
  return memories.reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
}
