import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXCEPTIONS, READ_BY_HAND } from './allowed.ts';
import { debianCopyright, noticesOf } from './notices.ts';
import { faultsOf, isAllowed, type Part } from './part.ts';
import { standardText } from './standard-text.ts';

const part = (own: Partial<Part>): Part => ({
  name: 'one',
  version: '1.0.0',
  kind: 'package',
  licence: 'MIT',
  place: 'node_modules/one/*',
  texts: ['The text.'],
  ...own,
});

test('nothing is shipped without a licence, without its text, or under one that is not allowed', () => {
  expect(faultsOf([part({}), part({ licence: '(MIT OR GPL-3.0)' })])).toEqual([]);
  expect(
    faultsOf([
      part({ licence: '' }),
      part({ licence: 'AGPL-3.0-only' }),
      part({ licence: 'MIT AND GPL-2.0-only' }),
      part({ texts: [] }),
      part({ name: 'libheif-js', licence: 'LGPL-3.0' }),
      part({ name: 'libheif-js', licence: 'GPL-3.0' }),
    ]),
  ).toEqual([
    'one 1.0.0 names no licence.',
    'one 1.0.0 is under AGPL-3.0-only, which installers/licences/allowed.ts does not allow.',
    'one 1.0.0 is under MIT AND GPL-2.0-only, which installers/licences/allowed.ts does not allow.',
    'one 1.0.0 (MIT) has no text of its licence.',
    'libheif-js 1.0.0 is under GPL-3.0, which installers/licences/allowed.ts does not allow.',
  ]);
});

test('every production package of the lock file is under an allowed licence', () => {
  const { packages } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'),
  ) as {
    packages: Record<string, { license?: string; dev?: true; link?: true; optional?: true }>;
  };
  const shipped = Object.entries(packages).filter(
    ([path, { dev, link }]) => path.startsWith('node_modules/') && !dev && !link,
  );
  expect(shipped.length).toBeGreaterThan(200);
  const refused = shipped.filter(([path, { license }]) => {
    const name = path.split('node_modules/').at(-1)!;
    const licence = license ?? READ_BY_HAND[name] ?? '';
    // of other systems: not in the package
    if (/^@img\/sharp-(?!libvips-linux-(x64|arm64)$)/.test(name)) return false;
    return !isAllowed(licence) && EXCEPTIONS[name]?.licence !== licence;
  });
  expect(refused.map(([path, { license }]) => `${path} ${license}`)).toEqual([]);
});

test('a text that is the same for several stands once, with all of them', () => {
  const text = noticesOf({ version: '1.2.3', licence: '' }, [part({}), part({ name: 'two' })]);
  expect(text).toContain('npm package      two 1.0.0  MIT\n');
  expect(text.match(/The text\./g)).toHaveLength(1);
  expect(text).toContain('\none 1.0.0, two 1.0.0\n');
});

test("Debian's form has a paragraph for each place and each licence, and no empty line inside one", () => {
  const copyright = debianCopyright(
    { version: '1.2.3', licence: 'Apache License\n\nVersion 2.0\n' },
    [
      part({ texts: standardText('MIT', 'Ada') }),
      part({ name: '@a/b', place: 'node_modules/@a/b/*', texts: standardText('ISC', 'Bea'), licence: 'ISC' }),
      part({ name: 'inside', texts: ['Copyright 2020 Cleo\n\nMore.'] }),
    ],
    'usr/lib/gatehouse',
  );
  const paragraphs = copyright.trimEnd().split('\n\n');
  expect(paragraphs.map((one) => one.split('\n')[0])).toEqual([
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Files: *',
    'Files: usr/lib/gatehouse/node_modules/one/*',
    'Files: usr/lib/gatehouse/node_modules/@a/b/*',
    'License: Apache-2.0',
    'License: MIT~1',
    'License: ISC~2',
  ]);
  expect(paragraphs[2]).toContain(
    'Copyright: Ada\n 2020 Cleo\nLicense: MIT~1\nComment: one 1.0.0, inside 1.0.0',
  );
  for (const line of paragraphs.flatMap((one) => one.split('\n')))
    expect(line).toMatch(/^( \S| {2}|[A-Z][\w-]*: )/);
});
