import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { halfOf, type Subject } from './data-set.ts';
import { trackOfRows } from './mouse-rows.ts';

/**
 * SapiMouse (Antal et al., 2021): 120 people in a web page that asks them to click, double-click and drag shapes, one and three minutes
 * each, on machines and mice of their own.
 */
export function readSapiMouse(folder: string): Subject[] {
  return readdirSync(folder)
    .filter((name) => /^user\d+$/.test(name))
    .sort()
    .flatMap((person) =>
      ['session_1min.csv', 'session_3min.csv']
        .map((file) => ({ file, path: join(folder, person, file) }))
        .filter(({ path }) => existsSync(path))
        .map(
          ({ file, path }): Subject => ({
            set: 'sapimouse',
            label: 'human',
            generator: null,
            person,
            half: halfOf(person),
            track: trackOfRows(`sapimouse-${person}-${file.replace(/\W.*/, '')}`, rowsOf(path)),
          }),
        ),
    );
}

const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [t, button, state, x, y] = line.trim().split(',');
      return { t: Number(t), button, state, x: Number(x), y: Number(y) };
    });
