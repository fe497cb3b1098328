import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Approvals } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import { doubts, type GalleryCalibrations } from '../../engine/matching/index.ts';
import type { EnrolledPicture, Realm, Subject, Subjects } from '../../engine/people/index.ts';
import { pageOf, pageQuery, pageReply } from '../../http/cursor.ts';
import type { AdministratorId } from '../../lib/id.ts';
import { time } from '../../lib/record-fields.ts';
import type { Asked } from './effect.ts';
import { idOf, personParams } from './ids.ts';
import { byOperators, byReaders } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const PictureParams = personParams.extend({ picture: idOf('picture').describe('Id of the picture') });

const Confirmation = z
  .strictObject({
    confirmed: z.boolean().describe('Whether an operator has checked that the picture shows the person'),
  })
  .meta({ id: 'PictureConfirmation', examples: [{ confirmed: true }] });

const DoubtfulPersonReply = z
  .object({
    id: z.string().describe('Id'),
    email: z.string().optional().describe('E-mail address'),
    name: z.string().optional().describe('Name'),
    doubt: z
      .enum(doubts)
      .describe(
        '`no-person`: the model takes the face for a drawing, a statue or an animal, as it does many faces that are upside down; `like-no-person`: the template resembles such a template of another person; `like-many`: it resembles those of several other people',
      ),
  })
  .meta({
    id: 'DoubtfulPerson',
    description: 'A person whose template does not distinguish them from others.',
    examples: [{ id: 'sub_01m7w3ayykpzv1m774b6g68g31', email: 'ada@example.com', doubt: 'no-person' }],
  });

/** One page has all of them. */
const DoubtfulReply = pageReply(DoubtfulPersonReply, 'All of them, in no order', 'DoubtfulPeople');

export const EnrolledPictureReply = z
  .object({
    id: z.string().describe('Id'),
    createdAt: time('Time of the enrollment'),
    quality: z.number().min(0).max(1).describe('Quality, 0..1'),
    confirmed: z
      .boolean()
      .describe(
        'Confirmed: the first picture, or confirmed by an operator. It is never dropped, and other pictures must match it',
      ),
    comparable: z.boolean().describe('Whether its templates belong to a model in use'),
    templates: z
      .array(
        z.strictObject({
          model: z.string().describe('Id of the model'),
          sha256: z.string().describe('SHA-256 of the file of the model'),
        }),
      )
      .describe('Templates of the picture, one for each model'),
  })
  .meta({
    id: 'EnrolledPicture',
    description: 'An enrolled picture. Its templates are stored, not the picture.',
    examples: [
      {
        id: 'enr_01m7w3ayykpzv1m774b6g68g31',
        createdAt: '2026-11-20T12:00:00.000Z',
        quality: 0.94,
        confirmed: true,
        comparable: true,
        templates: [{ model: 'face-reidentification-retail-0095', sha256: 'c0ffee'.padEnd(64, '0') }],
      },
    ],
  });

/** Ten at most: no pages. */
const EnrolledPictures = z
  .strictObject({ items: z.array(EnrolledPictureReply).describe('The oldest first') })
  .meta({
    id: 'EnrolledPictures',
    description: 'The enrolled pictures of a person.',
    examples: [{ items: [] }],
  });

const ConfirmedPictures = EnrolledPictures.extend({
  alone: z
    .literal(true)
    .optional()
    .describe(
      'Present where no second administrator could confirm it, so that one account enrolled and confirmed the picture; the audit log and the alert say so too',
    ),
}).meta({
  id: 'ConfirmedPictures',
  description: 'The enrolled pictures of a person, after one was confirmed.',
  examples: [{ items: [] }],
});

const UpgradeQuery = z.strictObject({
  ...pageQuery(idOf('person')),
  names: flag().prefault('false').describe('Whether e-mail addresses and names are returned'),
});

const TemplateUpgrades = pageReply(
  z.strictObject({
    id: z.string().describe('Id of the person'),
    email: z.string().optional().describe('E-mail address; with `names`'),
    name: z.string().optional().describe('Name; with `names`'),
    provisional: z
      .boolean()
      .describe('True: a verified visit was kept; the next one that agrees makes the templates'),
  }),
  'People without a confirmed picture of the present model, by id',
  'TemplateUpgrades',
  {
    upgraded: z.int().min(0).describe('People with templates of both models'),
    provisional: z.int().min(0).describe('People with one visit that was kept'),
    waiting: z.int().min(0).describe('People with templates of the former model alone'),
  },
);

export const shownPicture = (picture: EnrolledPicture) => ({
  ...picture,
  id: picture.enrollment,
  confirmed: picture.anchor,
});

export interface DoubtfulRouteDeps {
  calibrations: Pick<GalleryCalibrations, 'doubtful'>;
}

