import { z } from 'zod';
import { exampleOfSubject, type Realm, Subject, type Subjects } from '../../engine/people/index.ts';
import type { Checks, PastVerifications } from '../../engine/verification/index.ts';
import { pageOf, pageQuery, pageReply } from '../../http/cursor.ts';
import { Problem } from '../../lib/problem.ts';
import { actor, inEnv, time } from '../../lib/record-fields.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';
import { coalesce } from '../../lib/turns.ts';
import { NewConsent, requireShownText, type ShownTextDeps } from './consent.ts';
import {
  type DoubtfulRouteDeps,
  doubtfulRoutes,
  EnrolledPictureReply,
  type PictureRouteDeps,
  pictureRoutes,
  shownPicture,
  type UpgradeRouteDeps,
  upgradeRoutes,
} from './enrolled-pictures.ts';
import { idOf, personParams } from './ids.ts';
import { byOperators, byReaders, managers, ofAppliance } from './may-call.ts';
import { pictureRefusals, pictureUpload } from './picture.ts';
import { CheckReply, namesSome } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const name = lineOfText(200);
const birthDate = z.iso.date('It must be a date, YYYY-MM-DD.');

const SubjectQuery = z.strictObject({
  search: z
    .string()
    .trim()
    .min(1)
    .max(254)
    .optional()
    .describe('The whole id or e-mail address, else a part of the address or of the name, in any case'),
  ...pageQuery(idOf('person')),
});

/** The `request` part beside the picture. */
const EnrollRequest = z
  .strictObject({
    email: emailAddress.describe('E-mail address; a new one creates the person'),
    name: name.optional().describe('Name of the person'),
    consent: NewConsent.optional().describe('Consent that came with the picture'),
    mark: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('SHA-256 of the picture; a picture of the person with the same value is not enrolled again'),
    overrideMismatch: z
      .boolean()
      .optional()
      .describe('Accept a picture that does not match the others of the person'),
    overrideLiveness: z
      .boolean()
      .optional()
      .describe('Accept a picture that failed liveness, such as a scanned photograph'),
    overrideQuality: z
      .boolean()
      .optional()
      .describe('Accept a picture that the camera would refuse for blur or darkness'),
    confirmed: z
      .boolean()
      .optional()
      .describe(
        'Confirm the picture: the operator has checked the identity, and later pictures have to match it',
      ),
  })
  .meta({
    id: 'EnrollOrder',
    description: 'The person in the picture.',
    examples: [{ email: 'ada@example.com' }],
  });

const SubjectChange = z
  .strictObject({
    email: emailAddress.optional().describe('The new e-mail address'),
    name: name.nullish().describe('The new name; null removes it'),
    birthDate: birthDate
      .nullish()
      .describe('The date of birth, checked by the caller against a document; null removes it'),
  })
  .refine(namesSome, 'Name at least one field.')
  .meta({ id: 'SubjectChange', examples: [{ name: 'Ada Lovelace' }] });

const UnlockRequest = z
  .strictObject({
    person: z.string().min(1).max(254).describe('Id of the person, or the address that was claimed'),
  })
  .meta({ id: 'UnlockOrder', examples: [{ person: 'ada@example.com' }] });

const SubjectPage = pageReply(Subject, 'People, the newest first', 'SubjectPage', {
  reading: z
    .strictObject({
      read: z.int().min(0).describe('Number of people searched so far, the newest first'),
      people: z.int().min(0).describe('Number of people'),
    })
    .optional()
    .describe(
      'Present while the service reads the sealed names and only some of the people were searched. Repeat the call a second later',
    ),
});

const seen = {
  times: z.int().min(1).describe('Number of these verifications'),
  lastAt: time('Time of the last one'),
};

