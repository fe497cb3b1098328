import type { Stroke } from '../../../../sdk/gatehouse/src/collector/features/index.ts';

const modifiers = new Set(['SHIFT', 'CTRL', 'ALT', 'CAPS_LOCK', 'META', 'ALTGR']);

export interface WholeStroke extends Stroke {
  up: number;
}

/**
 * Strokes of one file of the typing test of Aalto (Dhakal et al., CHI 2018), as our collector keeps them: modifiers are none, and the
 * repeats of a held key belong to the first press.
 */
export function strokesOfFile(text: string): WholeStroke[] {
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split('\t');
  const [press, release, letter] = ['PRESS_TIME', 'RELEASE_TIME', 'LETTER'].map((name) =>
    columns.indexOf(name),
  );
  const rows = lines
    .map((line) => {
      const cells = line.split('\t');
      return { letter: cells[letter!] ?? '', down: Number(cells[press!]), up: Number(cells[release!]) };
    })
    .filter(({ letter, down, up }) => !modifiers.has(letter) && down > 0 && up >= down)
    .sort((a, b) => a.down - b.down);
  const open = new Map<string, WholeStroke>();
  const strokes: WholeStroke[] = [];
  let last: string | undefined;
  for (const { letter, down, up } of rows) {
    const before = open.get(letter);
    // One file has each stroke twice; and a key cannot go down again before its release.
    if (before !== undefined && (down < before.up || (down === before.down && up === before.up))) {
      before.up = Math.max(before.up, up);
      continue;
    }
    const stroke = { down, up, again: letter === last };
    last = letter;
    open.set(letter, stroke);
    strokes.push(stroke);
  }
  return strokes;
}
