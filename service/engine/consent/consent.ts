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
  /** Whether a member of the organization recorded it, or the person gave it directly. Absent: only the sender is known. */
  through?: 'operator' | 'self';
}

/** A consent of the whole organization for people without a record of their own. */
export interface Attestation extends Omit<Consent, 'expiresAt' | 'through'> {
  attestedBy: string;
  attestedAt: number;
}

/** The source of a record: an API key (unspecified), a member of the organization, or the person concerned. */
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

/** The person of a record. */
export interface Person {
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
}

export const throughOf = (actor: Actor): Through => (actor.is === 'key' ? 'integrator' : 'operator');
