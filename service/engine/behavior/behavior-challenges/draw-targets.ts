import type { ChallengePictures, LabelName } from '../../../inference/pictures/challenge-pictures.ts';
import type { Chance } from '../../../lib/random/chance.ts';
import type { DrawnChallenge } from './challenge.ts';

const COLUMNS = 4;
const ROWS = 3;
/** A target lies anywhere in the middle of its cell, this part of it wide. */
const LOOSE = 0.4;

export interface Drawing {
  /** Labels and order are drawn. */
  pictures?: ChallengePictures;
  /** English when absent. */
  language?: Language;
}

/** Twelve targets with different labels, one of which the instruction names. */
export async function drawTargets(
  chance: Chance,
  { pictures, language = 'en' }: Drawing = {},
): Promise<DrawnChallenge> {
  const names = chance.shuffle(conceptNames).slice(0, COLUMNS * ROWS);
  const wanted = chance.below(names.length);
  const labels = await Promise.all(names.map((name) => pictures?.label(name) ?? concepts[name]));
  const name = names[wanted]!;
  return {
    answer: `t${wanted}`,
    shown: {
      type: 'click_targets',
      instruction: texts[language].click(
        pictures ? (language === 'de' ? germanWords[name] : name) : concepts[name],
      ),
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

/** Four dots of nine in an order. The ids are shuffled: they say nothing of the place. */
export async function drawPattern(
  chance: Chance,
  { pictures, language = 'en' }: Drawing = {},
): Promise<DrawnChallenge> {
  const { inPicture, inOrder, link, places } = texts[language];
  const cells = chance.shuffle(Array.from({ length: CELLS }, (_, cell) => cell));
  const ids = chance.shuffle(cells.map((_, i) => String(i + 1)));
  const route = cells.slice(0, LENGTH);
  return {
    answer: route.map((cell) => ids[cell]!).join('-'),
    shown: {
      type: 'pattern',
      instruction: pictures ? inPicture : inOrder,
      grid: { columns: SIDE, rows: SIDE },
      dots: ids
        .map((id, cell) => ({ id, ...centreOf(cell) }))
        .toSorted((a, b) => Number(a.id) - Number(b.id)),
      hint: pictures
        ? await pictures.route(route.map(centreOf))
        : route.map((cell) => places[cell]).join(link),
    },
  };
}

/** Percent, the centre of a cell. */
const centreOf = (cell: number) => ({
  x: Math.round((((cell % SIDE) + 0.5) / SIDE) * 1000) / 10,
  y: Math.round(((Math.floor(cell / SIDE) + 0.5) / SIDE) * 1000) / 10,
});

const texts = {
  en: {
    click: (what: string) => `Click the ${what}`,
    inPicture: 'Connect the dots as in the picture. Start at the dot with the ring.',
    inOrder: 'Connect the dots in this order',
    link: ', then ',
    places: [
      ...['top left', 'top center', 'top right', 'middle left', 'center', 'middle right'],
      ...['bottom left', 'bottom center', 'bottom right'],
    ],
  },
  de: {
    click: (what: string) => `Klicken Sie auf: ${what}`,
    inPicture: 'Verbinden Sie die Punkte wie im Bild. Beginnen Sie beim Punkt mit dem Ring.',
    inOrder: 'Verbinden Sie die Punkte in dieser Reihenfolge',
    link: ', dann ',
    places: [
      ...['oben links', 'oben in der Mitte', 'oben rechts', 'in der Mitte links', 'in der Mitte'],
      ...['in der Mitte rechts', 'unten links', 'unten in der Mitte', 'unten rechts'],
    ],
  },
};
export type Language = keyof typeof texts;

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

const germanWords: Readonly<Record<LabelName, string>> = {
  target: 'Zielscheibe',
  herb: 'Kraut',
  star: 'Stern',
  moon: 'Mond',
  house: 'Haus',
  tree: 'Baum',
  fish: 'Fisch',
  key: 'Schlüssel',
  umbrella: 'Regenschirm',
  cup: 'Tasse',
  boat: 'Boot',
  bell: 'Glocke',
  flower: 'Blume',
  mushroom: 'Pilz',
  apple: 'Apfel',
  balloon: 'Luftballon',
  rocket: 'Rakete',
  anchor: 'Anker',
  bulb: 'Glühbirne',
  heart: 'Herz',
};

export const conceptNames = Object.keys(concepts) as LabelName[];
