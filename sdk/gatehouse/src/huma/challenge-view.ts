import type { ChallengeStrings } from './challenge-strings.ts';
import type { Challenge, ClickTargets, Pattern } from './messages.ts';

export interface BoardItem {
  id: string;
  /** Percent of the board, the center. */
  x: number;
  y: number;
  row: number;
  column: number;
  /** For a screen reader. */
  name: string;
  /** An emoji. */
  text?: string;
  /** `data:image/…` */
  picture?: string;
}

export interface ChallengeView {
  is: 'targets' | 'dots';
  instruction: string;
  /** In reading order. */
  items: BoardItem[];
  columns: number;
  rows: number;
  hint?: string;
  hintPicture?: string;
}

/** A picture is shown only from the payload itself: an address would let its server watch the person. */
const PICTURE = /^data:image\/(?:png|webp|jpeg|gif);base64,[\w+/=]+$/;

export function viewOf({ type, payload }: Pick<Challenge, 'type' | 'payload'>, strings: ChallengeStrings) {
  return type === 'pattern'
    ? viewOfPattern(payload as Pattern, strings)
    : viewOfTargets(payload as ClickTargets, strings);
}

function viewOfTargets({ instruction, targets }: ClickTargets, strings: ChallengeStrings): ChallengeView {
  const rows = bandsOf(targets.map(({ y }) => y));
  const columns = bandsOf(targets.map(({ x }) => x));
  const items = targets.map(({ id, x, y, label }): BoardItem => {
    const at = { id, x, y, row: rows.of(y), column: columns.of(x) };
    if (!PICTURE.test(label)) return { ...at, text: label, name: label };
    const place = placeOf(at, rows.count, columns.count, strings);
    return { ...at, picture: label, name: strings.picture(place) };
  });
  return {
    is: 'targets',
    instruction,
    rows: rows.count,
    columns: columns.count,
    items: items.sort(inReadingOrder),
  };
}

function viewOfPattern({ instruction, grid, dots, sequence_hint: hint }: Pattern, strings: ChallengeStrings) {
  const { columns, rows } = grid;
  const at = (percent: number, cells: number) => Math.min(cells - 1, Math.floor((percent / 100) * cells));
  const items = dots
    .map(({ id, x, y }): BoardItem => {
      const place = { row: at(y, rows), column: at(x, columns) };
      return { id, x, y, ...place, name: placeOf(place, rows, columns, strings) };
    })
    .sort(inReadingOrder);
  const shown = PICTURE.test(hint) ? { hintPicture: hint } : { hint };
  return { is: 'dots', instruction, items, columns, rows, ...shown } satisfies ChallengeView;
}

const inReadingOrder = (a: BoardItem, b: BoardItem) => a.row - b.row || a.column - b.column;

function placeOf(
  { row, column }: Pick<BoardItem, 'row' | 'column'>,
  rows: number,
  columns: number,
  strings: ChallengeStrings,
) {
  const name = rows === 3 && columns === 3 ? strings.places[row * 3 + column] : undefined;
  return name ?? strings.row(row + 1, column + 1);
}

/** Percent. Targets lie loosely in their cells: those of one row, or of one column, are less apart. */
const APART = 14;

function bandsOf(places: number[]): { count: number; of(place: number): number } {
  const sorted = [...places].sort((a, b) => a - b);
  const starts = sorted.filter((place, i) => i === 0 || place - sorted[i - 1]! > APART);
  return {
    count: starts.length,
    of: (place) => Math.max(0, starts.filter((start) => place >= start).length - 1),
  };
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** The item that an arrow key leads to; undefined at the edge, and for another key. */
export function nextItem(items: readonly BoardItem[], from: string, key: string): string | undefined {
  const own = items.find(({ id }) => id === from);
  const step = steps[key];
  if (!own || !step) return undefined;
  const [rows, columns] = step;
  return items.find(({ row, column }) => row === own.row + rows && column === own.column + columns)?.id;
}