const SubjectWithPictures = z
  .object({
    ...Subject.shape,
    birthDate: z
      .string()
      .optional()
      .describe('Date of birth that an operator has approved, YYYY-MM-DD; absent: none recorded'),
    pictures: z.array(EnrolledPictureReply).describe('Pictures, the oldest first; at most ten'),
    devices: z
      .array(
        z.object({
          userAgent: z.string().optional().describe('User agent of the browser'),
          cameraWidth: z.number().optional().describe('Pixels'),
          cameraHeight: z.number().optional().describe('Pixels'),
          screenWidth: z.number().optional().describe('Pixels'),
          screenHeight: z.number().optional().describe('Pixels'),
          ...seen,
        }),
      )
      .describe('Devices of the last 50 successful verifications, the last used first'),
    places: z
      .array(
        z.object({
          latitude: z.number().describe('Degrees north, WGS 84'),
          longitude: z.number().describe('Degrees east, WGS 84'),
          country: z.string().optional().describe('ISO 3166-1 alpha-2'),
          timeZone: z.string().optional().describe('IANA name'),
          ...seen,
        }),
      )
      .describe('Places of these verifications, the last first'),
    notTheSame: z
      .array(
        z.object({
          id: z.string().describe('Id of the other person'),
          markedAt: time('Time of the mark'),
          markedBy: actor,
        }),
      )
      .describe('People marked as distinct'),
  })
  .meta({
    id: 'SubjectWithPictures',
    description: 'A person who is enrolled, with their pictures.',
    examples: [{ ...exampleOfSubject, pictures: [], devices: [], places: [], notTheSame: [] }],
  });

const OtherPerson = z
  .strictObject({
    other: z.string().min(1).max(254).describe('Id or e-mail address of the other person'),
  })
  .meta({ id: 'OtherPerson', examples: [{ other: 'bea@example.com' }] });

const CountReply = z
  .strictObject({ count: z.int().min(0).describe('Total number') })
  .meta({ id: 'SubjectCount', description: 'How many people are enrolled.', examples: [{ count: 212 }] });

const KeysReply = z
  .strictObject({ keys: z.int().min(0).describe('Number of keys; 0 if a sweep destroys them') })
  .meta({
    id: 'KeysWithoutPerson',
    description: 'Keys whose person is not in the database.',
    examples: [{ keys: 0 }],
  });

const EnrolledReply = z
  .object({
    enrolled: z.literal(true).describe('Always true; a refusal is an error'),
    userId: z.string().describe('Id of the person'),
    email: z.string().describe('E-mail address of the person'),
    picture: z.string().describe('Id of the enrolled picture'),
    created: z.boolean().describe('False: the person existed and has a further picture now'),
    enrollments: z.int().describe('Enrolled pictures of the person'),
    quality: CheckReply,
    repeated: z.literal(true).optional().describe('The person has this picture already; nothing was added'),
    duplicate: z
      .boolean()
      .optional()
      .describe('With the policy `warn`: whether the face is similar to that of another person'),
    review: z.string().optional().describe('Id of the review of the two faces'),
  })
  .meta({
    id: 'Enrolled',
    description: 'The enrolled picture.',
    examples: [
      {
        enrolled: true,
        userId: exampleOfSubject.id,
        email: exampleOfSubject.email,
        picture: 'enr_01m7w3ayykpzv1m774b6g68g31',
        created: true,
        enrollments: 1,
        quality: { check: 'faceQuality', pass: true, score: 0.9419, weight: 0.5 },
      },
    ],
  });

const UnlockedReply = z
  .strictObject({
    failures: z.int().min(0).describe('Number of cleared failed attempts'),
    disabled: z.boolean().describe('Whether verification was disabled'),
  })
  .meta({
    id: 'Unlocked',
    description: 'The cleared state of an address.',
    examples: [{ failures: 5, disabled: false }],
  });

export interface SubjectRouteDeps extends PictureRouteDeps, DoubtfulRouteDeps, ShownTextDeps {
  subjects: PictureRouteDeps['subjects'] &
    Pick<Subjects, 'page' | 'count' | 'change' | 'addressOfAnother' | 'suspiciousKeys' | 'distinctFrom'> &
    PersonStatusRouteDeps['subjects'] &
    UpgradeRouteDeps['subjects'];
  checks: Pick<Checks, 'enroll' | 'unlock'>;
  verifications: Pick<PastVerifications, 'circumstances'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may list or change people: on the box run "gatehouse subject".',
} as const;

/** People who are enrolled. */
export const subjectRoutes = (deps: SubjectRouteDeps): AdminRoute[] => [
  ...readingRoutes(deps),
  ...doubtfulRoutes(deps),
  ...changingRoutes(deps),
  ...personStatusRoutes(deps),
  ...upgradeRoutes(deps),
  ...pictureRoutes(deps),
];

