/**
 * Letters that differ in case alone become one: Unicode's simple case folding, so `σ` and `ς` (`Σ` is the capital of both), `ß` and
 * `ẞ`. Text of another meaning stays apart: `ß` and `ss`, `ı` and `i`. As the service folds (`service/lib/fold-case.ts`).
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

/** Of what is searched and of what it is searched in: `ß` as `ss` too, which is how it is often typed. As people are searched by the service. */
const foldForSearch = (text: string): string => foldCase(text.normalize('NFKC')).replaceAll('ß', 'ss');

/** Whether one of the texts has `find` in it; each has an empty one. */
export const isFoundIn = (find: string, texts: readonly (string | undefined)[]): boolean => {
  const wanted = foldForSearch(find.trim());
  return texts.some((text) => text !== undefined && foldForSearch(text).includes(wanted));
};
