/** Numbers from IEEE 754 half precision, which JavaScript engines learned to read only lately. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, decodeHalf);
}

function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
