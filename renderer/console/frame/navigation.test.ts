import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mayOpen } from '../screen-data.ts';
import { frameStrings } from './frame-strings.ts';
import { firstScreenOf, helpFor, navigation } from './navigation.ts';

const seenBy = (role: Parameters<typeof firstScreenOf>[0]['role'], applianceOwner = false) =>
  navigation.flatMap(({ entries }) =>
    entries.filter((entry) => mayOpen(entry, { role, applianceOwner })).map(({ to }) => to.slice(1)),
  );

test('a role sees the screens that it may open, and nothing else', () => {
  const all = navigation.flatMap(({ entries }) => entries.map(({ to }) => to.slice(1)));
  const appliance = ['models', 'jobs', 'nodes', 'backups'];
  expect(seenBy('owner', true)).toEqual(all);
  expect(seenBy('owner')).toEqual(all.filter((one) => !appliance.includes(one)));
  expect(seenBy('reviewer')).toEqual(['review', 'sessions']);
  expect(all.filter((one) => !seenBy('operator').includes(one))).toEqual([
    ...['review', 'models', 'jobs', 'nodes', 'audit', 'backups', 'administrators'],
  ]);
  expect(all.filter((one) => !seenBy('auditor').includes(one))).toEqual([
    ...['enroll', 'verify', 'models', 'jobs', 'nodes', 'backups'],
  ]);
});

test('a reader begins at the first screen of the role', () => {
  expect([
    firstScreenOf({ role: 'auditor', applianceOwner: false }),
    firstScreenOf({ role: 'reviewer', applianceOwner: false }),
  ]).toEqual(['/overview', '/review']);
});

test('the table of screens in docs/CONSOLE.md names each screen of the navigation', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/CONSOLE.md'), 'utf8');
  const [, table = ''] = /^\| group \| screens \|\n([\s\S]*?)\n\n/m.exec(text) ?? [];
  const screens = navigation
    .flatMap(({ entries }) => entries)
    .filter(({ to }) => existsSync(join(import.meta.dirname, '../features', to)))
    .map(({ label }) => String(frameStrings.en[label]).toLowerCase());
  expect(screens.length).toBeGreaterThan(15);
  expect(screens.filter((name) => !table.toLowerCase().includes(name))).toEqual([]);
});

test.each(['en', 'de'] as const)('the navigation says what the titles of pages say: %s', (language) => {
  const titleOf = (to: string) => {
    const catalog = join(import.meta.dirname, '../features', to, `strings.${language}.json`);
    return (JSON.parse(readFileSync(catalog, 'utf8')) as { title: string }).title;
  };
  const others = navigation
    .flatMap(({ entries }) => entries)
    .map(({ to, label }) => [titleOf(to), String(frameStrings[language][label])] as const)
    .filter(([title, name]) => !title.toLowerCase().includes(name.toLowerCase()));
  expect(others).toEqual([]);
});

test('a screen leads to its document, and one without to the list', () => {
  expect([helpFor('/webhooks/wh_1/change'), helpFor('/security')]).toEqual(['/help/webhooks', '/help']);
});
