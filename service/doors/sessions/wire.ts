import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { purposes } from '../../engine/consent/index.ts';
import { CaptureSource } from '../../engine/matching/index.ts';
import { doorPageReply } from '../../http/cursor.ts';
import { Metadata, OwnMetadata } from '../../http/key-lists.ts';
import { RequestedTestOutcome, TestOutcomeReply } from '../../http/test-outcome.ts';

const moment = (what: string) => z.iso.datetime().describe(what);
const id = 'sess_01m7w3hb8hbf355he5zqwjztdk';
/** As the script of the appliance collects it; an empty object says nothing. */
const behavior = z
  .union([SessionData, z.strictObject({})])
  .describe(
    'Behavior of the person on the page, as `Huma.debug().features` has it. It counts in the risk and the humanness score where it comes before the decision',
  );
const url = (what: string) => z.string().min(1).max(2048).describe(what);

export const NewSession = z
  .object({
    profile: z.string().min(1).max(80).optional().describe('Slug of the profile; `specter` when absent'),
    uniquenessPolicy: z
      .enum(['off', 'warn', 'block'])
      .optional()
      .describe(
        'What happens when the person is known already; that of the organization when absent. A browser key can only make it stricter',
      ),
    callbackUrl: url('Gets the result; an administrator has to grant the destination').optional(),
    redirectUrl: url('Where the page leads at the end; the organization has to allow it').optional(),
    subjectRef: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Your own name of the person; it stands in the pass token'),
    metadata: OwnMetadata.optional(),
    testOutcome: RequestedTestOutcome,
  })
  .meta({
    id: 'NewSession',
    examples: [{ uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } }],
  });
export type NewSession = z.output<typeof NewSession>;

export const SessionCreated = z
  .strictObject({
    sessionId: z.string().describe('Id of the session'),
    token: z
      .string()
      .describe(
        'Capability of the browser for this session alone: it posts signals and finalizes, nothing else',
      ),
    verifyUrl: z.string().describe('The page, with the capability in the fragment'),
    expiresAt: moment('Time until which the person has to finish'),
    metadata: Metadata.optional(),
  })
  .meta({
    id: 'SessionCreated',
    description: 'The new session.',
    examples: [
      {
        sessionId: id,
        token: 'kq3v…',
        verifyUrl: 'https://gatehouse.example.lan:7443/verify?client=sess_01m7w3hb8hbf355he5zqwjztdk#kq3v…',
        expiresAt: '2026-11-21T12:30:00.000Z',
      },
    ],
  });
export type SessionCreated = z.output<typeof SessionCreated>;

export const SessionParams = z.strictObject({
  id: z.string().min(1).max(64).describe('Id of the session, `sess_…`'),
});
export type SessionParams = z.output<typeof SessionParams>;

const state = z.enum(['created', 'opened', 'processing', 'finalized']);
const decision = z.enum(['approved', 'rejected', 'duplicate', 'expired']);
export type WireDecision = z.output<typeof decision>;
const texts = z.array(z.string());
const somePurposes = z.array(z.enum(purposes)).max(purposes.length);

export const SessionStatus = z
  .strictObject({
    sessionId: z.string().describe('Id of the session'),
    state: state.describe('`processing`: the person has begun, or a reviewer decides'),
    decision: decision.nullable().describe('Null until there is one'),
    createdAt: moment('Time when it was created'),
    expiresAt: moment('Time until which the person has to finish'),
    consent: z
      .strictObject({
        version: z.string().describe('Version of the text'),
        text: z
          .strictObject({ en: texts.describe('English'), de: texts.describe('German') })
          .describe('Paragraphs'),
        purposes: somePurposes.optional().describe('What it asks for beside the check itself'),
        optional: somePurposes.optional().describe('Those of them that the person may decline'),
        agreedAt: moment('Time when the person agreed').optional(),
        agreedTo: somePurposes.optional().describe('Purposes that the person agreed to'),
      })
      .describe('What the person has to agree to before the first picture'),
    testOutcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'SessionStatus',
    description: 'State of a session.',
    examples: [
      {
        sessionId: id,
        state: 'created',
        decision: null,
        createdAt: '2026-11-21T12:00:00.000Z',
        expiresAt: '2026-11-21T12:30:00.000Z',
        consent: { version: 'gatehouse-live-2-none-365', text: { en: ['…'], de: ['…'] } },
      },
    ],
  });
export type SessionStatus = z.output<typeof SessionStatus>;

