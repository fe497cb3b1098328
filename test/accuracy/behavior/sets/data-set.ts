import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Track } from '../track.ts';

export interface Subject {
  set: 'webbot' | 'balabit' | 'captcha' | 'aalto' | 'sapimouse' | 'balabit-more' | 'zoo' | 'simulated';
  label: 'human' | 'bot';
  generator: string | null;
  /** A person where the set names one, otherwise the session. */
  person: string;
  /** Models and thresholds come from `dev` alone. */
  half: 'dev' | 'held-out';
  track: Track;
}

/** Rows of a manifest.csv whose first columns are file, label, extra; none of these holds a comma. */
export function readManifest(folder: string): { file: string; label: string; extra: string }[] {
  return readFileSync(join(folder, 'manifest.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [file = '', label = '', extra = ''] = line.split(',');
      // `user7;training` is one person's long recording.
      return { file, label, extra: extra.replace(/;.*/, '') };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

export const emptyTrack = {
  presses: [],
  strokes: [],
  typed: [],
  scrolls: [],
  webdriver: false,
  pixelRatio: 1,
};

/** Half of the people, by a hash of their ids: a set that grows keeps its halves. */
export const halfOf = (person: string): Subject['half'] =>
  createHash('sha256').update(person).digest()[0]! % 2 === 0 ? 'dev' : 'held-out';

/** Found when the bars had been measured on the others: reported apart, so that no share gets smaller by them. */
export const isLater = ({ set }: Pick<Subject, 'set'>): boolean =>
  set === 'sapimouse' || set === 'balabit-more';

/** Where people of a set were recorded: those of `balabit-more` at the desktops of `balabit`. A site is in training whole, or not at all. */
export const siteOf = (set: string): string => (set === 'balabit-more' ? 'balabit' : set);

type Author = Pick<Subject, 'set' | 'person'>;

/** Sets number their people anew: `user9` of one is not `user9` of another. */
export const personOf = ({ set, person }: Author): string => `${siteOf(set)}/${person}`;

/** These sets name sessions, not people. */
const setsOfSessions: readonly string[] = ['webbot', 'captcha'] satisfies Subject['set'][];

export interface Authors {
  people: number;
  /** Of sets that do not name their people. */
  sessions: number;
}

export function authorsOf(list: readonly Author[]): Authors {
  const known = new Map(list.map((one) => [personOf(one), setsOfSessions.includes(one.set)]));
  const sessions = [...known.values()].filter(Boolean).length;
  return { people: known.size - sessions, sessions };
}

/** `64 people and 18 sessions` */
export const shownAuthors = ({ people, sessions }: Authors): string =>
  [
    ...(people > 0 || sessions === 0 ? [`${people} ${people === 1 ? 'person' : 'people'}`] : []),
    ...(sessions > 0 ? [`${sessions} ${sessions === 1 ? 'session' : 'sessions'}`] : []),
  ].join(' and ');

export const aboutSessions =
  '`webbot` and `captcha` name sessions and not people: a person may have come twice, and one whose session is held out may have another in training. Each session counts as a person here.';
