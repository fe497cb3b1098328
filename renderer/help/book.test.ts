import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHelp, shelves } from './book.ts';

const root = join(import.meta.dirname, '../..');
const { documents, files } = readHelp(root);
const byName = new Map(documents.map((one) => [one.name, one]));
const idsOf = (html: string) => new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));

test('each link of a document leads to a document and a heading of it, to a file of the help, to the box, or out', () => {
  expect(documents.length).toBeGreaterThan(35);
  const links = documents.flatMap(({ name, html }) =>
    [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to = '']) => ({ name, to })),
  );
  expect(links.length).toBeGreaterThan(300);
  const dead = links.filter(({ name, to }) => {
    if (/^https:\/\//.test(to) || ['/openapi.json', '/help'].includes(to)) return false;
    if (to.startsWith('/help/files/'))
      return !files.some((file) => file.endsWith(to.slice('/help/files'.length)));
    const [, target = '', anchor] = /^(?:\/help\/([\w-]+))?(?:#(.+))?$/.exec(to) ?? [];
    const document = byName.get(target || name);
    return document === undefined || (anchor !== undefined && !idsOf(document.html).has(anchor));
  });
  expect(dead).toEqual([]);
});

test('a link to what only the source code has is its text, and says so', () => {
  expect(byName.get('security')?.html).toContain('title="In the source code: docs/decisions/');
});

test('each document says in its first words which reader it is for', () => {
  const unsaid = documents
    .filter(({ file }) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/^<!--[\s\S]*?-->\s*/, '');
      const [, reader] = /^# .*\n\nFor (\w+)/.exec(text) ?? [];
      return !shelves.some((shelf) => shelf === reader);
    })
    .map(({ name }) => name);
  expect(unsaid.filter((name) => !/^(?:moving-from-|errors$|compatibility$)/.test(name))).toEqual([]);
});

test('every heading that is searched is one that the page has', () => {
  const missing = documents.flatMap(({ name, html, sections }) =>
    sections.filter(({ anchor }) => !idsOf(html).has(anchor)).map(({ anchor }) => `${name}#${anchor}`),
  );
  expect(missing).toEqual([]);
});

test('what scrolls sideways by itself is reached by the keyboard', () => {
  const blocks = documents.flatMap(({ html }) => html.match(/<(?:pre|div class="scroll")[^>]*>/g) ?? []);
  expect(blocks.length).toBeGreaterThan(200);
  expect(blocks.filter((block) => !block.includes(' tabindex="0"'))).toEqual([]);
});
