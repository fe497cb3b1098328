import type { Subjects } from '../../../engine/subjects/index.ts';
import { personParams } from '../ids.ts';
import { operators } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromSubject } from './translate.ts';
import { OtherPerson, SubjectReply } from './wire.ts';

export interface StandingRouteDeps {
  subjects: Pick<Subjects, 'setDisabled' | 'markDistinct'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may change people: on the box run "gatehouse subject".',
  method: 'POST',
  may: { operator: true, administrator: operators, key: false },
  params: personParams,
  reply: SubjectReply,
  refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
} as const;

/** Disables and enables people, and marks two people as distinct. */
export const standingRoutes = ({ subjects }: StandingRouteDeps): AdminRoute[] => [
  route({
    ...about,
    url: '/subjects/:id/disable',
    operationId: 'disableSubject',
    effect: 'none',
    summary: 'Disable a person',
    description:
      'The person stays enrolled and does not verify: callers get the same answer as for an unknown person. Repeating the call changes nothing.',
    handle: async ({ realm, params: { id }, who, request }) =>
      fromSubject(await subjects.setDisabled(realm, id, true, who, request)),
  }),
  route({
    ...about,
    url: '/subjects/:id/enable',
    operationId: 'enableSubject',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Enable a person',
    description: 'The person can verify again. A repeated call changes nothing.',
    handle: async ({ realm, params: { id }, who, request }) =>
      fromSubject(await subjects.setDisabled(realm, id, false, who, request)),
  }),
  route({
    ...about,
    url: '/subjects/:id/not-the-same',
    operationId: 'markNotTheSame',
    effect: 'changes-identity',
    daily: true,
    summary: 'Mark two people as not the same',
    description:
      'Marks two people who look alike as distinct: neither is reported as a duplicate of the other any more. The mark is erased with either person.',
    body: OtherPerson,
    handle: async ({ realm, params: { id }, body: { other }, who, request }) =>
      fromSubject(await subjects.markDistinct(realm, { person: id, other, same: false }, who, request)),
  }),
  route({
    ...about,
    url: '/subjects/:id/maybe-the-same',
    operationId: 'markMaybeTheSame',
    effect: 'changes-identity',
    daily: true,
    summary: 'Undo “not the same”',
    description: 'The two people are reported as duplicates again.',
    body: OtherPerson,
    handle: async ({ realm, params: { id }, body: { other }, who, request }) =>
      fromSubject(await subjects.markDistinct(realm, { person: id, other, same: true }, who, request)),
  }),
];
