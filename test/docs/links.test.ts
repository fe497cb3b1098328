import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { cwd: root }),
];
const texts = new Map<string, string>();
const anchors = new Map<string, Set<string>>();

test('every relative link in the documents leads to a file, and its anchor to a heading', () => {
  expect(documents.length).toBeGreaterThan(20);
  const links = documents.flatMap((document) => linksOf(document).map((link) => ({ document, link })));
  expect(links.length).toBeGreaterThan(50);
  expect(links.flatMap(({ document, link }) => faultOf(document, link))).toEqual([]);
});

test('every source file that the documents name is there', () => {
  const current = documents.filter((document) => document !== 'CHANGELOG.md');
  const named = current.flatMap((document) => filesNamedIn(document).map((file) => ({ document, file })));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ file }) => !existsSync(join(root, file)))).toEqual([]);
});

test('a link to a missing file or heading is found', () => {
  expect(faultOf('README.md', 'docs/NOT-THERE.md')).toEqual(['README.md: docs/NOT-THERE.md: no such file']);
  expect(faultOf('README.md', 'docs/OPERATIONS.md#not-there')).toEqual([
    'README.md: docs/OPERATIONS.md#not-there: no such heading',
  ]);
  expect(faultOf('README.md', 'docs/OPERATIONS.md#the-clock')).toEqual([]);
});

function faultOf(document: string, link: string): string[] {
  const [path = '', anchor] = link.split('#');
  const target =
    path === '' ? join(root, document) : resolve(root, dirname(document), decodeURIComponent(path));
  if (relative(root, target).startsWith('..') || !existsSync(target))
    return [`${document}: ${link}: no such file`];
  if (anchor === undefined || !target.endsWith('.md') || !statSync(target).isFile()) return [];
  return anchorsOf(target).has(anchor) ? [] : [`${document}: ${link}: no such heading`];
}

/** Targets of inline links, images and reference definitions that stay within the repository. */
function linksOf(document: string): string[] {
  const text = proseOf(join(root, document));
  const inline = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)];
  return [...inline, ...references]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link));
}

/** Paths of source files in the prose, such as those of the tests that show a claim. */
function filesNamedIn(document: string): string[] {
  const paths = /(?<![\w./-])(?:test|service|main|models|sdk|demo|bin)\/[\w./-]+\.(?:ts|mjs|json|md)\b/g;
  return [...proseOf(join(root, document)).matchAll(paths)].map(([path]) => path);
}

/** The anchors that GitHub makes of the headings: lower case, without punctuation, hyphens for spaces, numbered when repeated. */
function anchorsOf(file: string): Set<string> {
  const known = anchors.get(file);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const [, heading = ''] of proseOf(file).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-');
    let unique = slug;
    for (let count = 1; found.has(unique); count++) unique = `${slug}-${count}`;
    found.add(unique);
  }
  anchors.set(file, found);
  return found;
}

/** The text without fenced blocks, in which nothing is a link or a heading. */
function proseOf(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  const prose = readFileSync(file, 'utf8').replace(/^(```+)[\s\S]*?^\1\s*$/gm, '');
  texts.set(file, prose);
  return prose;
}
