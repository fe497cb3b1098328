import type { Part } from './part.ts';

export interface Product {
  version: string;
  /** Of Gatehouse itself. */
  licence: string;
}

const RULE = `${'='.repeat(100)}\n`;

/** For people: a list, and then each text once, with what it belongs to. */
export function noticesOf({ version }: Product, parts: readonly Part[]): string {
  const list = parts.map(
    ({ kind, name, version: own, licence }) => `${KINDS[kind]}  ${name} ${own}  ${licence}\n`,
  );
  const texts = [...byText(parts)].map(
    ([text, names]) => `${RULE}${names.join(', ')}\n${RULE}\n${text.trimEnd()}\n\n`,
  );
  return `Gatehouse ${version} contains the following works of others. Gatehouse itself is under the Apache License 2.0 (LICENSE);\nwhat is known and what is doubtful about the models is in NOTICE.\n\n${list.join('')}\n${texts.join('')}`;
}

const KINDS: Record<Part['kind'], string> = {
  package: 'npm package    ',
  page: 'in the pages   ',
  linked: 'linked library ',
  model: 'model          ',
  font: 'font           ',
};

function byText(parts: readonly Part[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, version, texts } of parts)
    for (const text of texts) {
      const names = found.get(text) ?? [];
      if (!names.includes(`${name} ${version}`)) found.set(text, [...names, `${name} ${version}`]);
    }
  return found;
}

/**
 * Debian's machine-readable form (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/). `folder` is where the program
 * lies, without a leading slash.
 */
export function debianCopyright({ licence }: Product, parts: readonly Part[], folder: string): string {
  const names = new Map<string, string>();
  const paragraphs = Object.values(Object.groupBy(parts, ({ place }) => place)).map((together) => {
    const [{ place }] = together as [Part];
    const text = [...new Set(together!.flatMap(({ texts }) => texts))].join('\n');
    const licences = [...new Set(together!.map((part) => part.licence))].join('-and-');
    const name =
      names.get(text) ?? `${licences.replaceAll(/[()]/g, '').replaceAll(' ', '-')}~${names.size + 1}`;
    names.set(text, name);
    const comment = together!.map((part) => `${part.name} ${part.version}`).join(', ');
    return `Files: ${folder}/${place.replaceAll(' ', '?')}\nCopyright: ${holdersOf(text)}\nLicense: ${name}\nComment: ${comment}\n`;
  });
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: gatehouse\n',
    'Files: *\nCopyright: 2026 The Gatehouse authors\nLicense: Apache-2.0\n',
    ...paragraphs,
    `License: Apache-2.0\n${indented(licence)}`,
    ...[...names].map(([text, name]) => `License: ${name}\n${indented(text)}`),
  ].join('\n');
}

/** Lines that name a holder, at most five: the text has all of them. */
function holdersOf(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(copyright|©|\(c\))/i.test(line) && /\d{4}|\(c\)|©/i.test(line))
    .map((line) => line.replace(/^((copyright|©|\(c\))[ :]*)+/i, '').slice(0, 100))
    .filter((line) => line !== '');
  const some = [...new Set(lines)].slice(0, 5);
  return some.length > 0 ? some.join('\n ') : 'see the text of the license';
}

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .\n' : ` ${line.trimEnd()}\n`))
    .join('');

/** For programs, and for `gatehouse licenses`: without texts. */
export const listOf = (parts: readonly Part[]) =>
  parts.map(({ kind, name, version, licence, place }) => ({ kind, name, version, licence, place }));