type Enrollment = { realm: Realm; body: z.output<typeof EnrollRequest> };

/** Only in the live world is a picture judged for life. */
const isScan = ({ realm, body }: Enrollment): boolean =>
  realm.world === 'live' && body.overrideLiveness === true;

const notForRole = (): Problem =>
  new Problem(
    'INSUFFICIENT_SCOPE',
    'Pictures that are not checked for life are enrolled by owners and administrators: ask one of them, or take the picture with the camera.',
  );

function refuseOverrides(body: Enrollment['body']): void {
  for (const field of ['overrideMismatch', 'confirmed'] as const) {
    if (body[field] !== true) continue;
    const message = 'It is for the operator of the box: “gatehouse subject enroll”.';
    throw new Problem('INVALID_REQUEST', `The field “${field}” cannot be sent here. ${message}`, {
      details: [{ path: field, message }],
    });
  }
}

const readingRoutes = ({ subjects, verifications }: SubjectRouteDeps): AdminRoute[] => [
  route('GET /subjects', {
    ...about,
    operationId: 'listSubjects',
    effect: 'reads-personal',
    summary: 'List people',
    description:
      'The newest first. Addresses and names are sealed: the first list or search makes the service read them into memory in the background, which takes seconds with many people. Until then a search for a part of an address or name looks through the newest people, and `reading` says how many. Each listing is recorded in the audit log.',
    may: byReaders,
    lasting: true,
    query: SubjectQuery,
    reply: SubjectPage,
    async handle({ realm, query: { cursor: before, ...query }, who }) {
      const { people, next, ...reading } = await subjects.page(realm, { ...query, before }, who);
      return { ...pageOf(people.map(inEnv), next), ...reading };
    },
  }),
  route('GET /subjects/count', {
    ...about,
    operationId: 'countSubjects',
    effect: 'none',
    summary: 'Count people',
    description: 'How many people are enrolled.',
    may: byReaders,
    reply: CountReply,
    handle: async ({ realm }) => ({ count: await subjects.count(realm) }),
  }),
  route('GET /subjects/:id', {
    ...about,
    operationId: 'getSubject',
    effect: 'reads-personal',
    summary: 'Show a person',
    description:
      'A person with their pictures, devices and places; consent and verifications have URLs of their own below it. The access is recorded in the audit log.',
    may: byReaders,
    params: personParams,
    reply: SubjectWithPictures,
    refuses: ['SUBJECT_NOT_FOUND'],
    async handle({ realm, params: { id }, who }) {
      const person = await subjects.read(realm, id, who);
      return {
        ...inEnv(person),
        pictures: person.pictures.map(shownPicture),
        ...(await verifications.circumstances(realm, person.id)),
        notTheSame: (await subjects.distinctFrom(person.id)).map((mark) => ({ ...mark, id: mark.subject })),
      };
    },
  }),
  route('GET /keys-without-person', {
    ...about,
    within: 'appliance',
    operationId: 'countKeysWithoutPerson',
    effect: 'none',
    summary: 'Count keys without a person',
    description:
      'Keys whose person is not in the database. If there are many, no sweep destroys them, because the database may be an older one.',
    may: ofAppliance,
    lasting: true,
    reply: KeysReply,
    handle: coalesce(async () => ({ keys: await subjects.suspiciousKeys() })),
  }),
];

