// Finds the place in the sources for one in the bundle: reads the mappings of a source map, version 3.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** `file:row:column` for a place in the bundle, rows and columns from 1; undefined where there is none. */
export function sourceOf(map, row, column) {
  let best;
  for (const mapping of mappings(map, row)) {
    if (mapping.column > column - 1) break;
    best = mapping;
  }
  const file = best && map.sources[best.source];
  return file && `${file}:${best.row + 1}:${best.sourceColumn + 1}`;
}

/** The mappings of one row, in the order of their columns; all numbers from 0. */
function* mappings(map, row) {
  // All but the columns of the bundle are differences to the mapping before, across rows too.
  let source = 0;
  let sourceRow = 0;
  let sourceColumn = 0;
  for (const [index, line] of map.mappings.split(";").entries()) {
    let column = 0;
    for (const segment of line ? line.split(",") : []) {
      const numbers = decoded(segment);
      column += numbers[0];
      if (numbers.length < 4) continue;
      source += numbers[1];
      sourceRow += numbers[2];
      sourceColumn += numbers[3];
      if (index === row - 1) yield { column, source, row: sourceRow, sourceColumn };
    }
    if (index === row - 1) return;
  }
}

/** Numbers in base 64, five bits a digit, the lowest first; the lowest bit of all is the sign. */
function decoded(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