/** People whose picture should be taken again. */
export const doubtfulRoutes = ({ calibrations }: DoubtfulRouteDeps): AdminRoute[] => [
  route('GET /subjects/doubtful', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may list people: on the box run "gatehouse subject doubtful".',
    operationId: 'listDoubtfulPeople',
    effect: 'reads-personal',
    summary: 'List people to enroll again',
    description:
      'People whose template does not distinguish them from others. Reads every template of the world, and takes seconds with thousands of people. Enroll a better picture, then remove the old one. The listing is recorded in the audit log.',
    may: byReaders,
    lasting: true,
    reply: DoubtfulReply,
    handle: async ({ realm, who }) => ({
      items: (await calibrations.doubtful(realm, who)).map((one) => ({ ...one, id: one.subject })),
    }),
  }),
];

export interface PictureRouteDeps {
  subjects: Pick<Subjects, 'read' | 'pictures' | 'confirm' | 'confirmsAlone' | 'removePicture'>;
  approvals: Pick<Approvals, 'hasAnother'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may confirm or remove a picture: on the box run "gatehouse subject".',
  may: byOperators,
  params: PictureParams,
} as const;

interface Confirming {
  realm: Realm;
  params: { id: string; picture: string };
  body: { confirmed: boolean };
  who: Actor;
}

/** Enrolled pictures of one person. */
export function pictureRoutes({ subjects, approvals }: PictureRouteDeps): AdminRoute[] {
  const left = async ({ id }: Pick<Subject, 'id'>) => ({
    items: (await subjects.pictures(id)).map(shownPicture),
  });
  /** One of staff enrolls, and another confirms; or a second administrator agrees. */
  async function askedFor({
    realm,
    params: { id, picture },
    body: { confirmed },
    who,
  }: Confirming): Promise<Asked> {
    const action = 'subject.change';
    const named = { subject: id, enrollment: picture };
    if (!confirmed || who.is !== 'administrator' || !(await subjects.confirmsAlone(realm, named, who)))
      return { action };
    return (await approvals.hasAnother(realm.organization, who.administrator as AdministratorId))
      ? { action: 'picture.confirm', about: createHash('sha256').update(picture).digest('hex') }
      : { action, alone: true };
  }
  return [
    route('PATCH /subjects/:id/pictures/:picture', {
      ...about,
      operationId: 'confirmPicture',
      effect: 'changes-identity',
      approval: askedFor,
      summary: 'Confirm an enrolled picture',
      description:
        'Later pictures have to match a confirmed one, and it is never dropped. One confirmed picture stays. In the live world it takes two: a picture that the same account or a program enrolled needs a second administrator.',
      body: Confirmation,
      reply: ConfirmedPictures,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
      async handle(call) {
        const { realm, params, body, who } = call;
        const { alone = false } = await askedFor(call);
        const named = { subject: params.id, enrollment: params.picture, confirmed: body.confirmed, alone };
        const pictures = await left(await subjects.confirm(realm, named, who));
        return alone ? { ...pictures, alone: true as const } : pictures;
      },
    }),
    route('DELETE /subjects/:id/pictures/:picture', {
      ...about,
      operationId: 'removePicture',
      effect: 'changes-identity',
      summary: 'Remove an enrolled picture',
      description:
        'Deletes its templates. Earlier backups keep them until they are removed. One confirmed picture must remain, and a legal hold keeps all pictures.',
      reply: EnrolledPictures,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'LEGAL_HOLD', 'STORAGE_FULL'],
      async handle({ realm, params: { id, picture }, who }) {
        return left(await subjects.removePicture(realm, { subject: id, enrollment: picture }, who));
      },
    }),
  ];
}

export interface UpgradeRouteDeps {
  subjects: Pick<Subjects, 'upgradeProgress' | 'notUpgraded' | 'named'>;
}

/** How far the change to another embedder is. */
export const upgradeRoutes = ({ subjects }: UpgradeRouteDeps): AdminRoute[] => [
  route('GET /template-upgrades', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may list or change people: on the box run "gatehouse subject".',
    operationId: 'listTemplateUpgrades',
    effect: 'reads-personal',
    summary: 'List people without a template of the present model',
    description:
      'People whose confirmed pictures have templates of a superseded embedding model alone, and how many have templates of the present one already. They are compared by the former model until two verified visits, an enrollment by staff or an import with pictures make new templates. A profile that stops accepting the former model (`models.supersededUntil`) refuses the people listed here. A listing with `names` is recorded in the audit log.',
    may: byReaders,
    query: UpgradeQuery,
    reply: TemplateUpgrades,
    async handle({ realm, query: { limit, cursor, names }, who }) {
      const { people, next } = await subjects.notUpgraded(realm, { limit, after: cursor });
      const ids = people.map(({ id }) => id);
      const named = new Map(
        (names ? await subjects.named(realm, ids, who) : []).map((person) => [person.id, person]),
      );
      const items = people.map((one) => {
        const { email, name } = named.get(one.id) ?? {};
        return { ...one, email, name };
      });
      return { ...(await subjects.upgradeProgress(realm)), ...pageOf(items, next) };
    },
  }),
];
