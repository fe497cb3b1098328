import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

/** Names and values of the blocks whose head matches, later ones over earlier ones. */
function valuesOf(css: string, head: RegExp): Map<string, string> {
  const [, block = ''] = head.exec(css) ?? [];
  return new Map(
    [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

const colors = read('colors.css');
const light = valuesOf(colors, /:root,\n\.lit \{([^}]*)\}/);
const dark = valuesOf(colors, /prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}/);
const dim = valuesOf(colors, /\.dim \{([^}]*)\}/);

test('the colors are the tokens of the design guide, in both schemes', () => {
  const tokens = new Map(
    [...read('../ui/theme/tokens.css').matchAll(/(--[\w-]+): light-dark\((#\w+), (#\w+)\);/g)].map(
      ([, name = '', ...pair]) => [name, pair],
    ),
  );
  const shared = [...light.keys()].filter((name) => tokens.has(name));
  expect(shared.length).toBeGreaterThan(15);
  for (const name of shared)
    expect([name, light.get(name), dark.get(name)]).toEqual([name, ...tokens.get(name)!]);
  expect([...light.keys()]).toEqual([...dark.keys()]);
  expect(dim).toEqual(dark);
});

test('every color that the page uses is defined', () => {
  const used = [...read('capture.css').matchAll(/var\((--[\w-]+)/g)].map(([, name = '']) => name);
  const own = new Set(
    [...`${colors}${read('capture.css')}`.matchAll(/(--[\w-]+):/g)].map(([, name]) => name),
  );
  // Set by the script, from where the oval is.
  const measured = ['--cx', '--cy', '--ow'];
  expect(used.filter((name) => !own.has(name) && !measured.includes(name))).toEqual([]);
  expect(used.length).toBeGreaterThan(20);
});
