import type { OpenedEvent } from '../events/index.ts';
import { type Family, PAYLOAD_LIMIT, type PayloadDialect } from '../webhooks/index.ts';

/** What is sent of an event, or why nothing is. */
export type Payload = { is: 'body'; body: Uint8Array } | { is: 'nothing'; reason: string };

export interface Payloads {
  /** The same bytes each time. */
  of(family: Family, opened: OpenedEvent): Payload;
  /** The catalog's sample of one event, `<family>.<event>`. */
  sample(name: string): Payload;
}

export const ERASED = 'erased';

export function createPayloads(dialects: readonly PayloadDialect[]): Payloads {
  const byFamily = new Map(dialects.map((dialect) => [dialect.family, dialect]));
  const samples = new Map(
    dialects.flatMap(({ events }) => events.map(({ name, sample }) => [name, sample] as const)),
  );

  function toPayload(body: Record<string, unknown> | undefined): Payload {
    if (body === undefined) return nothing('the family has no words for this event any more');
    const bytes = Buffer.from(JSON.stringify(body));
    return bytes.length > PAYLOAD_LIMIT
      ? nothing(`larger than ${PAYLOAD_LIMIT / 1000} kB`)
      : { is: 'body', body: bytes };
  }

  return {
    of(family, opened) {
      switch (opened.is) {
        case 'erased':
          return nothing(ERASED);
        case 'damaged':
          return nothing('the event is damaged');
        case 'open':
          return toPayload(byFamily.get(family)?.translate(opened.event)?.body);
        default:
          return opened satisfies never;
      }
    },
    sample: (name) => toPayload(samples.get(name)),
  };
}

const nothing = (reason: string): Payload => ({ is: 'nothing', reason });