const changingRoutes = ({ subjects, checks, organizations }: SubjectRouteDeps): AdminRoute[] => [
  route('POST /subjects', {
    ...about,
    operationId: 'enrollSubject',
    effect: 'changes-identity',
    // What is not judged for life may be a photograph of someone else.
    approval: 'protection.weaken',
    harmless: (call) => !isScan(call),
    summary: 'Enroll a picture',
    description:
      'Adds a picture to the person with the address. A new address creates a person. An administrator changes no name by it: another name than that of the person is refused (`changeSubject`). `overrideLiveness` in the live world is for owners and administrators, alerts, and takes a second administrator where the organization has four eyes; `overrideMismatch` and `confirmed` are for the operator of the box.',
    may: byOperators,
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
      'APPROVAL_REQUIRED',
      'STORAGE_FULL',
    ],
    async handle({ realm, body, file, who, isOf, request }) {
      if (isScan({ realm, body }) && !isOf(managers)) throw notForRole();
      if (who.is !== 'operator') refuseOverrides(body);
      await requireShownText({ organizations }, realm.organization, body.consent);
      const enrolled = await checks.enroll({ ...realm, ...body, picture: file, actor: who, request });
      return { ...enrolled, enrolled: true as const, userId: enrolled.subject, email: body.email };
    },
  }),
  route('PATCH /subjects/:id', {
    ...about,
    operationId: 'changeSubject',
    effect: 'changes-identity',
    approval: async ({ realm, params: { id }, body: { email } }) => {
      const about = email === undefined ? undefined : await subjects.addressOfAnother(realm, id, email);
      return about === undefined ? 'subject.change' : { action: 'subject.rebind', about };
    },
    summary: 'Change the address, name or date of birth of a person',
    description:
      'Fields that are not sent stay unchanged, as do pictures, consent and holds. The audit log has the earlier values, sealed. In the live world an address that another person has, or had within 90 days, always takes a second administrator.',
    may: byOperators,
    params: personParams,
    body: SubjectChange,
    reply: Subject,
    refuses: ['SUBJECT_NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
    handle: async ({ realm, params: { id }, body, who }) =>
      inEnv(await subjects.change(realm, id, body, who)),
  }),
  route('POST /subjects/unlock', {
    ...about,
    operationId: 'unlockSubject',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Allow verification again',
    description: 'Clears the failed attempts at an address.',
    may: byOperators,
    body: UnlockRequest,
    reply: UnlockedReply,
    refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ realm, body: { person }, who }) => checks.unlock(realm, person, who),
  }),
];

export interface PersonStatusRouteDeps {
  subjects: Pick<Subjects, 'setDisabled' | 'markDistinct'>;
}

const statusChange = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may change people: on the box run "gatehouse subject".',
  may: byOperators,
  params: personParams,
  reply: Subject,
  refuses: ['SUBJECT_NOT_FOUND', 'STORAGE_FULL'],
} as const;

/** Disables and enables people, and marks two people as distinct. */
const personStatusRoutes = ({ subjects }: PersonStatusRouteDeps): AdminRoute[] => [
  route('POST /subjects/:id/disable', {
    ...statusChange,
    operationId: 'disableSubject',
    effect: 'none',
    summary: 'Disable a person',
    description:
      'The person stays enrolled and does not verify: callers get the same answer as for an unknown person. Repeating the call changes nothing.',
    handle: async ({ realm, params: { id }, who, request }) =>
      inEnv(await subjects.setDisabled(realm, id, true, who, request)),
  }),
  route('POST /subjects/:id/enable', {
    ...statusChange,
    operationId: 'enableSubject',
    effect: 'weakens-protection',
    daily: true,
    summary: 'Enable a person',
    description: 'The person can verify again. A repeated call changes nothing.',
    handle: async ({ realm, params: { id }, who, request }) =>
      inEnv(await subjects.setDisabled(realm, id, false, who, request)),
  }),
  route('POST /subjects/:id/not-the-same', {
    ...statusChange,
    operationId: 'markNotTheSame',
    effect: 'changes-identity',
    daily: true,
    summary: 'Mark two people as not the same',
    description:
      'Marks two people who look alike as distinct: neither is reported as a duplicate of the other any more. The mark is erased with either person.',
    body: OtherPerson,
    handle: async ({ realm, params: { id }, body: { other }, who, request }) =>
      inEnv(await subjects.markDistinct(realm, { person: id, other, same: false }, who, request)),
  }),
  route('POST /subjects/:id/maybe-the-same', {
    ...statusChange,
    operationId: 'markMaybeTheSame',
    effect: 'changes-identity',
    daily: true,
    summary: 'Undo “not the same”',
    description: 'The two people are reported as duplicates again.',
    body: OtherPerson,
    handle: async ({ realm, params: { id }, body: { other }, who, request }) =>
      inEnv(await subjects.markDistinct(realm, { person: id, other, same: true }, who, request)),
  }),
];
