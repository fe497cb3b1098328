import { z } from 'zod';
import { roles } from '../../engine/access/index.ts';

const time = (text: string) => z.iso.datetime().describe(text);
const role = z.enum(roles).describe('What the administrator may do');
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
    expiresAt: time('When the token ends; sign in again then'),
    user: z.strictObject({ id, email, role }).describe('Who signed in'),
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
        applianceOwner: z.boolean().describe('May act on the whole appliance'),
        factorDueAt: time('Until when the password alone signs in; absent with a second factor').optional(),
      })
      .describe('Who is signed in'),
    csrf: z
      .string()
      .optional()
      .describe('To send as `x-csrf-token` with each change; absent for an access token, which needs none'),
    expiresAt: time('When the session ends, however much it is used'),
    limitedTo: z
      .literal('enrollment')
      .optional()
      .describe('The session can do nothing but enroll a second factor'),
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
    requires_2fa: z.literal(true).describe('True: the password was right, and a second factor is needed'),
    methods: z
      .strictObject({
        passkey: z.boolean().describe('A passkey is enrolled'),
        recoveryCode: z.boolean().describe('Recovery codes are left'),
      })
      .describe('Second factors that are there'),
    sessionToken: z.string().describe('For the next call; for one use, from this address, within 5 minutes'),
    message: z.string().describe('The same as a sentence'),
  })
  .meta({
    id: 'SecondFactorRequired',
    description: 'The password was right; a second factor is needed.',
    examples: [
      {
        requires_2fa: true,
        methods: { passkey: true, recoveryCode: true },
        sessionToken: 'tmp_sess_9fK2…',
        message: 'Two-factor authentication required',
      },
    ],
  });

export const LoginReply = z
  .union([TokenReply, ConsoleReply, SecondFactorReply])
  .describe('Signed in (with a token, or with the cookie), or a second factor is needed.');

/** After a code instead of a passkey. */
export const SignedInReply = z
  .union([TokenReply, ConsoleReply])
  .describe('Signed in, with a token or with the cookie.');

export const PasskeySignInReply = z
  .union([
    z.strictObject({
      success,
      token,
      expiresAt: time('When the token ends; sign in again then'),
      admin: z
        .strictObject({ id, email, orgId: z.string().describe('Id of the organization') })
        .describe('Who signed in'),
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
    description: 'What the browser needs to make a passkey.',
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
    description: 'What the browser needs to use a passkey.',
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
  name: z.string().describe('What the administrator calls it'),
  createdAt: time('When it was enrolled'),
};
const touchId = { credentialId: 'AQIDBAUGBwg', name: 'MacBook Touch ID', createdAt: moment };

export const NewPasskeyReply = z.strictObject({ success, ...passkey }).meta({
  id: 'PasskeyEnrolled',
  description: 'The passkey that was enrolled.',
  examples: [{ success: true, ...touchId }],
});

export const PasskeysReply = z
  .strictObject({
    credentials: z
      .array(z.strictObject({ ...passkey, lastUsedAt: time('When it was last used').optional() }))
      .describe('Passkeys of the signed-in administrator'),
  })
  .meta({ id: 'Passkeys', examples: [{ credentials: [touchId] }] });

export const DoneReply = z
  .strictObject({ success, message: z.string().describe('What was done') })
  .meta({ id: 'Done', examples: [{ success: true, message: 'Passkey removed' }] });

export const SessionsReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          id: z.string().describe('Id of the session'),
          createdAt: time('When it began'),
          lastSeenAt: time('Last use, to the minute'),
          idleUntil: time('When it ends without a use'),
          expiresAt: time('When it ends in any case'),
          source: z.string().describe('Network address it was opened from'),
          device: z.string().optional().describe('What the client called itself'),
          current: z.boolean().describe('It is the one that asks'),
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
    codes: z.array(z.string()).describe('Shown this once; each works once. Earlier codes no longer work.'),
  })
  .meta({ id: 'RecoveryCodes', examples: [{ codes: ['k7dm-2xqp-9rtw', '…'] }] });

export const StepUpReply = z
  .strictObject({
    factorAt: time('When the second factor was proven'),
  })
  .meta({
    id: 'SteppedUp',
    description: 'For 5 minutes this session may do what needs a fresh second factor.',
    examples: [{ factorAt: moment }],
  });
