import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emptyTrack, halfOf, readManifest, type Subject } from './data-set.ts';
import { strokesOfFile, type WholeStroke } from './typing-test.ts';

/** Press and release times of typed sentences (Dhakal et al., CHI 2018), two people. */
export function readAalto(folder: string): Subject[] {
  return readManifest(folder).map(({ file, extra }) => {
    const strokes = strokesOfFile(readFileSync(join(folder, file), 'latin1'));
    const from = strokes[0]?.down ?? 0;
    return {
      set: 'aalto',
      label: 'human',
      generator: null,
      person: extra,
      // Limits of rules of typing were chosen on one of the two.
      half: file.startsWith('102') ? 'dev' : 'held-out',
      track: {
        ...emptyTrack,
        session: `aalto-${file.replace(/_.*/, '')}`,
        from,
        to: strokes.at(-1)?.up ?? 0,
        moves: [],
        strokes,
        events: strokes
          .flatMap(({ down, up }) => [
            { t: down, counts: ['keyDown'] as const },
            { t: up, counts: ['keyUp'] as const },
          ])
          .sort((a, b) => a.t - b.t),
      },
    };
  });
}

export interface Typist {
  person: string;
  half: Subject['half'];
  strokes: WholeStroke[];
}

/** More people of the same typing test, one at a time: a folder of `ID_keystrokes.txt` (`GATEHOUSE_KEY_SETS`). */
export function* readTypists(folder = process.env.GATEHOUSE_KEY_SETS): Generator<Typist> {
  if (folder === undefined || !existsSync(folder)) return;
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('_keystrokes.txt')) continue;
    const person = file.replace(/_.*/, '');
    yield {
      person,
      half: halfOf(person),
      strokes: strokesOfFile(readFileSync(join(folder, file), 'latin1')),
    };
  }
}

export interface OtherTypist {
  set: string;
  person: string;
  /** One of each session: no block goes from one into the next. */
  sessions: WholeStroke[][];
}

/**
 * People of other sets, one at a time: a folder for each set with `PERSON.SESSION.tsv` in the columns of the typing test
 * (`GATEHOUSE_OTHER_KEY_SETS`). A folder whose name begins with `_` is left out.
 */
export function* readOtherTypists(folder = process.env.GATEHOUSE_OTHER_KEY_SETS): Generator<OtherTypist> {
  if (folder === undefined || !existsSync(folder)) return;
  for (const set of readdirSync(folder).sort()) {
    if (set.startsWith('_') || !statSync(join(folder, set)).isDirectory()) continue;
    const files = readdirSync(join(folder, set)).filter((file) => file.endsWith('.tsv'));
    for (const [person, own] of Map.groupBy(files.sort(), (file) => file.slice(0, file.indexOf('.'))))
      yield {
        set,
        person,
        sessions: own.map((file) => strokesOfFile(readFileSync(join(folder, set, file), 'utf8'))),
      };
  }
}
