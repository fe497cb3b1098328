import type { Machine } from '../support/machine.ts';
import type { AttackRow, PersonRow, Setting } from './measure.ts';
import type { RepeatsRow } from './repeats.ts';
import type { RestRow } from './rest.ts';

/** Sessions of live people under one setting and on one path. */
export interface PeoplePart {
  setting: Setting;
  motion: boolean;
  rows: PersonRow[];
}

/** `machine`: of a row that was measured before the newest of its species. */
export type KeptRow = AttackRow & { machine?: Machine };

export interface Kept {
  /** By species. */
  attacks: Record<string, { rows: KeptRow[]; machine: Machine }>;
  people: Record<string, PeoplePart & { machine: Machine }>;
  repeats?: { rows: readonly RepeatsRow[]; machine: Machine };
  rest?: { rows: readonly RestRow[]; machine: Machine };
  /** What was measured by other scripts, in words; kept until it is written anew. */
  beside?: readonly string[];
}
