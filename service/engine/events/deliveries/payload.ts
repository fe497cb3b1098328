import type { Log } from '../../../lib/log.ts';
import type { RecordedEvent } from '../domain-event.ts';
import { PAYLOAD_LIMIT, reasons, SAMPLE_EVENT } from '../reasons.ts';
import type { OpenedEvent } from '../recorded-event-store.ts';
import type { Family, PayloadDialect } from '../webhooks/endpoint.ts';

/** What is sent of an event, or why nothing is. */
export type Payload = { is: 'body'; body: Uint8Array } | { is: 'nothing'; reason: string };

export type Payloads = ReturnType<typeof createPayloads>;

/**
 * Bodies are made each time they are sent or shown, never kept. Between the relay and an attempt the person may be erased; a kept
 * body would be one more copy of what is personal for each endpoint, to be sealed, erased and kept for the days of the schedule.
 */
export function createPayloads({
  dialects,
  log,
}: {
  dialects: readonly PayloadDialect[];
  log: Pick<Log, 'error'>;
}) {
  const byFamily = new Map(dialects.map((dialect) => [dialect.family, dialect]));
  const samples = new Map(
    dialects.flatMap(({ events }) =>
      events.map(({ name, sample }) => [name, JSON.stringify(sample)] as const),
    ),
  );

  function toPayload(body: Record<string, unknown> | undefined): Payload {
    if (body === undefined) return nothing(reasons['no-words']);
    const bytes = Buffer.from(JSON.stringify(body));
    return bytes.length > PAYLOAD_LIMIT ? nothing(reasons['too-large']) : { is: 'body', body: bytes };
  }

  function translated(family: Family, event: RecordedEvent): Payload {
    try {
      return toPayload(byFamily.get(family)?.translate(event)?.body());
    } catch (error) {
      log.error({ event: event.id, family, err: error }, 'a family cannot translate an event');
      return nothing(reasons.untranslated);
    }
  }

  return {
    /** The same bytes each time. */
    of(family: Family, opened: OpenedEvent): Payload {
      switch (opened.is) {
        case 'erased':
          return nothing(reasons.erased);
        case 'damaged':
          return nothing(reasons.damaged);
        case 'open':
          return translated(family, opened.event);
        default:
          return opened satisfies never;
      }
    },
    /** The catalog's sample of one event, `<family>.<event>`, as the event of this id. */
    sample: (name: string, id: string): Payload => {
      const text = samples.get(name)?.replaceAll(SAMPLE_EVENT, id);
      return toPayload(text && JSON.parse(text));
    },
  };
}

/** A body with the caller's own data; with a mark in their place where both together are too large. */
export function withMetadata(
  bodyOf: (metadata: Record<string, unknown> | undefined) => Record<string, unknown>,
  metadata: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const whole = bodyOf(metadata);
  const fits = metadata === undefined || Buffer.byteLength(JSON.stringify(whole)) <= PAYLOAD_LIMIT;
  return fits ? whole : bodyOf({ metadataOmitted: 'too large' });
}

const nothing = (reason: string): Payload => ({ is: 'nothing', reason });
