import { z } from 'zod';
import { checkNames } from '../../engine/checks/index.ts';
import { purposes } from '../../engine/subjects/index.ts';

const MIB = 1024 * 1024;

/** Bytes, decoded. */
export const pictureLimits = { image: 10 * MIB, frame: MIB, frames: 30, body: 48 * MIB };

/** A PNG of one pixel: a picture that decodes, in which no face is found. */
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Base64 in JSON; in a form a file, or the same text. */
export type Picture = string | Uint8Array;

const base64Picture = z
  .string()
  .min(1)
  .meta({
    description:
      'JPEG, PNG or WebP as a data URL or bare base64; at most 10 MiB decoded and 50 megapixels. EXIF orientation is honored.',
    examples: [pixel],
  });
const base64Frame = z.string().min(1).describe('JPEG, PNG or WebP as a data URL or bare base64');
const filePicture = z
  .custom<Picture>(
    (value) => (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0,
    {
      error: (issue) => (issue.input === undefined ? 'It is required.' : 'It is empty.'),
    },
  )
  .meta({
    type: 'string',
    format: 'binary',
    description: 'JPEG, PNG or WebP file; at most 10 MiB and 50 megapixels. EXIF orientation is honored.',
  });

const frameDescription =
  'Further pictures of the same moment, in order, for the checks that need motion; at most 30 of at most 1 MiB each.';

const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]{1,64}@[^\s@]{1,253}$/u, 'It is not an e-mail address.')
  .meta({ examples: ['alice@example.com'] });

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
    description:
      'What the camera page knows of its device; without it the check deviceConsistency is skipped.',
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
      .describe('ISO 3166-1 alpha-2')
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
      "Where the person is; without it the organization's site of the caller's address is used, if there is one.",
    examples: [{ latitude: 47.3769, longitude: 8.5417, country: 'CH', timeZone: 'Europe/Zurich' }],
  });

const consent = z
  .object({
    textVersion: z.string().min(1).max(80).describe('Which text the person agreed to'),
    purposes: z.array(z.enum(purposes)).min(1).max(purposes.length).describe('What the person agreed to'),
    method: z.string().min(1).max(80).describe('How they agreed: "checkbox", "signature", …'),
    legalBasis: z.string().min(1).max(120).describe('"GDPR Art. 9(2)(a)", "BIPA written release", …'),
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
            'Given: is this the person enrolled under this e-mail (1:1)? Absent: who is this, of everybody enrolled (1:N)? An unknown e-mail is answered like a mismatch.',
        })
        .optional(),
      profile: z
        .string()
        .min(1)
        .max(80)
        .meta({
          description: 'Id or slug of the verification profile; `default` when absent.',
          examples: ['strict-finance'],
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
        "Whose face this is. A known e-mail gets a further template if the face matches that person's others.",
    }),
    name: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'How the console shows the person.', examples: ['Alice'] })
      .optional(),
    consent: consent.optional(),
  });
}

export const VerifyRequest = verifyFields(base64Picture, base64Frame).meta({
  id: 'VerifyRequest',
  examples: [
    { image: pixel, profile: 'strict-finance', deviceInfo: { userAgent: 'Mozilla/5.0', cameraWidth: 1280 } },
  ],
});
export const EnrollRequest = enrollFields(base64Picture).meta({
  id: 'EnrollRequest',
  examples: [{ image: pixel, email: 'alice@example.com' }],
});
/** The same as forms: objects come as JSON text, lists as JSON text or as a field repeated (form.ts puts them together). */
export const VerifyForm = verifyFields(filePicture, filePicture).meta({ id: 'VerifyForm' });
export const EnrollForm = enrollFields(filePicture).meta({ id: 'EnrollForm' });

export type VerifyRequest = z.output<typeof VerifyForm>;
export type EnrollRequest = z.output<typeof EnrollForm>;

const share = z.number().min(0).max(1);

export const CheckResultReply = z
  .strictObject({
    check: z.enum(checkNames).describe('Which check'),
    pass: z.boolean().describe('True when it passed, and when it was skipped'),
    score: share.describe('0..1; 0 when skipped'),
    weight: z.number().min(0).describe('Its part in compositeScore; 0 when skipped'),
    skipped: z.string().describe('Why it did not run').optional(),
    reason: z.string().describe('Why it failed, or what the person could do better').optional(),
    details: z
      .record(z.string(), z.unknown())
      .describe(
        'Figures behind the score: layers that ran, their maturity and measured error rates, distances',
      )
      .optional(),
  })
  .meta({
    id: 'CheckResult',
    description: 'What one check of the profile said.',
    examples: [{ check: 'liveness', pass: true, score: 0.92, weight: 1.5 }],
  });

