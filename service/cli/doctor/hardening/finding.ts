import type { Finding } from '../checks.ts';

/** A line of the checklist (docs/HARDENING.md): what was found, why it matters, how to put it right. */
export interface HardeningFinding extends Finding {
  /** As in docs/HARDENING.md. */
  id: string;
  why: string;
}

/** What the check of one line found. */
export type Outcome = Pick<Finding, 'state' | 'found' | 'remedy'>;

export const good = (found: string): Outcome => ({ state: 'ok', found });
export const bad = (found: string, remedy: string): Outcome => ({ state: 'fail', found, remedy });
export const doubtful = (found: string, remedy: string): Outcome => ({ state: 'warn', found, remedy });
