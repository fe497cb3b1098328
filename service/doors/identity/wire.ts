import { z } from 'zod';
import { purposes } from '../../engine/consent/index.ts';
import { LongText } from '../../http/bodies/json-body.ts';
import { OwnMetadata } from '../../http/key-lists.ts';
import { emailAddress, lineOfText } from '../../lib/text-fields.ts';
import { isTimeZone } from '../../lib/time.ts';

const MIB = 1024 * 1024;

/** Bytes, decoded. */
export const pictureLimits = { image: 10 * MIB, frame: MIB, frames: 30, body: 48 * MIB };

/** A placeholder: Gatehouse ships no face as an example. */
const yourPicture = 'data:image/jpeg;base64,<PUT THE BASE64 OF YOUR PICTURE HERE>';

/** Base64 in JSON, a long one still in its body; in a form a file, or the same text. */
export type Picture = string | LongText | Uint8Array;

const notBase64 = (issue: { input?: unknown }) =>
  issue.input === undefined ? 'It is missing.' : issue.input === '' ? 'It is empty.' : 'It must be a text.';
const isBase64 = (value: unknown) => value instanceof LongText || (typeof value === 'string' && value !== '');
const isFile = (value: unknown) => isBase64(value) || (value instanceof Uint8Array && value.length > 0);

const base64Picture = z.custom<Picture>(isBase64, { error: notBase64 }).meta({
  type: 'string',
  contentEncoding: 'base64',
  description:
    'JPEG, PNG, WebP, HEIC, HEIF or AVIF as a data URL or bare base64; at most 10 MiB decoded and 50 megapixels. EXIF orientation is honored, in HEIC, HEIF and AVIF the rotation of the file itself. The example is a placeholder: put a picture of your own there.',
  examples: [yourPicture],
});
const base64Frame = z.custom<Picture>(isBase64, { error: notBase64 }).meta({
  type: 'string',
  contentEncoding: 'base64',
  description: 'JPEG, PNG, WebP, HEIC, HEIF or AVIF as a data URL or bare base64; at most 1 MiB decoded',
});
const filePicture = z
  .custom<Picture>(isFile, {
    error: (issue) => (issue.input === undefined ? 'It is missing.' : 'It is empty.'),
  })
  .meta({
    type: 'string',
    format: 'binary',
    description:
      'JPEG, PNG, WebP, HEIC, HEIF or AVIF file; at most 10 MiB and 50 megapixels. EXIF orientation is honored, in HEIC, HEIF and AVIF the rotation of the file itself.',
  });

const frameDescription =
  'Further pictures of the same moment, in order, for the checks that need motion; at most 30 of at most 1 MiB each.';

const email = emailAddress.meta({ examples: ['alice@example.com'] });

const pixels = z.number().min(0).max(100_000);
const deviceInfo = z
  .object({
    userAgent: z.string().max(2048).describe('navigator.userAgent').optional(),
    cameraWidth: pixels.describe('Width of the camera stream in pixels').optional(),
    cameraHeight: pixels.describe('Height of the camera stream in pixels').optional(),
    screenWidth: pixels.describe('screen.width').optional(),
    screenHeight: pixels.describe('screen.height').optional(),
  })
  .meta({
    description: 'Device data from the camera page; without it the check deviceConsistency is skipped.',
    examples: [
      {
        userAgent: 'Mozilla/5.0',
        cameraWidth: 1280,
        cameraHeight: 720,
        screenWidth: 1920,
        screenHeight: 1080,
      },
    ],
  });

const location = z
  .object({
    latitude: z.number().min(-90).max(90).describe('Degrees north, WGS 84'),
    longitude: z.number().min(-180).max(180).describe('Degrees east, WGS 84'),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/, 'It must be a country code of two letters.')
      .describe(
        'ISO 3166-1 alpha-2; without it the country is derived from the coordinates if the profile names countries',
      )
      .optional(),
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'It is not a time zone.')
      .describe('IANA name')
      .optional(),
  })
  .meta({
    description:
      "Location of the person; without it the organization's site for the caller's address is used, if there is one. Profiles with hard-fail context checks (the strict ones) refuse a call without either.",
    examples: [{ latitude: 47.3769, longitude: 8.5417, country: 'CH', timeZone: 'Europe/Zurich' }],
  });

