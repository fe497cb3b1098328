import { z } from 'zod';
import { roles } from '../../engine/accounts/index.ts';

const time = (text: string) => z.iso.datetime().describe(text);
const role = z.enum(roles).describe('Role');
const id = z.string().describe('Id of the administrator');
const email = z.string().describe('E-mail address');
const token = z.string().describe('Access token: send it as `Authorization: Bearer …`');
const success = z.literal(true).describe('True');

const ada = { id: 'adm_01m7w3hb8hbf355he5zqwjztdk', email: 'ada@example.com', role: 'owner' as const };
const moment = '2026-11-21T09:15:00.000Z';
const csrf = 'mDqgs1WhfAs8Nq0Xl5cCLQ8i5wAnZQw2VZ3bS2cD1fI';
const me = { ...ada, name: 'Ada', orgId: 'org_01m7w3hb8hbf355he5zqwjztdk', applianceOwner: true };

export const TokenReply = z
  .strictObject({
    token,
    expiresAt: time('Expiry of the token'),
    user: z.strictObject({ id, email, role }).describe('The account'),
  })
  .meta({
    id: 'AccessToken',
    description: 'Signed in.',
    examples: [{ token: 'eyJhbGciOiJFZERTQSIs…', expiresAt: moment, user: ada }],
  });

export const ConsoleReply = z
  .strictObject({
    user: z
      .strictObject({
        id,
        email,
        name: z.string().describe('Name'),
        role,
        orgId: z.string().describe('Id of the organization'),
        applianceOwner: z.boolean().describe('Whether the account is an appliance owner'),
        factorDueAt: time(
          'Time until which the password alone is accepted; absent with a second factor',
        ).optional(),
      })
      .describe('The account'),
    csrf: z
      .string()
      .optional()
      .describe(
        'Value of the header `x-csrf-token` for changes; absent for an access token, which needs none',
      ),
    expiresAt: time('Absolute expiry of the session'),
    limitedTo: z
      .literal('enrollment')
      .optional()
      .describe('Whether the session may only enroll a second factor'),
  })
  .meta({
    id: 'AdministratorSession',
    description: 'The session of a signed-in administrator.',
    examples: [{ user: me, csrf, expiresAt: moment }],
  });

export const NoticeReply = z
  .strictObject({ notices: z.array(z.string()).describe('Texts; none where no organization has one') })
  .meta({
    id: 'SignInNotice',
    description: 'What people read before they sign in.',
    examples: [{ notices: ['For staff of Nordlys Bank. Use is recorded.'] }],
  });

export const SecondFactorReply = z
  .strictObject({
    requires_2fa: z.literal(true).describe('True: the password was right and a second factor is required'),
    methods: z
      .strictObject({
        passkey: z.boolean().describe('Whether a passkey is enrolled'),
        face: z.boolean().describe('Whether a face is enrolled and the organization allows it'),
        recoveryCode: z.boolean().describe('Whether unused recovery codes are left'),
      })
      .describe('Available second factors'),
    sessionToken: z
      .string()
      .describe('Token for the next call; valid once, from this address, for 5 minutes'),
    message: z.string().describe('Description of the damage'),
  })
  .meta({
    id: 'SecondFactorRequired',
    description: 'The password was right; a second factor is required.',
    examples: [
      {
        requires_2fa: true,
        methods: { passkey: true, face: true, recoveryCode: true },
        sessionToken: 'tmp_sess_9fK2…',
        message: 'Two-factor authentication required',
      },
    ],
  });

export const LoginReply = z
  .union([TokenReply, ConsoleReply, SecondFactorReply])
  .describe('Signed in (with a token or the cookie), or a second factor is required.');

/** After a code instead of a passkey. */
export const SignedInReply = z
  .union([TokenReply, ConsoleReply])
  .describe('Signed in, with a token or with the cookie.');

export const EndedSessionsReply = z
  .strictObject({ sessions: z.int().min(0).describe('Number of sessions that were ended') })
  .meta({ id: 'EndedSessions', description: 'They are over.', examples: [{ sessions: 3 }] });

export const PasskeySignInReply = z
  .union([
    z.strictObject({
      success,
      token,
      expiresAt: time('Expiry of the token'),
      admin: z
        .strictObject({ id, email, orgId: z.string().describe('Id of the organization') })
        .describe('The account'),
    }),
    z.strictObject({ success, ...ConsoleReply.shape }),
  ])
  .meta({
    id: 'PasskeySignedIn',
    description: 'Signed in, with a token or with the cookie.',
    examples: [
      {
        success: true,
        token: 'eyJhbGciOiJFZERTQSIs…',
        expiresAt: moment,
        admin: { id: ada.id, email: ada.email, orgId: me.orgId },
      },
    ],
  });

const options = z.record(z.string(), z.unknown());
const challenge = 'mVnXm4iE0bq1cV5fW1xu7w';

