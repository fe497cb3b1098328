import type { MemberId, OrganizationId, ScopeId, World } from '../../lib/id.ts';

/**
 * What the erasure of an account does to the place of its human in a scope. `reopen`: the human may come again as a new one. `hold`: the
 * member stays to the end of the epoch, and so does the face.
 */
export type ErasureRule = 'reopen' | 'hold';

export type ScopeState = 'active' | 'ended';

export interface ScopeSettings {
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
