/** Steps of the power iteration, and rows that it looks at: more do not move a dot by what can be seen. */
const steps = 20;
const maxSample = 300;

/**
 * Projects rows onto the two directions in which they differ most (principal components, by power iteration over some of them,
 * spread evenly). Takes some milliseconds: it runs on the page's thread.
 *
 * @param vectors - [rows, dim], row by row.
 * @returns [rows, 2]; of zeros where rows do not differ. O(rows · dim).
 */
export function projectToPlane(vectors: Float32Array, dim: number): Float32Array {
  const rows = dim === 0 ? 0 : vectors.length / dim;
  const mean = findMean(vectors, rows, dim);
  const sample = takeSample(vectors, rows, dim, mean);
  const plane = new Float32Array(rows * 2);
  for (const axis of [0, 1]) {
    const direction = findDirection(sample, dim, axis);
    // Why: the next direction is to be at a right angle to this one.
    for (let from = 0; from < sample.length; from += dim) {
      const along = dot(sample, from, direction);
      for (let i = 0; i < dim; i++) sample[from + i]! -= along * direction[i]!;
    }
    const centre = dot(mean, 0, direction);
    for (let row = 0; row < rows; row++) plane[row * 2 + axis] = dot(vectors, row * dim, direction) - centre;
  }
  return plane;
}

function findMean(vectors: Float32Array, rows: number, dim: number): Float32Array {
  const mean = new Float32Array(dim);
  for (let row = 0; row < rows; row++) for (let i = 0; i < dim; i++) mean[i]! += vectors[row * dim + i]! / rows;
  return mean;
}

/** Rows without their mean, spread evenly over all. */
function takeSample(vectors: Float32Array, rows: number, dim: number, mean: Float32Array): Float32Array {
  const count = Math.min(rows, maxSample);
  const sample = new Float32Array(count * dim);
  for (let each = 0; each < count; each++) {
    const from = Math.floor((each * rows) / count) * dim;
    for (let i = 0; i < dim; i++) sample[each * dim + i] = vectors[from + i]! - mean[i]!;
  }
  return sample;
}

function dot(vectors: Float32Array, from: number, direction: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < direction.length; i++) sum += direction[i]! * vectors[from + i]!;
  return sum;
}

/** The direction of most variance, of length 1; zeros where there is none. */
function findDirection(vectors: Float32Array, dim: number, axis: number): Float32Array {
  // Why these numbers: the same start each time gives the same plot, and none is at a right angle to everything.
  let direction = Float32Array.from({ length: dim }, (_, i) => Math.cos(i * (axis + 1) + 1));
  for (let step = 0; step < steps; step++) {
    const next = new Float32Array(dim);
    for (let from = 0; from < vectors.length; from += dim) {
      const along = dot(vectors, from, direction);
      for (let i = 0; i < dim; i++) next[i]! += along * vectors[from + i]!;
    }
    const length = Math.hypot(...next);
    if (length < 1e-9) return new Float32Array(dim);
    direction = next.map((value) => value / length);
  }
  return direction;
}