const listed = z
  .strictObject({
    sessionId: z.string().describe('Id of the session'),
    state: state.describe('`processing`: the person has begun, or a reviewer decides'),
    decision: decision.nullable().describe('Null until there is one'),
    profile: z.string().describe('Profile'),
    createdAt: moment('Time when it was created'),
    expiresAt: moment('Time until which the person has to finish'),
    decidedAt: moment('Time of the decision').optional(),
    subjectRef: z.string().optional().describe('Your own name of the person'),
    metadata: Metadata,
    testOutcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'ListedSession',
    description: 'A session in a list. `finalize` gives its result.',
    examples: [
      {
        sessionId: id,
        state: 'finalized' as const,
        decision: 'approved' as const,
        profile: 'specter',
        createdAt: '2026-11-21T12:00:00.000Z',
        expiresAt: '2026-11-21T12:30:00.000Z',
        decidedAt: '2026-11-21T12:01:00.000Z',
        metadata: { checkoutId: 'order_42' },
      },
    ],
  });
export type ListedSession = z.output<typeof listed>;
export const SessionPage = doorPageReply(listed, 'Sessions, the newest first', 'SessionPage');

export const Salt = z
  .strictObject({ salt: z.string().describe('HMAC of the session id, hex; never the secret itself') })
  .meta({ id: 'SessionSalt', description: 'A masked value of the session.', examples: [{ salt: '9f2c…' }] });

/** Base64 of a frame of 256 kB. */
const image = z
  .string()
  .min(1)
  .max(350_000)
  .describe('A JPEG of at most 256 kB and 1280 pixels: base64 or a data URL');

export const Signals = z
  .object({
    frames: z
      .array(
        z.object({
          image,
          time: z.number().min(0).max(Number.MAX_SAFE_INTEGER).describe('When it was taken, ms of one clock'),
          step: z.string().max(40).optional().describe('The step that the page showed; recorded nowhere'),
        }),
      )
      .max(10)
      .default([])
      .describe('Pictures in the order in which they were taken'),
    device: z
      .object({
        label: z.string().max(200).optional().describe('Name of the camera'),
        width: z.int().min(1).max(20_000).optional().describe('Width of its picture'),
        height: z.int().min(1).max(20_000).optional().describe('Height of its picture'),
        frameRate: z.number().min(0).max(1000).optional().describe('Pictures a second'),
        userAgent: z.string().max(500).optional().describe('The browser'),
      })
      .optional()
      .describe('The camera; counts with the first signals'),
    consent: z
      .object({
        textVersion: z.string().min(1).max(200).describe('`consent.version` of the session'),
        purposes: somePurposes
          .optional()
          .describe('Purposes that the person agreed to; absent: those that the check needs'),
        flash: z.boolean().default(false).describe('The screen may show colors'),
        motion: z.boolean().default(true).describe('The person can move the head'),
      })
      .optional()
      .describe(
        'The person has read that text on your page and agreed; needed once, before the first picture',
      ),
    sessionData: behavior.optional(),
    token: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The capability, where the call is made with an API key'),
  })
  .meta({
    id: 'SessionSignals',
    examples: [
      {
        frames: [{ image: '/9j/4AAQ…', time: 1234.5 }],
        consent: { textVersion: 'gatehouse-live-2-none-365', flash: false, motion: true },
      },
    ],
  });
export type Signals = z.output<typeof Signals>;

export const SignalsReply = z
  .strictObject({
    accepted: z
      .int()
      .min(0)
      .describe(
        'Frames that were looked at. The others came above the pace of ten a second, waited in the queue, or were behind the end of the attempt',
      ),
    step: z
      .strictObject({
        index: z.int().describe('From 0'),
        of: z.int().describe('How many steps there are'),
        name: z.string().describe('What the person is asked to do: `turn-left`, `blink`, …'),
        progress: z.number().describe('0 to 1'),
        holdMs: z.number().describe('How long it has to be held'),
        limitMs: z.number().describe('How long it may take'),
        color: z.string().optional().describe('Color that the screen has to show'),
      })
      .nullable()
      .describe('The only step that is revealed'),
    guidance: z
      .strictObject({
        step: z.string().describe('What it is about'),
        code: z.string().describe('What to do'),
      })
      .nullable()
      .describe('What the person should change'),
    next: z
      .enum(['frames', 'wait', 'retry', 'finalize'])
      .describe(
        '`frames`: send more. `wait`: in the queue, or being decided. `retry`: the attempt was not passed; frames begin the next. `finalize`: it is over',
      ),
    attemptsLeft: z.int().describe('Attempts after this one'),
    position: z.int().optional().describe('Place in the queue'),
    slower: z.literal(true).optional().describe('Frames come faster than they are looked at'),
  })
  .meta({
    id: 'SessionSignalsReply',
    description: 'What the page should show next.',
    examples: [
      {
        accepted: 1,
        step: { index: 0, of: 4, name: 'turn-left', progress: 0.4, holdMs: 300, limitMs: 5000 },
        guidance: null,
        next: 'frames' as const,
        attemptsLeft: 2,
      },
    ],
  });
