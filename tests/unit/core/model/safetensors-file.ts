/** One tensor to write; `offsets` and `header` let a test lie about it. */
export interface TensorToWrite {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly offsets?: readonly unknown[];
}

/** A safetensors file; its header is padded to `align` bytes. */
export function writeSafetensors(tensors: Record<string, TensorToWrite>, align = 8): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: "test" } };
  let end = 0;
  for (const [name, { dtype, shape, bytes, offsets }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: offsets ?? [end, end + bytes.length] };
    end += bytes.length;
  }
  let text = JSON.stringify(header);
  text += " ".repeat((align - ((8 + text.length) % align)) % align);
  return writeFile(
    text,
    Object.values(tensors).map(({ bytes }) => bytes),
  );
}

/** A file with that very header text. */
export function writeFile(header: string, data: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, text.length, true);
  return Uint8Array.from([length, text, ...data].flatMap((part) => [...part]));
}

/** Bytes of a typed array. */
export function bytesOf(numbers: Float32Array | Uint16Array | Int8Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
