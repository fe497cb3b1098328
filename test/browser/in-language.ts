import { join } from 'node:path';
import { readCatalogs, textsOf } from '../../renderer/catalogs.ts';

/** What the pages of the product show for an English text of theirs, in that language; several where the same English stands for several. */
export type Say = (english: string) => RegExp;

const plain = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const hole = /\{(\w+)\}/g;

/** Names in a text, such as those of "Actions for Oslo", stay. What is in no catalog stays too. `whole`: nothing before or behind it. */
export function inLanguage(language: string, { whole = true } = {}): Say {
  const pairs = language === 'en' ? [] : pairsOf(language);
  return (english) => {
    const exact = pairs.filter(([of]) => of === english).map(([, to]) => to);
    const found = exact.length > 0 ? exact : pairs.flatMap(([of, to]) => fill(of, to, english));
    const texts = [...new Set(found.length > 0 ? found : [english])].map(plain).join('|');
    return new RegExp(whole ? `^(?:${texts})$` : texts);
  };
}

function pairsOf(language: string): [english: string, other: string][] {
  if (language !== 'de') throw new Error(`The pages have no ${language}.`);
  return readCatalogs(join(import.meta.dirname, '../../renderer')).flatMap(({ en, de }) =>
    Object.entries(en).flatMap(([key, message]) => {
      const german = textsOf(de[key]!);
      return textsOf(message).map((text, index): [string, string] => [text, german[index]!]);
    }),
  );
}

function fill(english: string, other: string, text: string): string[] {
  const words = english.replace(hole, '');
  // "{from} to {to}" would fit too much.
  if (words === english || words.replace(/\P{L}/gu, '').length < 4) return [];
  const named = new Set<string>();
  const pattern = plain(english).replace(/\\\{(\w+)\\\}/g, (_, name: string) => {
    if (named.has(name)) return `\\k<${name}>`;
    named.add(name);
    return `(?<${name}>.+)`;
  });
  const groups = new RegExp(`^${pattern}$`).exec(text)?.groups;
  return groups ? [other.replace(hole, (_, name: string) => groups[name] ?? '')] : [];
}
