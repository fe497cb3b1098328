import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readHelp } from '../../renderer/help/book.ts';
import { createBook } from '../../service/doors/help/book.ts';

const root = join(import.meta.dirname, '../..');

test('each screen of the console names a document that explains it, and a heading that it has', () => {
  const { documents } = readHelp(root);
  const navigation = readFileSync(join(root, 'renderer/console/frame/navigation.ts'), 'utf8');
  const named = [...navigation.matchAll(/ help: '([^']+)'/g)].map(([, help = '']) => help);
  expect(named.length).toBeGreaterThan(20);
  const dead = named.filter((help) => {
    const [name, anchor] = help.split('#');
    const sections = documents.find((one) => one.name === name)?.sections;
    return !sections || (anchor !== undefined && !sections.some((one) => one.anchor === anchor));
  });
  expect(dead).toEqual([]);
});

test('the box serves each file that a document links to, whatever its kind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-help-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { files, ...book } = readHelp(root);
  writeFileSync(join(folder, 'book.json'), JSON.stringify(book));
  for (const file of files) cpSync(join(root, file), join(folder, 'files', basename(file)));
  const served = (await createBook(folder)())?.files;
  expect(files).toContain('installers/cluster/haproxy.cfg');
  expect(files.map((file) => basename(file)).filter((name) => !served?.has(name))).toEqual([]);
});
