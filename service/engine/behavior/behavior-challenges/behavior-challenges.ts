import { randomFillSync } from 'node:crypto';
import type { ChallengePictures, LabelName } from '../../../inference/pictures/challenge-pictures.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Chance, createChance, type RandomBytes } from '../../../lib/random/chance.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { BehaviorSettingsOf } from '../behavior-settings/behavior-settings.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import {
  type ChallengeAnswer,
  createAnswering,
  createFailLeft,
  isGuessing,
  noChallenge,
  refuseEnded,
} from './answer-challenge.ts';
import {
  type ChallengeIntegrity,
  deleteChallengesBefore,
  insertChallenge,
  type StoredChallenge,
  selectChallenge,
  updateChallenge,
} from './behavior-challenge-store.ts';
import {
  type AnswerResult,
  type ChallengeCaller,
  createReferences,
  type DrawnChallenge,
  LIFE,
  type OpenedChallenge,
} from './challenge.ts';

/** The person of it: by the caller's own name, or the person of an open challenge, which the new one replaces. */
export type ChallengeOptions = ({ userId: string } | { replaces: string }) & {
  /** The hint in words, for people who cannot see or point. */
  accessible: boolean;
  /** English when absent. */
  language?: Language;
};

export interface BehaviorChallenges {
  /** Throws NOT_FOUND and SESSION_EXPIRED of the challenge that is replaced; CONFLICT where that has the accessible form already. */
  create(caller: ChallengeCaller, order: ChallengeOptions): Promise<OpenedChallenge>;
  /** Throws NOT_FOUND; SESSION_EXPIRED once it is over, passed or out of attempts. */
  answer(caller: ChallengeCaller, answer: ChallengeAnswer, actor: Actor): Promise<AnswerResult>;
  /** Whether this process has the caller's own name of the person who holds it. */
  knows(challenge: string): boolean;
  /** Reports challenges that ended with wrong answers as failed. */
  expireDue(): Promise<void>;
  /** Removes what ended long ago. */
  sweep(): Promise<void>;
}

interface BehaviorChallengesDeps
  extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  integrity: ChallengeIntegrity;
  random?: RandomBytes;
  pictures: ChallengePictures;
  behaviorSettings: Pick<BehaviorSettingsOf, 'get'>;
  verdicts: Pick<Verdicts, 'userHashOf' | 'declaredBy' | 'judge' | 'issue'>;
  /** Other nodes make challenges too. */
  shared?: boolean;
}

/** Longer than wrong answers count. */
const KEPT = 60 * 60_000;

export function createBehaviorChallenges({
  random = randomFillSync,
  ...deps
}: BehaviorChallengesDeps): BehaviorChallenges {
  const { db, inTransaction, integrity, clock, ids, behaviorSettings, verdicts, pictures } = deps;
  const chance = createChance(random);
  const references = createReferences(clock);

  async function open(caller: ChallengeCaller, id: string) {
    const found = await selectChallenge(db, integrity, caller, id);
    if (!found) throw noChallenge();
    refuseEnded(found, clock.now());
    return found;
  }

  async function draw(
    caller: ChallengeCaller,
    userHash: string,
    { accessible, language }: Pick<ChallengeOptions, 'accessible' | 'language'>,
  ) {
    const { challengePictures } = await behaviorSettings.get(caller.organization);
    return drawOne(chance, {
      accessible,
      pattern: await isGuessing(db, { ...caller, userHash }, clock.now()),
      ...defined({ pictures: challengePictures ? pictures : undefined, language }),
    });
  }

  return {
    async create(caller, order) {
      const before = 'replaces' in order ? await open(caller, order.replaces) : undefined;
      const userHash = before?.userHash ?? verdicts.userHashOf(caller, (order as { userId: string }).userId);
      const { shown, answer } = await draw(caller, userHash, order);
      const id = ids.next('behaviorChallenge');
      await inTransaction(async (tx) => {
        const used = before ? await takeOver(tx, integrity, caller, before.id, clock.now()) : { attempts: 0 };
        const createdAt = clock.now();
        const { organization, world, lineage } = caller;
        await insertChallenge(
          tx,
          integrity,
          {
            id,
            organization,
            world,
            lineage,
            userHash,
            type: shown.type,
            accessible: order.accessible,
            ...used,
            createdAt,
            expiresAt: createdAt + LIFE,
          },
          answer,
        );
      });
      references.keep(id, 'userId' in order ? order.userId : references.of(order.replaces));
      if (before) references.forget(before.id);
      return { id, shown, expiresInSeconds: LIFE / 1000 };
    },
    answer: createAnswering({ ...deps, references }),
    knows: (challenge) => references.of(challenge) !== undefined,
    expireDue: createFailLeft({ ...deps, references }),
    sweep: () => inTransaction((tx) => deleteChallengesBefore(tx, clock.now() - KEPT)),
  };
}

function drawOne(
  chance: Chance,
  { accessible, pattern, ...drawing }: { accessible: boolean; pattern: boolean } & Drawing,
): Promise<DrawnChallenge> {
  const { language } = drawing;
  if (accessible) return drawPattern(chance, defined({ language }));
  return pattern || chance.below(2) === 0 ? drawPattern(chance, drawing) : drawTargets(chance, drawing);
}

/** Ends the challenge that is replaced; gives which of its attempts were used. */
async function takeOver(
  tx: Tx,
  integrity: ChallengeIntegrity,
  caller: ChallengeCaller,
  id: string,
  now: number,
): Promise<Pick<StoredChallenge, 'attempts' | 'lastAnswerAt'>> {
  const found = await selectChallenge(tx, integrity, caller, id);
  if (!found) throw noChallenge();
  refuseEnded(found, now);
  if (found.accessible)
    throw new Problem(
      'CONFLICT',
      'This challenge has the accessible form already: answer it, or create another one.',
    );
  await updateChallenge(tx, id, { state: 'replaced' });
  const { attempts, lastAnswerAt } = found;
  return { attempts, ...defined({ lastAnswerAt }) };
}

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
