import { z } from 'zod';
import { SessionData } from '../../engine/behavior/index.ts';
import { linkKinds } from '../../engine/sessions/index.ts';
import { lineOfText } from '../../lib/text-fields.ts';

/** A capability, or the token of a link; a slug for flows. */
const secret = z.string().min(1).max(200);

export const Link = z.strictObject({
  kind: z.enum(linkKinds),
  token: secret,
  /** Of a flow's page with `?mode=test`. */
  test: z.boolean().optional(),
});

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
  /** Of the text that was shown; that of a flow has its slug in it. */
  textVersion: lineOfText(200),
  path: z.strictObject({ flash: z.boolean(), motion: z.boolean() }),
  device: device.default({}),
  /** Of the work that the description asked for. */
  proof: z.strictObject({ challenge: z.string().max(300), answer: z.string().max(40) }).optional(),
  /** Capability that this browser has from the same link. */
  previous: secret.optional(),
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
export const Order = z.strictObject({ is: z.enum(['start', 'stop']), device: camera.optional() });

export type Link = z.output<typeof Link>;
export type DescribeRequest = z.output<typeof DescribeRequest>;
export type BeginRequest = z.output<typeof BeginRequest>;
export type BehaviorRequest = z.output<typeof BehaviorRequest>;
export type DenyRequest = z.output<typeof DenyRequest>;
export type HandoverRequest = z.output<typeof HandoverRequest>;
export type HandoverDescribeRequest = z.output<typeof HandoverDescribeRequest>;
export type HandoverAcceptRequest = z.output<typeof HandoverAcceptRequest>;
export type FramesRequest = z.output<typeof FramesRequest>;
