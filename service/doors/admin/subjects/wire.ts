import { z } from 'zod';
import { doubts } from '../../../engine/gallery-calibration/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { emailAddress, lineOfText } from '../../../http/text-fields.ts';
import { CheckReply } from '../check-reply.ts';
import { NewConsent } from '../consent/wire.ts';
import { idOf, personParams } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const name = lineOfText(200);
const birthDate = z.iso.date('It must be a date, YYYY-MM-DD.');

export const SubjectQuery = z.strictObject({
  search: z
    .string()
    .trim()
    .min(1)
    .max(254)
    .optional()
    .describe('The whole id or e-mail address, else a part of the address or of the name, in any case'),
  ...pageQuery(idOf('person')),
});

export const PictureParams = personParams.extend({ picture: idOf('picture').describe('Id of the picture') });

/** The `request` part beside the picture. */
export const EnrollRequest = z
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

export const SubjectChange = z
  .strictObject({
    email: emailAddress.optional().describe('The new e-mail address'),
    name: name.nullish().describe('The new name; null removes it'),
    birthDate: birthDate
      .nullish()
      .describe('The date of birth, checked by the caller against a document; null removes it'),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), 'Name at least one field.')
  .meta({ id: 'SubjectChange', examples: [{ name: 'Ada Lovelace' }] });

export const Confirmation = z
  .strictObject({
    confirmed: z.boolean().describe('Whether an operator has checked that the picture shows the person'),
  })
  .meta({ id: 'PictureConfirmation', examples: [{ confirmed: true }] });

export const UnlockOrder = z
  .strictObject({
    person: z.string().min(1).max(254).describe('Id of the person, or the address that was claimed'),
  })
  .meta({ id: 'UnlockOrder', examples: [{ person: 'ada@example.com' }] });

const subject = {
  id: z.string().describe('Id'),
  env: z.enum(['live', 'test']).describe('World of the person'),
  email: z.string().optional().describe('E-mail address; absent once the key of the person is destroyed'),
  name: z.string().optional().describe('Name'),
  enrollments: z.int().min(0).describe('Number of enrolled pictures'),
  createdAt: time('Time of the first enrollment'),
  updatedAt: time('Time of the last enrollment'),
  disabledAt: time('Time since when the person is disabled; absent: enabled').optional(),
};

const example = {
  id: 'sub_01m7w3ayykpzv1m774b6g68g31',
  env: 'live' as const,
  email: 'ada@example.com',
  enrollments: 1,
  createdAt: '2026-11-20T12:00:00.000Z',
  updatedAt: '2026-11-20T12:00:00.000Z',
};

export const SubjectReply = z
  .strictObject(subject)
  .meta({ id: 'Subject', description: 'A person who is enrolled.', examples: [example] });

export const SubjectPage = pageReply(SubjectReply, 'People, the newest first', 'SubjectPage', {
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

const DoubtfulPersonReply = z
  .strictObject({
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

export const DoubtfulReply = z
  .strictObject({ items: z.array(DoubtfulPersonReply).describe('All of them, in no order') })
  .meta({ id: 'DoubtfulPeople', description: 'People to enroll again.', examples: [] });

const PictureReply = z
  .strictObject({
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

const seen = {
  times: z.int().min(1).describe('Number of these verifications'),
  lastAt: time('Time of the last one'),
};

export const SubjectWithPictures = z
  .strictObject({
    ...subject,
    birthDate: z
      .string()
      .optional()
      .describe('Date of birth that an operator has approved, YYYY-MM-DD; absent: none recorded'),
    pictures: z.array(PictureReply).describe('Pictures, the oldest first; at most ten'),
    devices: z
      .array(
        z.strictObject({
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
        z.strictObject({
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
        z.strictObject({
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
    examples: [{ ...example, pictures: [], devices: [], places: [], notTheSame: [] }],
  });

export const OtherPerson = z
  .strictObject({
    other: z.string().min(1).max(254).describe('Id or e-mail address of the other person'),
  })
  .meta({ id: 'OtherPerson', examples: [{ other: 'bea@example.com' }] });

/** Ten at most: no pages. */
export const EnrolledPictures = z
  .strictObject({ items: z.array(PictureReply).describe('The oldest first') })
  .meta({
    id: 'EnrolledPictures',
    description: 'The enrolled pictures of a person.',
    examples: [{ items: [] }],
  });

export const ConfirmedPictures = EnrolledPictures.extend({
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

export const UpgradeQuery = z.strictObject({
  ...pageQuery(idOf('person')),
  names: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Whether e-mail addresses and names are returned'),
});

export const TemplateUpgrades = pageReply(
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

export const CountReply = z
  .strictObject({ count: z.int().min(0).describe('Total number') })
  .meta({ id: 'SubjectCount', description: 'How many people are enrolled.', examples: [{ count: 212 }] });

export const KeysReply = z
  .strictObject({ keys: z.int().min(0).describe('Number of keys; 0 if a sweep destroys them') })
  .meta({
    id: 'KeysWithoutPerson',
    description: 'Keys whose person is not in the database.',
    examples: [{ keys: 0 }],
  });

export const EnrolledReply = z
  .strictObject({
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
        userId: example.id,
        email: example.email,
        picture: 'enr_01m7w3ayykpzv1m774b6g68g31',
        created: true,
        enrollments: 1,
        quality: { check: 'faceQuality', pass: true, score: 0.9419, weight: 0.5 },
      },
    ],
  });

export const UnlockedReply = z
  .strictObject({
    failures: z.int().min(0).describe('Number of cleared failed attempts'),
    disabled: z.boolean().describe('Whether verification was disabled'),
  })
  .meta({
    id: 'Unlocked',
    description: 'The cleared state of an address.',
    examples: [{ failures: 5, disabled: false }],
  });

export type PictureReply = z.output<typeof PictureReply>;
export type SubjectReply = z.output<typeof SubjectReply>;
export type SubjectWithPictures = z.output<typeof SubjectWithPictures>;
export type EnrolledReply = z.output<typeof EnrolledReply>;
