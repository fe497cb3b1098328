import type { ChallengePictures } from '../../inference/pictures/challenge-pictures.ts';
import type { Chance } from '../../lib/random/chance.ts';
import type { DrawnChallenge } from './challenge.ts';

const SIDE = 3;
const LENGTH = 4;
const CELLS = SIDE * SIDE;
/** By row and column. */
const WORDS = [
  ['top left', 'top center', 'top right'],
  ['middle left', 'center', 'middle right'],
  ['bottom left', 'bottom center', 'bottom right'],
] as const;

/** Four dots of nine in an order. The ids are shuffled: they say nothing of the place. `pictures`: the order is drawn, not written. */
export async function drawPattern(chance: Chance, pictures?: ChallengePictures): Promise<DrawnChallenge> {
  const cells = chance.shuffle(Array.from({ length: CELLS }, (_, cell) => cell));
  const ids = chance.shuffle(cells.map((_, i) => String(i + 1)));
  const route = cells.slice(0, LENGTH);
  return {
    answer: route.map((cell) => ids[cell]!).join('-'),
    shown: {
      type: 'pattern',
      instruction: pictures
        ? 'Connect the dots as in the picture. Start at the dot with the ring.'
        : 'Connect the dots in this order',
      grid: { columns: SIDE, rows: SIDE },
      dots: ids.map((id, cell) => ({ id, ...placeOf(cell) })).toSorted((a, b) => Number(a.id) - Number(b.id)),
      hint: pictures ? await pictures.route(route.map(placeOf)) : route.map(wordsOf).join(', then '),
    },
  };
}

/** Percent, the centre of a cell. */
const placeOf = (cell: number) => ({
  x: Math.round((((cell % SIDE) + 0.5) / SIDE) * 1000) / 10,
  y: Math.round(((Math.floor(cell / SIDE) + 0.5) / SIDE) * 1000) / 10,
});

const wordsOf = (cell: number): string => WORDS[Math.floor(cell / SIDE)]![cell % SIDE]!;
