import { z } from 'zod';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { actor, time } from '../../lib/record-fields.ts';
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
  /** Set by the doors that showed the text, and compared `textVersion` with it; others write what they like. */
  shown?: true;
}

/** A consent of the whole organization for people without a record of their own. */
export const Attestation = z.object({
  textVersion: z.string().describe('Version of the text that people agreed to'),
  purposes: z.array(z.enum(purposes)).describe('Purposes'),
  method: z.string().describe('Method of the consent'),
  legalBasis: z.string().describe('Legal basis'),
  attestedBy: actor,
  attestedAt: time('When'),
});
export type Attestation = z.output<typeof Attestation>;

/** The source of a record: an API key (unspecified), a member of the organization, or the person concerned. */
export const channels = ['integrator', 'operator', 'self'] as const;
const through = z
  .enum(channels)
  .describe('Source of the consent: an API key, the organization, or the person');
export type Through = z.output<typeof through>;

export const ConsentRecord = z.object({
  id: z.string().describe('Id'),
  at: time('When'),
  textVersion: z.string().describe('Version of the text'),
  purposes: z.array(z.enum(purposes)).describe('Purposes'),
  method: z.string().describe('Method'),
  legalBasis: z.string().describe('Legal basis'),
  by: actor,
  through,
  expiresAt: time('Expiry').optional(),
  shown: z
    .literal(true)
    .optional()
    .describe('The person read the text that the box shows; absent: the version is as its sender named it'),
});
export type ConsentRecord = z.output<typeof ConsentRecord>;

export const WithdrawalRecord = z.object({
  id: z.string().describe('Id'),
  purpose: z.enum(purposes).describe('Purpose'),
  at: time('When'),
  by: actor,
  through,
});
export type Withdrawal = z.output<typeof WithdrawalRecord>;

/** The person of a record. */
export interface Person {
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
}

export const throughOf = (actor: Actor): Through => (actor.is === 'key' ? 'integrator' : 'operator');