const consent = z
  .object({
    textVersion: lineOfText(80).describe('Version of the consent text'),
    purposes: z.array(z.enum(purposes)).min(1).max(purposes.length).describe('What the person agreed to'),
    method: lineOfText(80).describe('How they agreed: "checkbox", "signature", …'),
    legalBasis: lineOfText(120).describe('"GDPR Art. 9(2)(a)", "BIPA written release", …'),
    expiresAt: z.iso
      .datetime({ offset: true })
      .describe("End of the consent, ISO 8601; absent: after the organization's term, if any")
      .optional(),
    through: z
      .enum(['operator', 'self'])
      .describe('Whether a member of the organization recorded the consent, or the person gave it alone')
      .optional(),
  })
  .meta({
    description: "The person's consent; the organization's policy says whether it must come with the call.",
    examples: [
      {
        textVersion: '2026-03',
        purposes: ['verification', 'identification'],
        method: 'checkbox',
        legalBasis: 'GDPR Art. 9(2)(a)',
      },
    ],
  });

function verifyFields<P extends z.ZodType<Picture>>(picture: P, frame: z.ZodType<Picture>) {
  return z
    .object({
      image: picture,
      email: email
        .meta({
          description:
            'Given: is this the person enrolled under this e-mail (1:1)? Absent: which enrolled person is this (1:N)? An unknown e-mail is answered like a mismatch.',
        })
        .optional(),
      profile: z
        .string()
        .min(1)
        .max(80)
        .meta({
          description: 'Id or slug of the verification profile; `default` when absent.',
          examples: ['default'],
        })
        .optional(),
      deviceInfo: deviceInfo.optional(),
      location: location.optional(),
      frames: z.array(frame).max(pictureLimits.frames).meta({ description: frameDescription }).optional(),
      frameTimes: z
        .array(z.number().min(0).max(1e15))
        .max(pictureLimits.frames)
        .meta({ description: 'Milliseconds, one for each of `frames`, rising.', examples: [[0, 200, 400]] })
        .optional(),
      metadata: OwnMetadata.optional(),
    })
    .superRefine(({ frames, frameTimes }, context) => {
      if (!frameTimes) return;
      const add = (message: string, path: (string | number)[]) =>
        context.addIssue({ code: 'custom', message, path });
      if (frameTimes.length !== (frames?.length ?? 0))
        add('It must have one time for each of `frames`.', ['frameTimes']);
      const fall = frameTimes.findIndex((time, i) => i > 0 && time <= frameTimes[i - 1]!);
      if (fall !== -1) add('The times must rise.', ['frameTimes', fall]);
    });
}

function enrollFields<P extends z.ZodType<Picture>>(picture: P) {
  return z.object({
    image: picture,
    email: email.meta({
      description:
        "E-mail of the person. A known e-mail gets a further template if the face matches that person's other pictures.",
    }),
    name: lineOfText(200)
      .meta({ description: 'Display name for operators.', examples: ['Alice'] })
      .optional(),
    consent: consent.optional(),
    metadata: OwnMetadata.optional(),
  });
}

export const VerifyRequest = verifyFields(base64Picture, base64Frame).meta({
  id: 'VerifyRequest',
  examples: [
    {
      image: yourPicture,
      email: 'alice@example.com',
      deviceInfo: { userAgent: 'Mozilla/5.0', cameraWidth: 1280, cameraHeight: 720 },
    },
  ],
});
export const EnrollRequest = enrollFields(base64Picture).meta({
  id: 'EnrollRequest',
  examples: [{ image: yourPicture, email: 'alice@example.com' }],
});
/** The same as forms: objects come as JSON text, lists as JSON text or as a field repeated (form.ts puts them together). */
export const VerifyForm = verifyFields(filePicture, filePicture).meta({ id: 'VerifyForm' });
export const EnrollForm = enrollFields(filePicture).meta({ id: 'EnrollForm' });

export type VerifyRequest = z.output<typeof VerifyForm>;
export type EnrollRequest = z.output<typeof EnrollForm>;
