import type { ChallengePictures, LabelName } from '../../../inference/pictures/challenge-pictures.ts';
import type { Chance } from '../../../lib/random/chance.ts';
import type { DrawnChallenge } from './challenge.ts';

const COLUMNS = 4;
const ROWS = 3;
/** A target lies anywhere in the middle of its cell, this part of it wide. */
const LOOSE = 0.4;

/** Twelve targets with different labels, one of which the instruction names. `pictures`: the labels are drawn. */
export async function drawTargets(chance: Chance, pictures?: ChallengePictures): Promise<DrawnChallenge> {
  const names = chance.shuffle(conceptNames).slice(0, COLUMNS * ROWS);
  const wanted = chance.below(names.length);
  const labels = await Promise.all(names.map((name) => pictures?.label(name) ?? concepts[name]));
  const name = names[wanted]!;
  return {
    answer: `t${wanted}`,
    shown: {
      type: 'click_targets',
      instruction: pictures ? `Click the ${name}` : `Click the ${concepts[name]}`,
      targets: labels.map((label, i) => ({ id: `t${i}`, ...placeOf(i, chance), label })),
    },
  };
}

function placeOf(i: number, chance: Chance): { x: number; y: number } {
  const within = (cell: number, cells: number) =>
    Math.round(((cell + 0.5 - LOOSE / 2 + (LOOSE * chance.below(1001)) / 1000) * 1000) / cells) / 10;
  return { x: within(i % COLUMNS, COLUMNS), y: within(Math.floor(i / COLUMNS), ROWS) };
}

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
      dots: ids
        .map((id, cell) => ({ id, ...centreOf(cell) }))
        .toSorted((a, b) => Number(a.id) - Number(b.id)),
      hint: pictures ? await pictures.route(route.map(centreOf)) : route.map(wordsOf).join(', then '),
    },
  };
}

/** Percent, the centre of a cell. */
const centreOf = (cell: number) => ({
  x: Math.round((((cell % SIDE) + 0.5) / SIDE) * 1000) / 10,
  y: Math.round(((Math.floor(cell / SIDE) + 0.5) / SIDE) * 1000) / 10,
});

const wordsOf = (cell: number): string => WORDS[Math.floor(cell / SIDE)]![cell % SIDE]!;

/** What a target can show: its emoji, and its word where it is drawn. */
export const concepts: Readonly<Record<LabelName, string>> = {
  target: '🎯',
  herb: '🌿',
  star: '⭐',
  moon: '🌙',
  house: '🏠',
  tree: '🌲',
  fish: '🐟',
  key: '🔑',
  umbrella: '🌂',
  cup: '☕',
  boat: '⛵',
  bell: '🔔',
  flower: '🌸',
  mushroom: '🍄',
  apple: '🍎',
  balloon: '🎈',
  rocket: '🚀',
  anchor: '⚓',
  bulb: '💡',
  heart: '💚',
};

export const conceptNames = Object.keys(concepts) as LabelName[];
