/**
 * Letters that differ in case alone become one: Unicode's simple case folding, so `σ` and `ς` (`Σ` is the capital of both), `ß` and
 * `ẞ`. Text of another meaning stays apart: `ß` and `ss`, `ı` and `i`. As `sdk/admin/fold-case.ts`, which no service imports.
 */
export const foldCase = (text: string): string =>
  PLAIN.test(text) ? text.toLowerCase() : Array.from(text, folded).join('');

const PLAIN = /^[\0-\x7f]*$/;

/** A letter at a time: how `toLowerCase` writes a sigma depends on what is beside it. */
function folded(letter: string): string {
  const capital = letter.toUpperCase();
  const isOne = [...capital].length === 1 && letter !== 'ı';
  return (isOne ? capital : letter).toLowerCase();
}
