/**
 * Edit distance between two words, where exchanging two neighbours counts as one edit (optimal string alignment).
 *
 * @param limit - once the distance must be greater, any greater number is returned: most pairs end after a few rows.
 * @see Damerau, CACM 7(3) 1964, doi:10.1145/363958.363994
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = nextRow(a, b, i, previous, beforePrevious);
    if (Math.min(...row) > limit) return limit + 1;
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}

function nextRow(a: string, b: string, i: number, previous: number[], beforePrevious: number[]): number[] {
  const row = [i];
  for (let j = 1; j <= b.length; j++) {
    const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
    let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution);
    const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    if (exchanged) cost = Math.min(cost, beforePrevious[j - 2]! + 1);
    row.push(cost);
  }
  return row;
}
