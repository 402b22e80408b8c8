/** Steps of the power iteration: more do not move a dot by what can be seen. */
const steps = 20;

/**
 * Projects rows onto the two directions in which they differ most (principal components, by power iteration).
 *
 * @param vectors - [rows, dim], row by row.
 * @returns [rows, 2]; of zeros where rows do not differ. O(rows · dim).
 */
export function projectToPlane(vectors: Float32Array, dim: number): Float32Array {
  const rows = dim === 0 ? 0 : vectors.length / dim;
  const centred = centre(vectors, rows, dim);
  const plane = new Float32Array(rows * 2);
  for (const axis of [0, 1]) {
    const direction = findDirection(centred, rows, dim, axis);
    for (let row = 0; row < rows; row++) {
      const along = dot(centred, row * dim, direction);
      plane[row * 2 + axis] = along;
      // Why: the next direction is to be at a right angle to this one.
      for (let i = 0; i < dim; i++) centred[row * dim + i]! -= along * direction[i]!;
    }
  }
  return plane;
}

function centre(vectors: Float32Array, rows: number, dim: number): Float32Array {
  const mean = new Float32Array(dim);
  for (let i = 0; i < vectors.length; i++) mean[i % dim]! += vectors[i]! / rows;
  return vectors.map((value, i) => value - mean[i % dim]!);
}

function dot(vectors: Float32Array, from: number, direction: Float32Array): number {
  let sum = 0;
  // Why a plain loop: it runs for every row at every step, on the page's thread.
  for (let i = 0; i < direction.length; i++) sum += direction[i]! * vectors[from + i]!;
  return sum;
}

/** The direction of most variance, of length 1; zeros where there is none. */
function findDirection(vectors: Float32Array, rows: number, dim: number, axis: number): Float32Array {
  // Why these numbers: the same start each time gives the same plot, and none is at a right angle to everything.
  let direction = Float32Array.from({ length: dim }, (_, i) => Math.cos(i * (axis + 1) + 1));
  for (let step = 0; step < steps; step++) {
    const next = new Float32Array(dim);
    for (let row = 0; row < rows; row++) {
      const along = dot(vectors, row * dim, direction);
      for (let i = 0; i < dim; i++) next[i]! += along * vectors[row * dim + i]!;
    }
    const length = Math.hypot(...next);
    if (length < 1e-9) return new Float32Array(dim);
    direction = next.map((value) => value / length);
  }
  return direction;
}