export const VerifyReply = z
  .strictObject({
    verified: z
      .boolean()
      .describe(
        'The face matches, no check failed hard, and compositeScore reaches the minimum of the profile',
      ),
    userId: z.string().describe('Who, when verified').optional(),
    email: z.string().describe('Their e-mail, when verified').optional(),
    reason: z.string().describe('Why not, when not verified').optional(),
    confidence: share.describe(
      "A fixed map of the match's false-match rate: 0.5 at the threshold, rising to 1",
    ),
    compositeScore: share.describe('Weighted mean of the scores of the checks that ran'),
    checkResults: z.array(CheckResultReply).describe('Every check of the profile'),
    assurance: z
      .enum(['match-only', 'passive', 'active'])
      .describe('What was done against presentation attacks: nothing, looking, or asking the person to act'),
    verificationId: z.string().describe('Under which it is kept'),
    profile: z
      .strictObject({
        id: z.string().describe('Id'),
        slug: z.string().describe('Name in requests'),
        version: z.int().describe('Version of its settings'),
        maturity: z.string().describe('proven, alternate or experimental'),
      })
      .describe('The profile that decided'),
    match: z
      .strictObject({
        scorer: z.string().describe('How embeddings became a score'),
        threshold: z.number().describe("The score a match needs, in the scorer's own scale"),
        fmr: z.number().describe('False-match rate of one comparison at the threshold'),
        fnmr: z.number().describe('Share of genuine people refused at the threshold'),
        extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      })
      .describe('Which threshold applied, and what it costs'),
    identification: z
      .strictObject({
        gallerySize: z.int().describe('People searched'),
        galleryRate: z.number().describe('Chance that a stranger is named, as the profile asks'),
        matchRate: z.number().describe('False-match rate of one comparison which that needs'),
        threshold: z.number().describe('The score that follows'),
        fnmr: z.number().describe('Share of genuine people refused there'),
        extrapolated: z.boolean().describe('The threshold lies beyond what was measured'),
      })
      .describe('Only without `email`: what naming one of so many people takes')
      .optional(),
    models: z
      .record(z.string(), z.string())
      .describe('Model -> the first 12 digits of the SHA-256 of its file'),
    timing: z.record(z.string(), z.number()).describe('Milliseconds by stage'),
  })
  .meta({
    id: 'VerifyReply',
    description: 'The verdict. A mismatch is an ordinary answer, not an error.',
    examples: [
      {
        verified: true,
        userId: 'sub_01k9qd3m8vd2n7x4t5w6y8z9ab',
        email: 'alice@example.com',
        confidence: 0.94,
        compositeScore: 0.87,
        checkResults: [
          { check: 'liveness', pass: true, score: 0.92, weight: 1.5 },
          { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'The profile names no countries.' },
        ],
        assurance: 'passive',
        verificationId: 'ver_01k9qd3m8vd2n7x4t5w6y8z9ac',
        profile: { id: 'builtin:default', slug: 'default', version: 1, maturity: 'proven' },
        match: { scorer: 'a', threshold: 0.93, fmr: 0.0001, fnmr: 0.05, extrapolated: false },
        models: { dlib: '0123456789ab' },
        timing: { total: 142.5 },
      },
    ],
  });

export const EnrollReply = z
  .strictObject({
    enrolled: z.literal(true).describe('Always true; a refusal is an error'),
    userId: z.string().describe('Id of the person'),
    created: z.boolean().describe('False: the person was known and has got a further picture'),
    enrollments: z.int().describe('Pictures kept of this person'),
    duplicate: z
      .boolean()
      .describe('Under the policy `warn`: the face may belong to another e-mail too')
      .optional(),
    quality: CheckResultReply.describe('How good the picture is, and what would make it better'),
  })
  .meta({
    id: 'EnrollReply',
    description: 'The template is kept and matchable by the next call.',
    examples: [
      {
        enrolled: true,
        userId: 'sub_01k9qd3m8vd2n7x4t5w6y8z9ab',
        created: true,
        enrollments: 1,
        quality: { check: 'faceQuality', pass: true, score: 0.86, weight: 1 },
      },
    ],
  });

export type CheckResultReply = z.output<typeof CheckResultReply>;
export type VerifyReply = z.output<typeof VerifyReply>;
export type EnrollReply = z.output<typeof EnrollReply>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
