/**
 * Order of documents in which neighbours are about the same: halves, halves of halves and so on, by 2-means. Why: what a
 * question touches then lies together, so that few blocks are fetched, and the distances in posting lists are small.
 *
 * @param vectors - [documents, dim] one for each document; the same ones give the same order.
 * @param small - groups up to this size stay as they are.
 * @returns ordinals of documents. O(documents · dim · log documents).
 */
export function orderDocuments(vectors: Float32Array, dim: number, small = 4): Uint32Array {
  const order = Uint32Array.from({ length: dim === 0 ? 0 : vectors.length / dim }, (_, i) => i);
  const pending = [order];
  for (let group = pending.pop(); group !== undefined; group = pending.pop()) {
    if (group.length <= small) continue;
    const cut = splitGroup(group, vectors, dim);
    pending.push(group.subarray(0, cut), group.subarray(cut));
  }
  return order;
}

const rounds = 5;
/** Smallest share of a half: lopsided halves would make many rounds of it. */
const minShare = 0.2;

/** Puts the group in order of a line between its two means. @returns where the second half begins. */
function splitGroup(group: Uint32Array, vectors: Float32Array, dim: number): number {
  const line = findLine(group, vectors, dim);
  const place = new Map(Array.from(group, (document) => [document, project(vectors, document, line, dim)]));
  group.sort((a, b) => place.get(a)! - place.get(b)! || a - b);
  const middle = (place.get(group[0]!)! + place.get(group.at(-1)!)!) / 2;
  const cut = group.findIndex((document) => place.get(document)! > middle);
  const least = Math.ceil(group.length * minShare);
  return Math.min(group.length - least, Math.max(least, cut < 0 ? group.length >> 1 : cut));
}

function findLine(group: Uint32Array, vectors: Float32Array, dim: number): Float32Array {
  const first = farthest(group, meanOf(group, vectors, dim), vectors, dim);
  let a: Float32Array = vectors.slice(first * dim, (first + 1) * dim);
  const second = farthest(group, a, vectors, dim);
  let b: Float32Array = vectors.slice(second * dim, (second + 1) * dim);
  let line: Float32Array = difference(a, b);
  for (let round = 0; round < rounds; round++) {
    const middle = (dot(line, a) + dot(line, b)) / 2;
    const sides = [group.filter((each) => project(vectors, each, line, dim) <= middle)];
    const inFirst = new Set(sides[0]);
    sides.push(group.filter((each) => !inFirst.has(each)));
    if (sides[0]!.length === 0 || sides[1]!.length === 0) break;
    a = meanOf(sides[0]!, vectors, dim);
    b = meanOf(sides[1]!, vectors, dim);
    line = difference(a, b);
  }
  return line;
}

function difference(from: Float32Array, to: Float32Array): Float32Array {
  return to.map((value, i) => value - from[i]!);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function project(vectors: Float32Array, document: number, line: Float32Array, dim: number): number {
  let sum = 0;
  for (let i = 0, at = document * dim; i < dim; i++, at++) sum += vectors[at]! * line[i]!;
  return sum;
}

function meanOf(group: Uint32Array, vectors: Float32Array, dim: number): Float32Array {
  const mean = new Float32Array(dim);
  for (const document of group) for (let i = 0; i < dim; i++) mean[i]! += vectors[document * dim + i]! / group.length;
  return mean;
}

function farthest(group: Uint32Array, from: Float32Array, vectors: Float32Array, dim: number): number {
  let best = group[0]!;
  let greatest = -1;
  for (const document of group) {
    let square = 0;
    for (let i = 0; i < dim; i++) square += (vectors[document * dim + i]! - from[i]!) ** 2;
    if (square > greatest) {
      greatest = square;
      best = document;
    }
  }
  return best;
}
