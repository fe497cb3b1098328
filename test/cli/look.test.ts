import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

let cli: Cli;
beforeAll(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Acme');
});
afterAll(() => cli.clean());

const set = (...words: string[]) => cli.run('org', 'set', ...words);

test('logo and color of an organization are set, shown and removed', async () => {
  const file = join(cli.temporary, 'logo.png');
  const picture = sharp({ create: { width: 90, height: 30, channels: 3, background: '#1f4e3d' } });
  writeFileSync(file, await picture.png().toBuffer());
  const { stdout } = await set('--logo', file, '--color', '#1F4E3D');
  expect(stdout).toMatch(/logo +90 by 30 pixels\ncolor +#1f4e3d\n/);
  const svg = join(cli.temporary, 'logo.svg');
  writeFileSync(svg, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const refused = await set('--logo', svg, '--name', 'Other');
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('The picture is an SVG.')]);
  expect(await cli.json('org', 'show')).toMatchObject({ name: 'Acme', logo: { width: 90, height: 30 } });
  const missing = await set('--logo', join(cli.temporary, 'none.png'));
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('There is no picture at')]);
  const wrong = await set('--color', 'green');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('#rrggbb')]);
  const gone = await set('--logo', 'none', '--color', 'none');
  expect(gone.stdout).toMatch(/logo +none\n(?!color)/);
});
