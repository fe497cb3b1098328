import { z } from 'zod';

/** Field names as identity.txt has them ("Admin Authentication", "Passkey API"); what a text does not name is ours. */

/** The engine says which password is too long or too weak; this bounds what it has to read. */
const password = z.string().min(1).max(4096);
const email = z.string().min(1).max(1024).describe('E-mail address of the administrator');
const sessionToken = z
  .string()
  .min(1)
  .max(256)
  .describe('Token from the sign-in reply; valid once, from the same address, for 5 minutes');
const cookie = z
  .boolean()
  .optional()
  .describe('For pages of this appliance: the session is set as a cookie, and no token is returned');
export const NoticeQuery = z.object({
  domain: z.string().min(1).max(253).optional().describe('What stands behind the @ of the typed address'),
});
const code = z.string().min(1).max(256);
const credential = z
  .record(z.string(), z.unknown())
  .describe('The PublicKeyCredential of the browser as JSON (`toJSON()`)');

const assertion = {
  id: 'AQIDBAUGBwg',
  rawId: 'AQIDBAUGBwg',
  type: 'public-key',
  response: { clientDataJSON: 'eyJ0eXBlIjoi…', authenticatorData: 'SZYN5YgOjGh0…', signature: 'MEUCIQ…' },
  clientExtensionResults: {},
};

export const Login = z
  .object({ email, password: password.describe('The password'), cookie })
  .meta({ id: 'Login', examples: [{ email: 'ada@example.com', password: 'correct horse battery staple' }] });

export const Ticket = z
  .object({ sessionToken })
  .meta({ id: 'SignInTicket', examples: [{ sessionToken: 'tmp_sess_9fK2…' }] });

export const PasskeySignIn = z
  .object({ sessionToken, credential, cookie })
  .meta({ id: 'PasskeySignIn', examples: [{ sessionToken: 'tmp_sess_9fK2…', credential: assertion }] });

export const PasskeyAlone = z
  .object({ credential, cookie })
  .meta({ id: 'PasskeyAlone', examples: [{ credential: assertion }] });

const picture = z
  .string()
  .min(1)
  .describe('JPEG, PNG, WebP, HEIC, HEIF or AVIF as a data URL or bare base64');
const facePictures = {
  image: picture.describe(
    'Picture of the face: JPEG, PNG, WebP, HEIC, HEIF or AVIF as a data URL or bare base64',
  ),
  frames: z
    .array(picture)
    .max(30)
    .optional()
    .describe(
      'Further pictures of the same moment, 20 to 30, about ten a second, each of other pixels; the person blinks in them',
    ),
  frameTimes: z
    .array(z.number().min(0).max(Number.MAX_SAFE_INTEGER))
    .max(30)
    .optional()
    .describe('When each of `frames` was taken, in milliseconds on your clock, rising'),
};
const consent = z.literal(true).describe('True: the administrator agrees to the use of the face for this');
/** A placeholder: Gatehouse ships no face as an example. */
const yourPicture = 'data:image/jpeg;base64,<PUT THE BASE64 OF YOUR PICTURE HERE>';
const pictures = {
  image: yourPicture,
  frames: Array.from({ length: 20 }, () => yourPicture),
  frameTimes: Array.from({ length: 20 }, (_, i) => i * 100),
};

export const FaceSignIn = z.object({ sessionToken, ...facePictures, consent, cookie }).meta({
  id: 'FaceSignIn',
  examples: [{ sessionToken: 'tmp_sess_9fK2…', ...pictures, consent: true as const }],
});

export const FaceEnrollment = z
  .object({
    ...facePictures,
    consent,
    textVersion: z
      .string()
      .min(1)
      .max(64)
      .describe('Version of the consent text that the administrator has read, from GET'),
  })
  .meta({
    id: 'FaceEnrollment',
    examples: [{ ...pictures, consent: true as const, textVersion: 'gatehouse-face-factor-1' }],
  });

export const RecoverySignIn = z
  .object({ sessionToken, code: code.describe('One of the recovery codes; each works once'), cookie })
  .meta({ id: 'RecoverySignIn', examples: [{ sessionToken: 'tmp_sess_9fK2…', code: 'k7dm-2xqp-9rtw' }] });

export const EnrollmentSignIn = z
  .object({ sessionToken, code: code.describe('The one-time code from an owner or the operator'), cookie })
  .meta({
    id: 'EnrollmentSignIn',
    examples: [{ sessionToken: 'tmp_sess_9fK2…', code: 'k7dm-2xqp-9rtw-m4hz' }],
  });

export const NewPasskey = z
  .object({
    credential,
    name: z.string().min(1).max(100).optional().describe('Name of the passkey'),
  })
  .meta({
    id: 'NewPasskey',
    examples: [
      {
        name: 'MacBook Touch ID',
        credential: {
          ...assertion,
          response: { clientDataJSON: 'eyJ0eXBlIjoi…', attestationObject: 'o2NmbXRk…' },
        },
      },
    ],
  });

export const StepUp = z.strictObject({ credential }).meta({
  id: 'StepUp',
  examples: [{ credential: assertion }],
});

export const PasswordChange = z
  .strictObject({
    current: password.describe('The current password'),
    next: password.describe('The new password, at least 12 characters'),
  })
  .meta({
    id: 'PasswordChange',
    examples: [{ current: 'correct horse battery staple', next: 'staple battery horse correct' }],
  });

export const PasswordByCode = z
  .strictObject({
    email,
    code: code.describe('The one-time code from an owner or the operator'),
    password: password.describe('The new password, at least 12 characters'),
  })
  .meta({
    id: 'PasswordByCode',
    examples: [
      { email: 'ada@example.com', code: 'k7dm-2xqp-9rtw-m4hz', password: 'correct horse battery staple' },
    ],
  });

/** A call without fields; also the answer 204. */
export const Nothing = z.strictObject({});

export const PasskeyName = z
  .strictObject({ name: z.string().trim().min(1).max(64).describe('Name given by its owner') })
  .meta({ id: 'PasskeyName', description: 'A name for a passkey.', examples: [{ name: 'Laptop' }] });

export const PasskeyParams = z.object({
  id: z.string().min(1).max(1400).describe('Id of the passkey, as the list has it'),
});
export const SessionParams = z.object({
  id: z.string().min(1).max(64).describe('Id of the session, `ses_…`'),
});

export type Login = z.output<typeof Login>;
export type FaceSignIn = z.output<typeof FaceSignIn>;
