import { z } from 'zod';

/** Bytes of a payload as JSON, at most. */
export const PAYLOAD_LIMIT = 20_000;

/** Id of the event in the samples of the catalog; a test delivery has its own in that place. */
export const SAMPLE_EVENT = 'evt_01m7w3hbber2v9yrex9nc12dr9';

/** Why something is not sent, or a webhook is off, where neither a receiver nor a person says it: the sentence that is kept, by its code. */
export const reasons = {
  erased: 'erased',
  'not-kept': 'the event is not kept any more',
  damaged: 'the event is damaged',
  untranslated: 'the family cannot translate it',
  'no-words': 'the family has no words for this event any more',
  'too-large': `larger than ${PAYLOAD_LIMIT / 1000} kB`,
  nothing: 'there is nothing to deliver',
  over: 'it is over',
  'webhook-removed': 'the endpoint was removed',
  'webhook-disabled': 'Its webhook is disabled.',
  'disabled-too-long': 'The endpoint was disabled for longer than attempts are made.',
  'by-hand': 'An operator removed it.',
  altered: 'Another program wrote or changed its row.',
  gone: 'The receiver answered 410 (gone): deliveries are stopped.',
  failing: 'It accepted nothing for five days.',
  'webhook-altered':
    'Another program wrote or changed its row in the database: remove it, and make a new one, or let an operator accept it (audit accept).',
  'webhook-damaged':
    'Its headers or its secret are damaged on the disk: give its headers again, renew its secret without an overlap, or remove it.',
} as const;
type ReasonCode = keyof typeof reasons | 'redirect';

const REDIRECTED = ', a redirect, which is not followed: set the endpoint to the target URL.';
/** Kept of an answer 3xx: its status, and the code `redirect`. */
export const redirected = (status: number) => `The receiver answered ${status}${REDIRECTED}`;

const codes = new Map<string, ReasonCode>(
  Object.entries(reasons).map(([code, sentence]) => [sentence, code as ReasonCode]),
);

/** Undefined for what a receiver, a network or a person said. */
export const reasonCodeOf = (kept: string | null): ReasonCode | undefined => {
  if (kept === null) return undefined;
  return codes.get(kept) ?? (kept.endsWith(REDIRECTED) ? 'redirect' : undefined);
};

export const reasonCode = z
  .enum([...(Object.keys(reasons) as (keyof typeof reasons)[]), 'redirect'])
  .optional()
  .describe('The reason as a code; absent where an attempt or a person says it');
