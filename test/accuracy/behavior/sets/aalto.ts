import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyTrack, readManifest, type Subject } from './data-set.ts';

const modifiers = new Set(['SHIFT', 'CTRL', 'ALT', 'CAPS_LOCK', 'META', 'ALTGR']);

/** Press and release times of typed sentences (Dhakal et al., CHI 2018), two people. */
export function readAalto(folder: string): Subject[] {
  return readManifest(folder).map(({ file, extra }) => {
    const [head = '', ...lines] = readFileSync(join(folder, file), 'latin1').trim().split(/\r?\n/);
    const columns = head.split('\t');
    const strokes = lines
      .map((line) => {
        const cells = line.split('\t');
        const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
        return { letter: cell('LETTER'), down: Number(cell('PRESS_TIME')), up: Number(cell('RELEASE_TIME')) };
      })
      .filter(({ letter, down, up }) => !modifiers.has(letter) && Number.isFinite(down) && up >= down)
      .sort((a, b) => a.down - b.down)
      // One file has each stroke twice.
      .filter(({ letter, down, up }, i, all) => {
        const before = all[i - 1];
        return before?.down !== down || before.up !== up || before.letter !== letter;
      });
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
        strokes: strokes.map(({ down, up }) => ({ down, up })),
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