export type SignalsReply = z.output<typeof SignalsReply>;

export const Finalize = z
  .object({ sessionData: behavior.optional() })
  .meta({ id: 'FinalizeSession', examples: [{}] });

export type Finalize = z.output<typeof Finalize>;

const risk = z.enum(['low', 'medium', 'high']);

export const FinalizeReply = z
  .strictObject({
    sessionId: z.string().describe('Id of the session'),
    decision: decision.nullable().describe('Null while a reviewer decides: the status is 202 then'),
    passToken: z.string().nullable().describe('`hp_…`; null unless approved'),
    expiresAt: z.iso.datetime().nullable().describe('End of the pass token; null without one'),
    riskLevel: risk.nullable().describe('Null where the capability of the browser asks'),
    riskScore: z
      .number()
      .nullable()
      .describe(
        '0 to 1, from liveness, repeated frames, the camera, uniqueness, and the behavior on the page (`sessionData`) where it came before the decision. Null where the capability of the browser asks',
      ),
    riskFlags: z.array(z.string()).describe('`spoof_suspected`, `duplicate_identity`, …'),
    metadata: z
      .record(z.string(), z.unknown())
      .describe('`profile`, `challengesCompleted`, `processingTimeMs`, and yours'),
    testOutcome: TestOutcomeReply.optional(),
  })
  .meta({
    id: 'FinalizedSession',
    description: 'Result of a session.',
    examples: [
      {
        sessionId: id,
        decision: 'approved' as const,
        passToken: 'hp_eyJhbGciOiJFZERTQSIs…',
        expiresAt: '2026-11-21T13:00:00.000Z',
        riskLevel: 'low' as const,
        riskScore: 0.08,
        riskFlags: [],
        metadata: {
          profile: 'specter',
          challengesCompleted: 4,
          processingTimeMs: 3400,
          checkoutId: 'order_42',
        },
      },
    ],
  });
export type FinalizeReply = z.output<typeof FinalizeReply>;

const pass = z.string().min(1).max(16_384);
export const PassQuestion = z
  .object({
    passToken: pass.optional().describe('The pass token, `hp_…`'),
    token: pass.optional().describe('The same under another name'),
  })
  .superRefine(({ passToken, token }, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (passToken === undefined && token === undefined) issue('passToken', 'It is missing.');
    if (passToken !== undefined && token !== undefined) issue('token', 'Send either passToken or token.');
  })
  .meta({ id: 'PassQuestion', examples: [{ passToken: 'hp_eyJhbGciOiJFZERTQSIs…' }] });

export const PassAnswer = z
  .strictObject({
    valid: z.boolean().describe('Whether it counts now, for the organization and world of the key'),
    reason: z.string().optional().describe('Why it does not: `expired`, `revoked`, `bad_signature`, …'),
    sessionId: z.string().optional().describe('Session that was approved'),
    decision: z.literal('approved').optional().describe('Decision of the session'),
    issuedAt: moment('Time of the decision').optional(),
    expiresAt: moment('Time when it runs out').optional(),
    riskLevel: risk.optional().describe('Risk of the session'),
    riskFlags: z.array(z.string()).optional().describe('Reasons of the risk'),
    assurance: z.string().optional().describe('How the challenge was passed'),
    profile: z.string().optional().describe('Profile of the session'),
    capture: z
      .strictObject({ source: CaptureSource })
      .optional()
      .describe('Where the frames of the session came from'),
    subjectRef: z
      .string()
      .optional()
      .describe('Your own name of the person: compare it with the one you expect'),
    humanId: z.string().optional().describe('Pseudonym of the person in the uniqueness scope of the session'),
  })
  .meta({
    id: 'PassAnswer',
    description: 'Whether a pass token counts.',
    examples: [
      {
        valid: true,
        sessionId: id,
        decision: 'approved' as const,
        issuedAt: '2026-11-21T12:00:00.000Z',
        expiresAt: '2026-11-21T13:00:00.000Z',
        riskLevel: 'low' as const,
        riskFlags: [],
        assurance: 'active',
        profile: 'specter',
        capture: { source: 'browser' as const },
      },
      { valid: false, reason: 'expired' },
    ],
  });
export type PassAnswer = z.output<typeof PassAnswer>;
