import { Problem } from '../../../lib/problem.ts';
import type { BehaviorModel } from '../model/behavior-model.ts';
import { sumOfStumps } from '../model/score-mouse.ts';
import type { SessionData } from '../session-data.ts';
import { isFullWindow } from './training-window.ts';
import { zeroForOthers } from './zero-for-others.ts';

/** A window of a person, confirmed by a face or a passkey. */
export interface ConfirmedWindow {
  person: string;
  data: Pick<SessionData, 'mouse' | 'winMs'>;
}

/** Zero of a learned layer on a site's own people. */
export interface SiteZero {
  z0: number;
  windows: number;
  people: number;
}

/** Fewer say nothing about the hundredth that is lowest, or let one person set it. */
export const FEWEST_WINDOWS = 500;
export const FEWEST_PEOPLE = 30;
/**
 * From the zero of the weights. People of a site differ by no more, so that more is a fault, or an attack: a lower zero lets programs
 * pass. The weights have the zero of the set whose people score lowest, so that other sites lie above it (by up to 1.7 where measured,
 * docs/evidence/behavior.md, bar 5).
 */
const MOST_BELOW = 1.5;
const MOST_ABOVE = 3;

/**
 * The 1 % quantile of z over half-minute windows with eight movements, every person of the same weight, placed for people who are not
 * among these (`zeroForOthers`). Throws CONFLICT where there are too few, or where it lies too far from the model's own zero.
 */
export function siteZero(model: BehaviorModel, confirmed: readonly ConfirmedWindow[]): SiteZero {
  return zeroOfPeople(
    model,
    confirmed.flatMap(({ person, data }) => {
      const z = scoreOfPerson(model, data);
      return z === undefined ? [] : [{ person, z }];
    }),
  );
}

/** Undefined for a window that measured too little. */
export const scoreOfPerson = (model: BehaviorModel, data: ConfirmedWindow['data']): number | undefined =>
  isFullWindow(data) ? sumOfStumps(data.mouse, model) : undefined;

/** The same of windows that are scored already. */
export function zeroOfPeople(
  model: Pick<BehaviorModel, 'z0'>,
  full: readonly { person: string; z: number }[],
): SiteZero {
  const [windows, people] = [full.length, new Set(full.map(({ person }) => person)).size];
  if (windows < FEWEST_WINDOWS || people < FEWEST_PEOPLE)
    throw new Problem(
      'CONFLICT',
      `The zero of a site needs at least ${FEWEST_WINDOWS} windows of 20 s with eight movements, of ${FEWEST_PEOPLE} people; there are ${windows} of ${people}.`,
    );
  const z0 = zeroForOthers(full);
  refuseFarZero(model, z0);
  return { z0: Math.round(z0 * 1e4) / 1e4, windows, people };
}

/** Throws CONFLICT. */
export function refuseFarZero({ z0: own }: Pick<BehaviorModel, 'z0'>, z0: number): void {
  const drift = z0 - own;
  if (drift >= -MOST_BELOW && drift <= MOST_ABOVE) return;
  throw new Problem(
    'CONFLICT',
    `The zero of this site, ${z0.toFixed(2)}, is ${Math.abs(drift).toFixed(2)} ${drift < 0 ? 'below' : 'above'} that of the weights; at most ${drift < 0 ? MOST_BELOW : MOST_ABOVE} is taken over. Look for windows that programs made, or train weights of your own.`,
  );
}
