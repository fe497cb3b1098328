import { z } from 'zod';
import { idOf, pageOf } from './page.ts';

/** What `/api/admin/*` reads. Times are ISO 8601. The engine says what of it makes sense; here is how it is written. */

const KIB = 1024;

/** Bytes of a body: a CA certificate is the largest thing in one. */
export const bodyLimit = 128 * KIB;

/** For a call that needs no body: what is sent all the same must be empty. */
export const Nothing = z.strictObject({});

export const changesSomething = (change: object) =>
  Object.values(change).some((value) => value !== undefined);
export const NAME_ONE = 'Name at least one field to change.';
const moment = () =>
  z.iso.datetime({ offset: true, error: 'It must be a time such as 2026-11-20T12:00:00Z.' });

const eventName = z.string().min(1).max(80);

export const TestEvent = z
  .strictObject({
    event: eventName.optional().describe("Which of the webhook's events; its first when absent"),
  })
  .meta({ id: 'TestEvent', examples: [{ event: 'identity.verification.success' }] });

export const Replay = z
  .strictObject({
    since: moment().describe('From here on, ISO 8601'),
    until: moment().optional().describe('Up to here, without this moment itself; now when absent'),
  })
  .meta({ id: 'Replay', examples: [{ since: '2026-11-20T06:00:00Z', until: '2026-11-20T09:30:00Z' }] });

export const deliveryStates = ['waiting', 'delivered', 'failed', 'dropped'] as const;

export const DeliveryQuery = z.strictObject({
  endpoint: idOf('webhook').optional().describe('Only to this webhook'),
  event: idOf('event').optional().describe('Only of this event: what receivers see as `webhook-id`'),
  state: z.enum(deliveryStates).optional().describe('Only in this state'),
  ...pageOf('delivery'),
});

export const EventQuery = z.strictObject({
  type: z
    .string()
    .regex(/^[a-z]+(\.[a-z]+){1,3}$/, 'It must be a type of event, such as verification.verified.')
    .max(64)
    .optional()
    .describe('Only of this type, as `type` has it'),
  ...pageOf('event'),
});

export type Replay = z.output<typeof Replay>;
export type DeliveryQuery = z.output<typeof DeliveryQuery>;
export type EventQuery = z.output<typeof EventQuery>;
