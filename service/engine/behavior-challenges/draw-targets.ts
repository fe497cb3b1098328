import type { ChallengePictures } from '../../inference/pictures/challenge-pictures.ts';
import type { Chance } from '../../lib/random/chance.ts';
import type { DrawnChallenge } from './challenge.ts';
import { conceptNames, concepts } from './concepts.ts';

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
