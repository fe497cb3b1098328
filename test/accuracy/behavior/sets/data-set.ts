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
