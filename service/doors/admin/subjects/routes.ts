import type { Subjects } from '../../../engine/subjects/index.ts';
import type { Checks, PastVerifications } from '../../../engine/verification/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { toConsent } from '../consent/translate.ts';
import { personParams } from '../ids.ts';
import { ofAppliance, operators, readers } from '../may-call.ts';
import { pictureRefusals, pictureUpload } from '../picture.ts';
import { type AdminRoute, route } from '../route.ts';
import { type DoubtfulRouteDeps, doubtfulRoutes } from './doubtful-routes.ts';
import { type PictureRouteDeps, pictureRoutes } from './picture-routes.ts';
import { type StandingRouteDeps, standingRoutes } from './standing-routes.ts';
import { fromEnrollResult, fromSubject, fromSubjectWithPictures } from './translate.ts';
import { type UpgradeRouteDeps, upgradeRoutes } from './upgrade-routes.ts';
import {
  CountReply,
  EnrolledReply,
  EnrollRequest,
  KeysReply,
  SubjectChange,
  SubjectPage,
  SubjectQuery,
  SubjectReply,
  SubjectWithPictures,
  UnlockedReply,
  UnlockOrder,
} from './wire.ts';

export interface SubjectRouteDeps extends PictureRouteDeps, DoubtfulRouteDeps {
  subjects: PictureRouteDeps['subjects'] &
    Pick<Subjects, 'page' | 'count' | 'change' | 'addressOfAnother' | 'suspiciousKeys' | 'distinctFrom'> &
    StandingRouteDeps['subjects'] &
    UpgradeRouteDeps['subjects'];
  checks: Pick<Checks, 'enroll' | 'unlock'>;
  verifications: Pick<PastVerifications, 'circumstances'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may list or change people: on the box run "gatehouse subject".',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: operators, key: false } as const;

/** People who are enrolled. */
export const subjectRoutes = (deps: SubjectRouteDeps): AdminRoute[] => [
  ...readingRoutes(deps),
  ...doubtfulRoutes(deps),
  ...changingRoutes(deps),
  ...standingRoutes(deps),
  ...upgradeRoutes(deps),
  ...pictureRoutes(deps),
];

const readingRoutes = ({ subjects, verifications }: SubjectRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/subjects',
    operationId: 'listSubjects',
    effect: 'reads-personal',
    summary: 'List people',
    description:
      'The newest first. Addresses and names are sealed: the first list or search makes the service read them into memory in the background, which takes seconds with many people. Until then a search for a part of an address or name looks through the newest people, and `reading` says how many. Each listing is recorded in the audit log.',
    may: looking,
    lasting: true,
    query: SubjectQuery,
    reply: SubjectPage,
    async handle({ realm, query: { cursor, ...query }, who }) {
      const order = defined({ ...query, before: cursor as SubjectId | undefined });
      const { people, next, ...reading } = await subjects.page(realm, order, who);
      return { ...pageOf(people.map(fromSubject), next), ...reading };
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/subjects/count',
    operationId: 'countSubjects',
    effect: 'none',
    summary: 'Count people',
    description: 'How many people are enrolled.',
    may: looking,
    reply: CountReply,
    handle: async ({ realm }) => ({ count: await subjects.count(realm) }),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/subjects/:id',
    operationId: 'getSubject',
    effect: 'reads-personal',
    summary: 'Show a person',
    description:
      'A person with their pictures, devices and places; consent and verifications have URLs of their own below it. The access is recorded in the audit log.',
    may: looking,
    params: personParams,
    reply: SubjectWithPictures,
    refuses: ['SUBJECT_NOT_FOUND'],
    async handle({ realm, params: { id }, who }) {
      const person = await subjects.read(realm, id, who);
      return fromSubjectWithPictures(
        person,
        await verifications.circumstances(realm, person.id),
        await subjects.distinctFrom(person.id),
      );
    },
  }),
  route({
    ...about,
    within: 'appliance',
    method: 'GET',
    url: '/keys-without-person',
    operationId: 'countKeysWithoutPerson',
    effect: 'none',
    summary: 'Count keys without a person',
    description:
      'Keys whose person is not in the database. If there are many, no sweep destroys them, because the database may be an older one.',
    may: ofAppliance,
    lasting: true,
    reply: KeysReply,
    handle: async () => ({ keys: await subjects.suspiciousKeys() }),
  }),
];

const changingRoutes = ({ subjects, checks }: SubjectRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/subjects',
    operationId: 'enrollSubject',
    effect: 'changes-identity',
    daily: true,
    summary: 'Enroll a picture',
    description: 'Adds a picture to the person with the address. A new address creates a person.',
    may: changing,
    body: EnrollRequest,
    upload: pictureUpload,
    status: 201,
    reply: EnrolledReply,
    refuses: [
      ...pictureRefusals,
      'KIOSK_REQUIRED',
      'TEMPLATE_MISMATCH',
      'DUPLICATE_IDENTITY',
      'CONFLICT',
      'CONSENT_REQUIRED',
      'CONSENT_WITHDRAWN',
      'STORAGE_FULL',
    ],
    async handle({ realm, body: { consent, ...fields }, file, who, request }) {
      const result = await checks.enroll({
        ...realm,
        ...defined(fields),
        ...(consent && { consent: toConsent(consent) }),
        picture: file,
        actor: who,
        request,
      });
      return fromEnrollResult(result, fields.email);
    },
  }),
  route({
    ...about,
    method: 'PATCH',
    url: '/subjects/:id',
    operationId: 'changeSubject',
    effect: 'changes-identity',
    approval: async ({ realm, params: { id }, body: { email } }) => {
      const about = email === undefined ? undefined : await subjects.addressOfAnother(realm, id, email);
      return about === undefined ? 'subject.change' : { action: 'subject.rebind', about };
    },
    summary: 'Change the address, name or date of birth of a person',
    description:
      'Fields that are not sent stay unchanged, as do pictures, consent and holds. The audit log has the earlier values, sealed. In the live world an address that another person has, or had within 90 days, always takes a second administrator.',
    may: changing,
    params: personParams,
    body: SubjectChange,
    reply: SubjectReply,
    refuses: ['SUBJECT_NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, body, who }) =>
      fromSubject(await subjects.change(realm, id, defined(body), who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/subjects/unlock',
    operationId: 'unlockSubject',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Allow verification again',
    description: 'Clears the failed attempts at an address.',
    may: changing,
    body: UnlockOrder,
    reply: UnlockedReply,
    refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ realm, body: { person }, who }) => checks.unlock(realm, person, who),
  }),
];
