import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { purposes } from '../../engine/consent/index.ts';
import { linkKinds, sessionDecisions, sessionFlows } from '../../engine/live/index.ts';
import { isCapability } from '../../http/sign-in/person-sessions.ts';
import { time } from '../../lib/record-fields.ts';
import { testOutcomes } from '../../lib/test-outcome.ts';
import { lineOfText } from '../../lib/text-fields.ts';

/** A capability, or the token of a link; a slug for flows. */
const secret = z.string().min(1).max(200);

export const Link = z
  .strictObject({
    kind: z.enum(linkKinds),
    token: secret,
    /** Of a flow's page with `?mode=test`. */
    test: z.boolean().optional(),
    /** Of `/verify?client=…`: the session whose origins may have the page in a frame. */
    client: z.string().max(400).optional(),
  })
  .meta({ id: 'LiveLink' });

const camera = z.strictObject({
  label: z.string().max(200).optional(),
  width: z.int().min(1).max(20_000).optional(),
  height: z.int().min(1).max(20_000).optional(),
  frameRate: z.number().min(0).max(1000).optional(),
});
const device = camera.extend({ userAgent: z.string().max(500).optional() });

export const DescribeRequest = z.strictObject({ link: Link });
export const BeginRequest = z.strictObject({
  link: Link,
  /** The person has pressed the button that says so. */
  consent: z.literal(true),
  /** Of the text that was shown, with its language (`.de`); that of a flow has its slug in it. */
  textVersion: lineOfText(210),
  /** Absent: all that the text asks for but those that the person may decline. */
  purposes: z.array(z.enum(purposes)).max(purposes.length).optional(),
  path: z.strictObject({ flash: z.boolean(), motion: z.boolean() }),
  device: device.default({}),
  /** Of the work that the description asked for. */
  proof: z.strictObject({ challenge: z.string().max(300), answer: z.string().max(40) }).optional(),
  /** 256 random bits of this browser: with them it may repeat this, where the answer was lost. */
  secret: z.string().refine(isCapability).optional(),
});
/** What the collector of the page reports of the last half-minute. */
export const BehaviorRequest = SessionData;
export const DenyRequest = z.strictObject({ link: Link });
export const HandoverRequest = z.strictObject({ token: secret });
export const HandoverDescribeRequest = z.strictObject({ link: secret });
export const HandoverAcceptRequest = z.strictObject({
  link: secret,
  number: z.string().regex(/^\d{2}$/),
});

/** Base64 of a frame of 256 kB. */
const image = z.string().min(1).max(350_000);
const frameTime = z.number().min(0).max(Number.MAX_SAFE_INTEGER);
export const FramesRequest = z.strictObject({
  is: z.enum(['start', 'stop']).optional(),
  /** With `start`: the camera that runs. */
  device: camera.optional(),
  frames: z
    .array(z.strictObject({ image, time: frameTime, step: z.string().max(40).optional() }))
    .max(5)
    .default([]),
});

/** The first message of a WebSocket; the later texts. */
export const Hello = z.strictObject({ token: secret });
export const FramesCommand = z.strictObject({ is: z.enum(['start', 'stop']), device: camera.optional() });

export type Link = z.output<typeof Link>;
export type BeginRequest = z.output<typeof BeginRequest>;

const pair = z.object({ en: z.string(), de: z.string() });
const text = z.union([z.string(), pair]);

export const Result = z
  .object({
    passed: z.boolean(),
    decision: z.enum(sessionDecisions).nullable().describe('Null while people look at it'),
    redirect: z.string().optional(),
    reference: z.string().describe('Id of the session, for the desk'),
    passToken: z.string().optional(),
    passExpiresAt: z.number().optional(),
  })
  .meta({ id: 'LiveResult' });

const language = z.enum(['en', 'de']);
const paragraphs = z.array(z.string());

