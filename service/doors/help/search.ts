import type { HelpDocument } from './book.ts';

export interface Found {
  document: Pick<HelpDocument, 'name' | 'title'>;
  heading: string;
  anchor: string;
  /** Text around the first of the words, in parts: what was looked for, and what stands between. */
  excerpt: { text: string; isHit: boolean }[];
}

const MOST = 30;
const AROUND = 90;

/** Sections that have every word of `asked`, those with the words in a heading first. */
export function searchHelp(documents: readonly HelpDocument[], asked: string): Found[] {
  const words = [...new Set(fold(asked).split(/\s+/).filter(Boolean))].slice(0, 8);
  if (words.length === 0) return [];
  return documents
    .flatMap((document) =>
      document.sections.flatMap(({ heading, anchor, text }) => {
        const head = fold(`${document.title} ${heading}`);
        const body = fold(text);
        if (!words.every((word) => head.includes(word) || body.includes(word))) return [];
        const rank = words.filter((word) => head.includes(word)).length;
        const often = words.reduce((sum, word) => sum + Math.min(body.split(word).length - 1, 5), 0);
        return [
          {
            rank: rank * 100 + often,
            found: {
              document: { name: document.name, title: document.title },
              heading,
              anchor,
              excerpt: excerptOf(text, words),
            },
          },
        ];
      }),
    )
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, MOST)
    .map(({ found }) => found);
}

/** One character stays one character, so that places in the folded text are places in the text. */
const fold = (text: string) =>
  [...text.normalize('NFC')].map((one) => one.normalize('NFD').charAt(0).toLowerCase().charAt(0)).join('');

function excerptOf(text: string, words: readonly string[]): Found['excerpt'] {
  const characters = [...text.normalize('NFC')];
  const folded = fold(text);
  const first = Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at >= 0), text.length);
  const from = first === text.length ? 0 : Math.max(0, first - AROUND);
  const shown = characters.slice(from, from + 3 * AROUND).join('');
  const parts: Found['excerpt'] = [];
  let rest = shown;
  while (rest !== '') {
    const at = fold(rest);
    const hits = words.map((word) => ({ word, place: at.indexOf(word) })).filter(({ place }) => place >= 0);
    const next = hits.toSorted((a, b) => a.place - b.place || b.word.length - a.word.length)[0];
    if (next === undefined) break;
    if (next.place > 0) parts.push({ text: rest.slice(0, next.place), isHit: false });
    parts.push({ text: rest.slice(next.place, next.place + next.word.length), isHit: true });
    rest = rest.slice(next.place + next.word.length);
  }
  if (rest !== '') parts.push({ text: rest, isHit: false });
  if (from > 0) parts.unshift({ text: '… ', isHit: false });
  if (from + 3 * AROUND < characters.length) parts.push({ text: ' …', isHit: false });
  return parts;
}
