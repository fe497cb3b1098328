import { setImmediate } from 'node:timers/promises';

interface Searched {
  name: string;
  title: string;
  sections: readonly { heading: string; anchor: string; text: string }[];
}

export interface Found {
  document: Pick<Searched, 'name' | 'title'>;
  heading: string;
  anchor: string;
  /** Text around the first of the words, in parts: what was looked for, and what stands between. */
  excerpt: { text: string; isHit: boolean }[];
}

/** Sections that have every word of what is asked for, those with the words in a heading first. */
export type SearchHelp = (asked: string) => Found[];

const MOST = 30;
const AROUND = 90;
/** Of one word in one section. */
const MOST_COUNTED = 5;

interface Section extends Omit<Found, 'excerpt'> {
  /** As they are searched. */
  head: string;
  body: string;
  /** As many as `body` has. */
  characters: readonly string[];
}

/** A search takes no credential, so all that it needs of the texts is made once; between two documents everything else gets its turn. */
export async function createHelpSearch(documents: readonly Searched[]): Promise<SearchHelp> {
  const sections: Section[] = [];
  for (const { name, title, sections: own } of documents) {
    for (const { heading, anchor, text } of own) {
      const characters = charactersOf(text);
      const document = { name, title };
      const head = fold(`${title} ${heading}`);
      sections.push({ document, heading, anchor, head, body: characters.map(foldOne).join(''), characters });
    }
    await setImmediate();
  }
  return (asked) => {
    const words = [...new Set(fold(asked).split(/\s+/).filter(Boolean))].slice(0, 8);
    if (words.length === 0) return [];
    return sections
      .filter(({ head, body }) => words.every((word) => head.includes(word) || body.includes(word)))
      .map((section) => ({ section, rank: rankOf(section, words) }))
      .toSorted((a, b) => b.rank - a.rank)
      .slice(0, MOST)
      .map(({ section }) => {
        const { document, heading, anchor } = section;
        return { document, heading, anchor, excerpt: excerptOf(section, words) };
      });
  };
}

function rankOf({ head, body }: Section, words: readonly string[]): number {
  const inHead = words.filter((word) => head.includes(word)).length;
  return inHead * 100 + words.reduce((sum, word) => sum + countOf(word, body), 0);
}

function countOf(word: string, text: string): number {
  let count = 0;
  for (
    let at = text.indexOf(word);
    at >= 0 && count < MOST_COUNTED;
    at = text.indexOf(word, at + word.length)
  )
    count++;
  return count;
}

const charactersOf = (text: string) => [...text.normalize('NFC')];
const foldOne = (one: string) =>
  (one < '\u0080' ? one : one.normalize('NFD').charAt(0)).toLowerCase().charAt(0);
/** One character stays one character, so that places in the folded text are places in the text. */
const fold = (text: string) => charactersOf(text).map(foldOne).join('');

function excerptOf({ body, characters }: Section, words: readonly string[]): Found['excerpt'] {
  const first = Math.min(...words.map((word) => body.indexOf(word)).filter((at) => at >= 0), body.length);
  const from = first === body.length ? 0 : Math.max(0, first - AROUND);
  const end = Math.min(characters.length, from + 3 * AROUND);
  const shown = body.slice(from, end);
  const textOf = (begin: number, until: number) => characters.slice(from + begin, from + until).join('');
  const parts: Found['excerpt'] = [];
  let at = 0;
  while (at < shown.length) {
    const hits = words
      .map((word) => ({ word, place: shown.indexOf(word, at) }))
      .filter(({ place }) => place >= 0);
    const next = hits.toSorted((a, b) => a.place - b.place || b.word.length - a.word.length)[0];
    if (next === undefined) break;
    const after = next.place + next.word.length;
    if (next.place > at) parts.push({ text: textOf(at, next.place), isHit: false });
    parts.push({ text: textOf(next.place, after), isHit: true });
    at = after;
  }
  if (at < shown.length) parts.push({ text: textOf(at, shown.length), isHit: false });
  if (from > 0) parts.unshift({ text: '… ', isHit: false });
  if (end < characters.length) parts.push({ text: ' …', isHit: false });
  return parts;
}
