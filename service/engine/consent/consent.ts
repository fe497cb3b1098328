import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';

/** What a face may be used for, each on its own: 1:1, 1:N, and the search for a second address of one person. */
export const purposes = ['verification', 'identification', 'deduplication'] as const;
export type Purpose = (typeof purposes)[number];

export interface Consent {
  textVersion: string;
  purposes: Purpose[];
  method: string;
  legalBasis: string;
  /** Ms since 1970. Absent: the organization's term, if it has one. */
  expiresAt?: number;
  /** Whether somebody of the organization took it down, or the person gave it alone. Absent: known is only who sent it. */
  through?: 'operator' | 'self';
}

/** A consent of the whole organization for everybody who has no record of their own. */
export interface Attestation extends Omit<Consent, 'expiresAt' | 'through'> {
  attestedBy: string;
  attestedAt: number;
}

/** Through whom a record came: an API key (which did not say), somebody of the organization, or the person concerned. */
export type Through = 'integrator' | 'operator' | 'self';

export interface ConsentRecord extends Omit<Consent, 'through'> {
  id: string;
  at: number;
  by: string;
  through: Through;
}

export interface Withdrawal {
  id: string;
  purpose: Purpose;
  at: number;
  by: string;
  through: Through;
}

/** Whom a record is about. */
export interface Person {
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
}

export const throughOf = (actor: Actor): Through => (actor.is === 'key' ? 'integrator' : 'operator');
