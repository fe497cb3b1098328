import type { MemberId, OrganizationId, ScopeId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';

/**
 * What the erasure of an account does to the place of its human in a scope. `reopen`: the human may come again as a new one. `hold`: the
 * member stays to the end of the epoch, and so does the face.
 */
export type ErasureRule = 'reopen' | 'hold';

export type ScopeState = 'active' | 'ended';

interface ScopeSettings {
  /** The chance that a person who is not in the scope is taken for a member, 0..1. */
  falseFlagRate: number;
  /** The same of a person that a reviewer has to compare; at least `falseFlagRate`. Between the two lies the grey band. */
  reviewRate: number;
  onErasure: ErasureRule;
  /** Days after the last visit in which a member is erased; absent: at the end of the epoch. */
  retentionDays?: number;
  /** When the scope ends by itself; ms since 1970. */
  endsAt?: number;
}

/** Where each human counts once. */
export interface Scope extends ScopeSettings {
  id: ScopeId;
  organization: OrganizationId;
  world: World;
  /** Of the region; empty: the organization itself. */
  name: string;
  state: ScopeState;
  /** From 1. Each has members and ids of its own. */
  epoch: number;
  createdAt: number;
  endedAt?: number;
}

/** One human in one epoch of a scope. */
export interface Member {
  id: MemberId;
  /** Who has the templates: a person without an address. */
  subject: string;
  /** The enrolled person as which the member came; in the scope of the organization only. */
  account?: string;
  referenceHash?: string;
}

export const defaultSettings: ScopeSettings = {
  falseFlagRate: 0.01,
  reviewRate: 0.05,
  onErasure: 'reopen',
  retentionDays: 365,
};

/** The part of the galleries in which the members of one epoch are. */
export const partOf = ({ id, epoch }: Pick<Scope, 'id' | 'epoch'>) => `${id}/${epoch}`;

/** The name of an epoch's key. */
export const keyNameOf = ({ id, epoch }: Pick<Scope, 'id' | 'epoch'>) => `${id}/${epoch}`;

/** How long a session waits for a reviewer. */
export const REVIEWED_WITHIN = 72 * 3_600_000;

/** What is absent stays; null removes it. */
export type SettingsChange = {
  [Key in keyof ScopeSettings]?: ScopeSettings[Key] | (undefined extends ScopeSettings[Key] ? null : never);
};

const rateLimits = { least: 1e-5, most: 0.1, mostReviewed: 0.3 } as const;
const LONGEST_DAYS = 3650;

/** Throws INVALID_REQUEST for settings that contradict each other, and CONFLICT for what the members were not asked about. */
export function changedSettings(
  before: ScopeSettings,
  change: SettingsChange,
  { now, people }: { now: number; people: number },
): ScopeSettings {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const { falseFlagRate, reviewRate, onErasure, retentionDays, endsAt } = { ...before, ...given } as {
    [Key in keyof ScopeSettings]-?: NonNullable<ScopeSettings[Key]> | null;
  } as Record<'falseFlagRate' | 'reviewRate', number> &
    Pick<ScopeSettings, 'onErasure'> &
    Record<'retentionDays' | 'endsAt', number | null | undefined>;
  const after: ScopeSettings = { falseFlagRate, reviewRate, onErasure };
  if (typeof endsAt === 'number') after.endsAt = endsAt;
  // Who is held stays to the end, whatever term was set.
  if (typeof retentionDays === 'number' && onErasure === 'reopen') after.retentionDays = retentionDays;
  requireSound(after, before, now);
  if (people > 0) requireAsked(before, after);
  return after;
}

function requireSound(after: ScopeSettings, before: ScopeSettings, now: number): void {
  const { falseFlagRate, reviewRate, onErasure, retentionDays, endsAt } = after;
  const { least, most, mostReviewed } = rateLimits;
  if (!(falseFlagRate >= least && falseFlagRate <= most))
    throw wrong('falseFlagRate', `The false-flag rate lies between ${least} and ${most}.`);
  if (!(reviewRate >= falseFlagRate && reviewRate <= mostReviewed))
    throw wrong('reviewRate', `The review rate lies between the false-flag rate and ${mostReviewed}.`);
  if (
    retentionDays !== undefined &&
    !(Number.isInteger(retentionDays) && retentionDays >= 1 && retentionDays <= LONGEST_DAYS)
  )
    throw wrong('retentionDays', `The term is 1 to ${LONGEST_DAYS} whole days.`);
  if (endsAt !== undefined && endsAt !== before.endsAt && !(endsAt > now))
    throw wrong('endsAt', 'The end lies in the future.');
  if (onErasure === 'hold' && endsAt === undefined)
    throw wrong('endsAt', 'A scope that holds its members after an erasure has to name its end.');
  if (onErasure === 'reopen' && retentionDays === undefined && endsAt === undefined)
    throw wrong('retentionDays', 'Set a term for members, or the end of the scope.');
}

/** Members were asked with the settings of before: none is held longer, or against an erasure, than they read. */
function requireAsked(before: ScopeSettings, after: ScopeSettings): void {
  if (after.onErasure === 'hold' && before.onErasure === 'reopen')
    throw new Problem(
      'CONFLICT',
      'The members of this epoch consented to a scope that reopens: rotate it, then let it hold.',
    );
  if (after.onErasure === 'hold' && after.endsAt! > before.endsAt!)
    throw new Problem(
      'CONFLICT',
      'The members of this epoch are held to the end that they were asked about: it can only be earlier.',
    );
}

function wrong(path: string, message: string): Problem {
  return new Problem('INVALID_REQUEST', message, { details: [{ path, message }] });
}
