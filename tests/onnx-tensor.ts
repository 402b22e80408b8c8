/**
 * An ONNX file with other numbers in one of its tensors: the first that has as many of 32 bits.
 *
 * @throws where there is none.
 */
export function changeTensor(file: Buffer, count: number, change: (value: number) => number): Buffer {
  const changed = Buffer.from(file);
  const start = findRawData(file, count * 4);
  for (let at = start; at < start + count * 4; at += 4) changed.writeFloatLE(change(file.readFloatLE(at)), at);
  return changed;
}

/** Where a field `raw_data` (number 9, of bytes) of that size begins. */
function findRawData(file: Buffer, size: number): number {
  const head = [0x4a];
  for (let rest = size; rest > 0; rest >>>= 7) head.push((rest & 127) | (rest > 127 ? 128 : 0));
  const place = file.indexOf(Buffer.from(head));
  if (place < 0) throw new Error(`no tensor of ${size} bytes`);
  return place + head.length;
}
