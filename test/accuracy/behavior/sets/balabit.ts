import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { halfOf, readManifest, type Subject } from './data-set.ts';
import { type MouseRow, trackOfRows } from './mouse-rows.ts';

// Of either half some come from a slow recorder (12, 15, 16: 110 ms between moves) and some from a fast one (7, 9: 16 ms).
const devUsers = new Set(['user7', 'user12']);
/** Of the others of the set, who are not in the shared data. */
const moreUsers = ['user20', 'user21', 'user23', 'user29', 'user35'];
/** Of each recording of these, ms: some last for many hours. */
const MOST_OF_ONE = 20 * 60_000;

/** Balabit mouse dynamics: five people at desktops over RDP. */
export function readBalabit(folder: string): Subject[] {
  return readManifest(folder).map(({ file, extra: person }) => ({
    set: 'balabit',
    label: 'human',
    generator: null,
    person,
    half: devUsers.has(person) ? 'dev' : 'held-out',
    track: trackOfRows(
      `balabit-${file.replace(/^.*\/|\.csv\.gz$/g, '')}`,
      rowsOf(gunzipSync(readFileSync(join(folder, file))).toString()),
    ),
  }));
}

/** Five more people of the set, as the repository of Balabit has it: the first twenty minutes of each recording that is surely theirs. */
export function readMoreBalabit(folder: string): Subject[] {
  return moreUsers
    .map((person) => ({ person, own: join(folder, 'training_files', person) }))
    .filter(({ own }) => existsSync(own))
    .flatMap(({ person, own }) =>
      readdirSync(own)
        .sort()
        .map((file): Subject => {
          const rows = rowsOf(readFileSync(join(own, file), 'utf8'));
          const until =
            rows.reduce((least, { t }) => Math.min(least, t), Number.POSITIVE_INFINITY) + MOST_OF_ONE;
          return {
            set: 'balabit-more',
            label: 'human',
            generator: null,
            person,
            half: halfOf(person),
            track: trackOfRows(
              `balabit-more-${file}`,
              rows.filter(({ t }) => t < until),
            ),
          };
        }),
    );
}

const rowsOf = (text: string): MouseRow[] =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [, client, button, state, x, y] = line.trim().split(',');
      return { t: Number(client) * 1000, button, state, x: Number(x), y: Number(y) };
    });
