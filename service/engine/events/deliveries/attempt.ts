import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Outgoing, OutgoingFailure, OutgoingReply } from '../../../outgoing/outgoing.ts';
import { type CheckedDestination, type Destinations, ruleOf } from '../destinations/destination.ts';
import { reasons, redirected } from '../reasons.ts';
import type { OpenEndpoint } from '../webhooks/endpoint-book.ts';
import { sign } from '../webhooks/signature.ts';

/** What one attempt sends, and its receiver. */
interface OutgoingMessage {
  to: OpenEndpoint;
  /** The endpoint's, or a callback's own. */
  url: string;
  /** `webhook-id` */
  id: string;
  body: Uint8Array;
  signal?: AbortSignal;
}

/** What was sent and answered, as the delivery log keeps it: no signature, no value of a custom header, no body of ours. */
export interface Exchange {
  request: { url: string; headers: Record<string, string> };
  response:
    | { headers: Record<string, string>; body: string; truncated: boolean; isPrivate?: true }
    | { error: string };
}

export interface Attempted {
  at: number;
  milliseconds: number;
  /** `delivered`, or why not: `status`, an OutgoingFailure, or the rule by which the destination was refused. */
  outcome: string;
  status: number | undefined;
  /** For a reader of the log; without the answer's body. */
  sentence: string;
  /** Not before, ms since 1970: the receiver asked for it. */
  retryAt: number | undefined;
  exchange: Exchange;
}

interface AttemptDeps {
  destinations: Pick<Destinations, 'check'>;
  outgoing: Pick<Outgoing, 'post'>;
  /** Version of Gatehouse for the user agent of deliveries. */
  version: string;
  clock: Clock;
  /** Milliseconds of a clock that never jumps. */
  elapsed?: () => number;
}

/** Milliseconds of one attempt, over all addresses. */
export const ATTEMPT_TIMEOUT = 15_000;
/** Bytes kept of an answer's body, and of its headers. */
const KEPT = 4_096;
const HIDDEN = '(not kept)';

/** Sends once. Never throws: the result holds what went wrong. */
export function createAttempt({
  destinations,
  outgoing,
  version,
  clock,
  elapsed = () => performance.now(),
}: AttemptDeps) {
  const fixedHeaders = { 'content-type': 'application/json', 'user-agent': `Gatehouse/${version}` };

  return async function attempt(message: OutgoingMessage): Promise<Attempted> {
    const { to, url, id, body } = message;
    const { endpoint, secret, nextSecret } = to;
    const at = clock.now();
    const started = elapsed();
    const signed = sign({
      dialect: endpoint.signature,
      headerName: endpoint.signatureHeader,
      secret,
      nextSecret,
      id,
      at,
      body,
    });
    const request = { url, headers: { ...hidden(to.headers), ...fixedHeaders, ...hidden(signed) } };
    const left = () => Math.ceil(ATTEMPT_TIMEOUT - (elapsed() - started));
    try {
      const destination = await destinations.check(endpoint.organization, url);
      const headers = { ...to.headers, ...fixedHeaders, ...signed };
      const reply = await post(outgoing, message, { ...destination, headers, left });
      const hide = createHide(Object.values(to.headers));
      const { status, truncated } = reply;
      const accepted = status >= 200 && status < 300;
      return {
        at,
        milliseconds: elapsed() - started,
        outcome: accepted ? 'delivered' : 'status',
        status,
        sentence: accepted ? 'delivered' : sentenceOf(status),
        retryAt:
          status === 429 || status === 503
            ? readRetryAfter(reply.headers['retry-after'], clock.now())
            : undefined,
        exchange: {
          request,
          response: {
            headers: capped(reply.headers, hide),
            body: hide(reply.body),
            truncated,
            ...defined({ isPrivate: destination.isPrivate }),
          },
        },
      };
    } catch (error) {
      const { outcome, sentence } = describeFailure(error);
      return {
        at,
        milliseconds: elapsed() - started,
        outcome,
        status: undefined,
        sentence,
        retryAt: undefined,
        exchange: { request, response: { error: sentence } },
      };
    }
  };
}

export type Attempt = ReturnType<typeof createAttempt>;

const timedOut = () =>
  Object.assign(new Error(`Its address was not found within ${ATTEMPT_TIMEOUT / 1000} seconds.`), {
    failure: 'timeout' as const,
  });

/** To the first address that takes a connection. */
async function post(
  outgoing: AttemptDeps['outgoing'],
  { to: { ca, pin }, body, signal }: OutgoingMessage,
  {
    url,
    addresses,
    headers,
    left,
  }: CheckedDestination & {
    url: URL;
    headers: Record<string, string>;
    /** Milliseconds of the attempt. */
    left: () => number;
  },
): Promise<OutgoingReply> {
  let last: unknown = timedOut();
  for (const address of addresses) {
    const timeout = left();
    if (timeout <= 0) break;
    try {
      return await outgoing.post({
        url,
        address,
        headers,
        body,
        timeout,
        keep: KEPT,
        ...defined({ ca, pin, signal }),
      });
    } catch (error) {
      last = error;
      // Only where nothing was sent yet.
      if (!isOutgoing(error) || (error.failure !== 'refused' && error.failure !== 'unreachable')) break;
    }
  }
  throw last;
}

/** As the log keeps them: all names, and only the public values. */
const hidden = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isPlain(name) ? value : HIDDEN]));

const isPlain = (name: string) => name === 'webhook-id' || name === 'webhook-timestamp';

/** `service/outgoing` does not export the class. */
const isOutgoing = (error: unknown): error is Error & { failure: OutgoingFailure } =>
  error instanceof Error && 'failure' in error;

function sentenceOf(status: number): string {
  if (status >= 300 && status < 400) return redirected(status);
  if (status === 410) return reasons.gone;
  return `The receiver answered ${status}; any status from 200 to 299 accepts a delivery.`;
}

function describeFailure(error: unknown): { outcome: string; sentence: string } {
  if (error instanceof Problem) return { outcome: ruleOf(error) ?? error.code, sentence: error.message };
  if (isOutgoing(error)) return { outcome: error.failure, sentence: error.message };
  const sentence = error instanceof Error ? error.message : String(error);
  return { outcome: 'error', sentence };
}

/** As many of the headers as there is room for. */
function capped(headers: Record<string, string>, hide: (text: string) => string): Record<string, string> {
  const kept: [string, string][] = [];
  let room = KEPT;
  for (const [name, value] of Object.entries(headers)) {
    room -= name.length + value.length;
    if (room < 0) break;
    kept.push([name, hide(value)]);
  }
  return Object.fromEntries(kept);
}

/** Characters: shorter words of a value are no secret, and hiding them would garble the answer. */
const SECRET = 6;

/** Some receivers echo request headers, in an error page or on purpose: hides the values of custom headers. */
function createHide(values: readonly string[]): (text: string) => string {
  const words = values
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter(({ length }) => length >= SECRET)
    .toSorted((a, b) => b.length - a.length);
  return (text) => words.reduce((left, word) => left.replaceAll(word, () => HIDDEN), text);
}

const LONGEST = 24 * 3_600_000;

/**
 * When a receiver asks to be tried again, ms since 1970; seconds or an HTTP date, at most 24 hours from now. Undefined for
 * what is neither, or past.
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  const at = /^\d+$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at) || at <= now) return undefined;
  return Math.min(at, now + LONGEST);
}
