import type { Clock } from '../../../lib/clock.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';

export type ChallengeType = 'click_targets' | 'pattern';

/** Milliseconds that a challenge can be answered. */
export const LIFE = 300_000;
export const MOST_ATTEMPTS = 3;

/** Where a point is, in percent of the width and the height of the box. */
interface Point {
  id: string;
  x: number;
  y: number;
}

interface ClickTargets {
  type: 'click_targets';
  instruction: string;
  /** The label is one emoji, or a picture as a data URL. */
  targets: (Point & { label: string })[];
}

interface Pattern {
  type: 'pattern';
  instruction: string;
  grid: { columns: number; rows: number };
  dots: Point[];
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

const MOST = 50_000;
/** After the end of a challenge, until it is reported as failed: once a minute. */
const LONGER = 2 * 60_000;

/**
 * The caller's own names of the people who hold open challenges, for the event at the end. In memory alone, until two minutes after the end of a
 * challenge: no user id is stored. After a restart the event goes out without it, unless the answer names the person.
 */
export function createReferences(clock: Clock) {
  const kept = new Map<string, { reference: string; until: number }>();
  const tidy = () => {
    // In the order of their ends.
    for (const [id, { until }] of kept) {
      if (until > clock.now() && kept.size < MOST) return;
      kept.delete(id);
    }
  };
  return {
    keep(id: string, reference: string | undefined): void {
      tidy();
      if (reference !== undefined) kept.set(id, { reference, until: clock.now() + LIFE + LONGER });
    },
    of: (id: string): string | undefined => kept.get(id)?.reference,
    forget: (id: string): void => void kept.delete(id),
  };
}

export type References = ReturnType<typeof createReferences>;
