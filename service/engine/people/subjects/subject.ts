import { z } from 'zod';
import type { OrganizationId, SubjectId, TemplateId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { env, id, type OfWorld, time } from '../../../lib/record-fields.ts';

export const exampleOfSubject = {
  id: 'sub_01m7w3ayykpzv1m774b6g68g31',
  env: 'live' as const,
  email: 'ada@example.com',
  enrollments: 1,
  createdAt: '2026-11-20T12:00:00.000Z',
  updatedAt: '2026-11-20T12:00:00.000Z',
};

/** A person of an organization in one world. */
export const Subject = z
  .object({
    id: id<'subject'>(),
    env: env('World of the person'),
    email: z.string().optional().describe('E-mail address; absent once the key of the person is destroyed'),
    name: z.string().optional().describe('Name'),
    enrollments: z.int().min(0).describe('Number of enrolled pictures'),
    createdAt: time('Time of the first enrollment'),
    updatedAt: time('Time of the last enrollment'),
    disabledAt: time('Time since when the person is disabled; absent: enabled').optional(),
    unreadable: z
      .array(z.enum(['email', 'name', 'birthDate']))
      .optional()
      .describe('What is damaged on the disk and cannot be read: set it again'),
  })
  .meta({ id: 'Subject', description: 'A person who is enrolled.', examples: [exampleOfSubject] });
/**
 * `memberOf`: part of the galleries of a member of a uniqueness scope, who has no address; absent: enrolled people. `addressHash`: what the
 * row says of an address that cannot be read.
 */
export type Subject = OfWorld<typeof Subject> & { memberOf?: string; addressHash?: string };

/** Throws CONFLICT where the address is damaged: what is counted or decided by it is not known then. */
export function requireReadableAddress({ id, unreadable }: Pick<Subject, 'id' | 'unreadable'>): void {
  if (unreadable?.includes('email'))
    throw new Problem(
      'CONFLICT',
      `The address of ${id} is damaged on the disk and cannot be read: set it again on the page of the person.`,
    );
}

/** The embeddings of one enrolled picture, by embedder id; unit length. */
export interface Enrollment {
  id: string;
  subject: SubjectId;
  /** 0..1: which to keep when there are more than the most a person may have. */
  quality: number;
  createdAt: number;
  /** The person's first, or confirmed by an operator: never dropped, and what a further picture has to match. */
  anchor: boolean;
  templates: { id: TemplateId; embedder: string; vector: Float32Array }[];
}

/** An enrolled picture, without its embeddings. */
export interface EnrolledPicture {
  enrollment: string;
  /** 0..1. */
  quality: number;
  createdAt: number;
  /** The person's first, or confirmed by an operator. */
  anchor: boolean;
  /** Made by a model file that is in use. */
  comparable: boolean;
  /** The models that made its templates, with the SHA-256 of their files. */
  templates: { model: string; sha256: string }[];
}

/** Where: everything a subject is found in. */
export interface Realm {
  organization: OrganizationId;
  world: World;
}

export const realmKey = ({ organization, world }: Realm) => `${organization}/${world}`;
