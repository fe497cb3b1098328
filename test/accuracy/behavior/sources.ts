import { existsSync } from 'node:fs';
import { bots } from '../../bots/bots.ts';
import { replayNames } from '../../bots/replay.ts';
import type { Subject } from './sets/data-set.ts';

/** What figures are measured on: sets of people, and sessions of bots by their kind. */
export type Source =
  | 'webbot'
  | 'balabit'
  | 'captcha'
  | 'aalto'
  | 'sapimouse'
  | 'balabit-more'
  | 'unadapted bots'
  | 'humanised bots'
  | 'replays';

const sets = ['webbot', 'balabit', 'captcha', 'aalto', 'sapimouse', 'balabit-more'] as const;
const namesOf = (kind: string): string[] => bots.filter((bot) => bot.kind === kind).map(({ name }) => name);
const kinds: readonly [Source, readonly string[]][] = [
  ['unadapted bots', namesOf('unadapted')],
  ['humanised bots', namesOf('humanised')],
  ['replays', replayNames],
];

const people: readonly Source[] = ['webbot', 'balabit', 'captcha', 'sapimouse', 'balabit-more'];
const sites: readonly Source[] = ['webbot', 'balabit', 'sapimouse', 'balabit-more'];
const zoo: readonly Source[] = ['unadapted bots', 'humanised bots'];

/** What each bar and section needs. Typists of bar 9 stand apart: their rows of an earlier run stay where they are not here. */
const needs: Readonly<Record<string, readonly Source[]>> = {
  1: ['unadapted bots'],
  2: people,
  3: ['humanised bots'],
  4: [...sites, ...zoo],
  5: [...sites, 'humanised bots'],
  6: people,
  7: [...sites, ...zoo],
  8: [...sites, 'humanised bots'],
  9: ['aalto', ...zoo],
  10: [...people, 'humanised bots', 'replays'],
  11: ['webbot', 'humanised bots'],
  12: ['webbot', 'balabit', 'humanised bots'],
  generators: [...people, ...zoo, 'replays'],
  calibration: [...people, 'aalto', ...zoo],
};

/** Sources of which nothing is on this machine; of a kind of bots: where any of them has no session. */
export function missingSources(subjects: readonly Pick<Subject, 'set' | 'generator'>[]): Source[] {
  const here = new Set(subjects.map(({ set }) => set));
  const played = new Set(subjects.filter(({ set }) => set === 'zoo').map(({ generator }) => generator));
  return [
    ...sets.filter((set) => !here.has(set)),
    ...kinds.filter(([, names]) => names.some((name) => !played.has(name))).map(([source]) => source),
  ];
}

export const lackingOf = (name: string, missing: readonly Source[]): Source[] =>
  (needs[name] ?? []).filter((source) => missing.includes(source));

/** Folders of typists that are not here, by what names them. */
export const missingTypists = (): string[] =>
  ['GATEHOUSE_KEY_SETS', 'GATEHOUSE_OTHER_KEY_SETS']
    .filter((name) => !existsSync(process.env[name] ?? ''))
    .map((name) => `typists of ${name}`);
