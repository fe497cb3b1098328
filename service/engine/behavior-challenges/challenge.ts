import type { OrganizationId, World } from '../../lib/id.ts';

export type ChallengeType = 'click_targets' | 'pattern';

/** Milliseconds that a challenge can be answered. */
export const LIFE = 300_000;
export const MOST_ATTEMPTS = 3;

/** Where a point is, in percent of the width and the height of the box. */
export interface Place {
  id: string;
  x: number;
  y: number;
}

export interface ClickTargets {
  type: 'click_targets';
  instruction: string;
  /** The label is one emoji, or a picture as a data URL. */
  targets: (Place & { label: string })[];
}

export interface Pattern {
  type: 'pattern';
  instruction: string;
  grid: { columns: number; rows: number };
  dots: Place[];
  /** Words, or a picture as a data URL. */
  hint: string;
}

/** What the person is shown. It holds no answer. */
export type Shown = ClickTargets | Pattern;

export interface DrawnChallenge {
  shown: Shown;
  answer: string;
}

/** The key that asks, of one organization and one world. */
export interface ChallengeCaller {
  organization: OrganizationId;
  world: World;
  /** Key with its predecessors and successors. */
  lineage: string;
}

export interface OpenedChallenge {
  id: string;
  shown: Shown;
  expiresInSeconds: number;
}

export type AnswerResult =
  | { is: 'passed'; token: string }
  | { is: 'refused'; why: 'wrong' | 'not-human'; attemptsRemaining: number };