export const Description = z
  .object({
    state: z.enum(['ready', 'ended', 'finished', 'taken']),
    flow: z.enum(sessionFlows),
    organization: z.object({
      name: z.string(),
      logo: z.string().optional(),
      logoInk: z
        .enum(['dark', 'light'])
        .optional()
        .describe('Of a transparent logo that one ground alone shows'),
      color: z.string().optional(),
      language: language.optional(),
    }),
    purpose: text.optional(),
    title: text.optional(),
    messages: z
      .object({
        intro: text.optional(),
        button: text.optional(),
        success: text.optional(),
        failure: text.optional(),
        otherWay: text.optional(),
      })
      .optional(),
    product: z.string().optional(),
    steps: z.int().optional(),
    pathChoices: z.object({ flash: z.boolean(), motion: z.boolean() }),
    motionReviewed: z.literal(true).optional().describe('A person decides when the head was not moved'),
    consent: z.object({
      version: z.string(),
      text: z.object({ en: paragraphs, de: paragraphs }),
      retention: pair,
      withdraw: pair,
      asks: z
        .object({
          purposes: z.array(z.enum(purposes)),
          optional: z.array(z.enum(purposes)).describe('Those of them that the person may decline'),
          languages: z.array(z.enum(['en', 'de'])).describe('In which it is written'),
        })
        .optional(),
    }),
    language: language.optional(),
    behavior: z
      .literal(true)
      .optional()
      .describe('The page collects how the person uses it, once they have agreed; the consent says so'),
    pictures: z.literal(true).optional(),
    test: z.boolean(),
    testOutcome: z
      .enum(testOutcomes)
      .optional()
      .describe('It ends so as soon as the person agrees, without a camera'),
    work: z
      .object({ challenge: z.string(), bits: z.int() })
      .optional()
      .describe('An answer whose SHA-256 with the challenge begins with so many zero bits'),
    openerOrigins: z.array(z.string()),
    redirect: z.object({ success: z.string().optional(), failure: z.string().optional() }).optional(),
    result: Result.optional(),
    numbers: z.array(z.string()).optional().describe('Of a handover: one of them stands on the other screen'),
    expiresAt: time('Its end'),
  })
  .meta({ id: 'LiveDescription' });

export const Begun = z
  .object({ sessionId: z.string(), token: z.string(), expiresAt: time('Its end') })
  .meta({ id: 'LiveBegun' });
export const Denied = z
  .object({ redirect: z.string().optional(), reference: z.string().optional() })
  .meta({ id: 'LiveDenied' });
export const Handover = z
  .object({ url: z.string(), number: z.string(), expiresAt: time('Its end') })
  .meta({ id: 'LiveHandover' });

export const State = z
  .object({
    is: z.literal('state'),
    state: z.enum([
      ...(['ready', 'queued', 'guiding', 'running', 'checking'] as const),
      ...(['between', 'decided', 'ended', 'following'] as const),
    ]),
    position: z.int().optional().describe('Place in the queue, from 1'),
    waitSeconds: z.number().optional().describe("Until it is this person's turn, about"),
    attempt: z.int(),
    attemptsLeft: z.int(),
    step: z
      .object({
        index: z.int(),
        of: z.int(),
        name: z.string(),
        progress: z.number().describe('0..1'),
        holdMs: z.number(),
        limitMs: z.number(),
        color: z.string().optional(),
      })
      .optional(),
    guidance: z.object({ step: z.string(), code: z.string() }).optional(),
    slower: z.literal(true).optional().describe('Frames come faster than they are served'),
    judged: z.number().optional().describe('Time of the frame that this answers'),
    judgedMs: z.number().optional().describe('From the arrival of that frame to this answer'),
    leftOut: z.literal(true).optional().describe('The box was too busy to judge the frame'),
    codeUsedUp: z
      .literal(true)
      .optional()
      .describe('A wrong number was picked on the phone: the code is used up'),
    notPassed: z
      .object({
        code: z.enum([
          ...(['LIGHT', 'MOVEMENT', 'DIRECTION', 'FACE', 'ALONE'] as const),
          ...(['TIME', 'SLOW', 'STALLED', 'INTERRUPTED', 'LOST', 'UNSURE'] as const),
        ]),
      })
      .optional(),
    result: Result.optional(),
  })
  .meta({ id: 'LiveState' });