export const CreationOptionsReply = z
  .strictObject({
    options: options.describe('For `navigator.credentials.create()`: PublicKeyCredentialCreationOptionsJSON'),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description: 'Options for `navigator.credentials.create()`.',
    examples: [
      {
        options: {
          challenge,
          rp: { name: 'Gatehouse', id: 'gatehouse.home.arpa' },
          user: { id: 'YWRt', name: 'ada@example.com', displayName: 'Ada' },
          pubKeyCredParams: [
            { alg: -7, type: 'public-key' },
            { alg: -257, type: 'public-key' },
          ],
          authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        },
      },
    ],
  });

export const RequestOptionsReply = z
  .strictObject({
    options: options.describe('For `navigator.credentials.get()`: PublicKeyCredentialRequestOptionsJSON'),
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description: 'Options for `navigator.credentials.get()`.',
    examples: [
      {
        options: {
          challenge,
          rpId: 'gatehouse.home.arpa',
          allowCredentials: [{ id: 'AQIDBAUGBwg', type: 'public-key' }],
          userVerification: 'required',
        },
      },
    ],
  });

const passkey = {
  credentialId: z.string().describe('Id of the passkey'),
  name: z.string().describe('Name of the passkey'),
  createdAt: time('Time of the enrollment'),
};
const touchId = { credentialId: 'AQIDBAUGBwg', name: 'MacBook Touch ID', createdAt: moment };

export const NewPasskeyReply = z.strictObject({ success, ...passkey }).meta({
  id: 'PasskeyEnrolled',
  description: 'The new passkey.',
  examples: [{ success: true, ...touchId }],
});

export const PasskeysReply = z
  .strictObject({
    credentials: z
      .array(z.strictObject({ ...passkey, lastUsedAt: time('Time of the last use').optional() }))
      .describe('Passkeys of the signed-in administrator'),
  })
  .meta({ id: 'Passkeys', examples: [{ credentials: [touchId] }] });

const paragraphs = z.array(z.string());

export const FaceReply = z
  .strictObject({
    allowed: z.boolean().describe('Whether the organization allows signing in by face'),
    consent: z
      .strictObject({
        version: z.string().describe('Version of the text, to send with the enrollment'),
        text: z
          .strictObject({
            en: paragraphs.describe('In English, by paragraph'),
            de: paragraphs.describe('In German, by paragraph'),
          })
          .describe('The text'),
      })
      .describe('Text to show before the enrollment'),
    enrolled: z
      .strictObject({
        createdAt: time('Time of the enrollment'),
        textVersion: z.string().describe('Version of the text that was agreed to'),
        lastUsedAt: time('Time of the last use').optional(),
      })
      .optional()
      .describe('The face; absent: none is enrolled'),
  })
  .meta({
    id: 'OwnFace',
    description: 'The face of the signed-in administrator, and the consent to it.',
    examples: [
      {
        allowed: true,
        consent: {
          version: 'gatehouse-face-factor-1',
          text: { en: ['You decide freely.'], de: ['Sie entscheiden frei.'] },
        },
        enrolled: { createdAt: moment, textVersion: 'gatehouse-face-factor-1' },
      },
    ],
  });

export const DoneReply = z
  .strictObject({ success, message: z.string().describe('Action') })
  .meta({ id: 'Done', examples: [{ success: true, message: 'Passkey removed' }] });

export const SessionsReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          id: z.string().describe('Id of the session'),
          createdAt: time('Start time'),
          lastSeenAt: time('Time of the last use, to the minute'),
          idleUntil: time('Idle expiry'),
          expiresAt: time('Absolute expiry'),
          source: z.string().describe('Network address of the sign-in'),
          device: z.string().optional().describe('User agent'),
          current: z.boolean().describe('Whether it is the current session'),
        }),
      )
      .describe('The newest first'),
  })
  .meta({
    id: 'AdministratorSessions',
    description: 'Sessions of the signed-in administrator.',
    examples: [
      {
        items: [
          {
            id: 'ses_01m7w3hb8hbf355he5zqwjztdk',
            createdAt: moment,
            lastSeenAt: moment,
            idleUntil: '2026-11-21T09:45:00.000Z',
            expiresAt: '2026-11-21T21:15:00.000Z',
            source: '192.168.1.20',
            device: 'Firefox on Linux',
            current: true,
          },
        ],
      },
    ],
  });

export const RecoveryCodesReply = z
  .strictObject({
    codes: z
      .array(z.string())
      .describe('Shown only once; each code works once. Earlier codes no longer work.'),
  })
  .meta({ id: 'RecoveryCodes', examples: [{ codes: ['k7dm-2xqp-9rtw', '…'] }] });

export const StepUpReply = z
  .strictObject({
    factorAt: time('Time when the second factor was proven'),
  })
  .meta({
    id: 'SteppedUp',
    description: 'The session has a fresh second factor for 5 minutes.',
    examples: [{ factorAt: moment }],
  });
