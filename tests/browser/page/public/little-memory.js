// A device with 2 GB of memory.
Object.defineProperty(navigator, "deviceMemory", { value: 2 });
