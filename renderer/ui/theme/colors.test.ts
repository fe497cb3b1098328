import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** Where a color of its own is right, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'ui/controls/person-tile.tsx': 'tiles of people mean nothing and belong to no token',
  'console/frame/frame.module.css': 'the ground of the current entry of the navigation, as in the mocks',
  'capture/camera/camera.module.css':
    'the surround, the track and the ring lie on a camera picture: section 11 of the design guide fixes them, whatever the tokens are',
  'console/features/settings/branding-card.module.css':
    'the grounds of the capture page in both schemes, beside one another',
  'capture/colors.css': 'the same tokens for phones without light-dark(); its own test compares the two',
  'capture/capture.css': 'the masks, and black or white on a screen that is filled with any color',
};
const names = 'red|pink|grape|violet|indigo|blue|cyan|teal|green|lime|yellow|orange|gray|dark|petrol';
const forbidden = [
  // <Text c="red">, <Badge color="green.6">, <Paper bg="gray">
  new RegExp(`\\b(?:c|color|bg)=["'{]+(?:${names})\\b`),
  new RegExp(`--mantine-color-(?:${names})\\b`),
  /#[0-9a-f]{3}(?:[0-9a-f]{3}(?:[0-9a-f]{2})?)?\b(?=[\s;,)'"])/i,
  /\brgba?\(/,
];

test('a color is a token: none of Mantine’s names and no literal outside theme/', () => {
  const files = globSync('**/*.{ts,tsx,css}', { cwd: root }).filter(
    (file) => !file.startsWith('ui/theme/') && !file.endsWith('.test.ts') && !(file in allowed),
  );
  expect(files.length).toBeGreaterThan(50);
  const faults = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        forbidden.some((pattern) => pattern.test(line)) ? [`${file}:${index + 1} ${line.trim()}`] : [],
      ),
  );
  expect(faults).toEqual([]);
});
