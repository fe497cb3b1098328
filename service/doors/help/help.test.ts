import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createHelpDoor } from './index.ts';
import { createHelpSearch } from './search.ts';

let folder: string;
let app: ReturnType<typeof createServer>;
const keys = {
  name: 'keys',
  file: 'docs/KEYS.md',
  title: 'API keys',
  shelf: 'administrators' as const,
  about: 'A key belongs to one world.',
  html: '<h1 id="api-keys">API keys</h1><h2 id="leaks">Leaks</h2><p>Revoke it.</p>',
  sections: [
    { heading: 'API keys', anchor: 'api-keys', text: 'A key belongs to one organization and one world.' },
    {
      heading: 'Leaks',
      anchor: 'leaks',
      text: `${'x '.repeat(200)}Revoke a key whose Straße is <b>known</b>.`,
    },
  ],
};
const get = (url: string) => app.inject({ url, headers: { accept: 'text/html' } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-help-'));
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  await app.register(createHelpDoor({ folder, version: '1.2.3' }));
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

test('not built, each page says what builds it', async () => {
  for (const url of ['/help', '/help/keys', '/help/search?q=x']) {
    const { statusCode, body } = await get(url);
    expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run build:renderer')]);
  }
});

test('the index lists the documents by reader, and the policy of every page lets no script run', async () => {
  await mkdir(join(folder, 'files'));
  await writeFile(join(folder, 'files/prometheus.yml'), 'global: {}');
  await writeFile(join(folder, 'book.json'), JSON.stringify({ documents: [keys] }));
  const { statusCode, body, headers } = await get('/help');
  expect([statusCode, body]).toEqual([
    200,
    expect.stringContaining('<a href="/help/keys">API keys</a>: a key belongs to one world.'),
  ]);
  for (const reader of ['operators', 'administrators', 'developers', 'auditors'])
    expect(body).toContain(`id="${reader}"`);
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self';/,
  );
  expect(body).not.toMatch(/<script|https?:\/\//);
});

test('a document is found by its name, also as files are named', async () => {
  for (const url of ['/help/keys', '/help/KEYS', '/help/KEYS.md']) {
    const { statusCode, body } = await get(url);
    expect([statusCode, body]).toEqual([200, expect.stringContaining('<h2 id="leaks">Leaks</h2>')]);
  }
});

test('an unknown document is 404 with a way on, and its name is escaped', async () => {
  const { statusCode, body } = await get('/help/%3Cscript%3E');
  expect([statusCode, body]).toEqual([404, expect.stringContaining('“&lt;script&gt;”')]);
  expect(body).toContain('<a href="/help">All documents</a>');
});

test('the search leads to the section, with the words marked and everything escaped', async () => {
  const { body } = await get('/help/search?q=REVOKE+strasse');
  expect(body).toContain('No section has all of these words');
  const found = await get('/help/search?q=revoke+KEY');
  expect(found.body).toContain('<a href="/help/keys#leaks">API keys: Leaks</a>');
  expect(found.body).toContain(
    '<mark>Revoke</mark> a <mark>key</mark> whose Straße is &lt;b&gt;known&lt;/b&gt;.',
  );
  const hostile = await get(`/help/search?q=${encodeURIComponent('"><img src=x>')}`);
  expect(hostile.body).not.toContain('<img src=x>');
  expect((await get('/help/search?q=a&q=b')).statusCode).toBe(200);
});

test('a heading with the words comes first', async () => {
  const world = { heading: 'World', anchor: 'world', text: 'One.' };
  const search = await createHelpSearch([{ ...keys, sections: [...keys.sections, world] }]);
  expect(search('world')[0]?.anchor).toBe('world');
});

test('a search, which takes no credential, reads no text anew', async () => {
  let read = 0;
  const long = {
    heading: 'Long',
    anchor: 'long',
    get text() {
      read++;
      return 'A key and a world. '.repeat(1000);
    },
  };
  const search = await createHelpSearch([{ ...keys, sections: [...keys.sections, long] }]);
  const first = read;
  expect(search('a e k').length).toBe(3);
  expect(
    search('world key')
      .find(({ anchor }) => anchor === 'long')
      ?.excerpt.slice(0, 4),
  ).toEqual([
    { text: 'A ', isHit: false },
    { text: 'key', isHit: true },
    { text: ' and a ', isHit: false },
    { text: 'world', isHit: true },
  ]);
  expect(read).toBe(first);
});

test('a file of the help is served; a path out of it is not', async () => {
  expect((await get('/help/files/prometheus.yml')).body).toBe('global: {}');
  for (const name of ['..%2Fbook.json', 'nothing.yml']) {
    expect((await get(`/help/files/${name}`)).statusCode).toBe(404);
  }
});
