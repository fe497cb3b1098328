import { createHash, type Hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, KeyCaller } from '../../engine/accounts/index.ts';
import type { Log } from '../../lib/log.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import type { AdmissionDeps } from '../admit-requests.ts';
import { LongText } from '../bodies/json-body.ts';
import { rateLimitHeaders } from '../default-errors.ts';
import { countedCaller } from '../sign-in/relying-party.ts';

/** What answered requests are remembered in (engine/idempotency). */
export interface IdempotentRequests {
  begin(request: {
    organization: KeyCaller['organization'];
    world: KeyCaller['world'];
    caller: string;
    key: string;
    digest: string;
  }): Promise<
    | {
        is: 'new';
        keep(reply: { status: number; body: string }): Promise<void>;
        drop(): Promise<void>;
      }
    | { is: 'known'; reply: { status: number; body: string } }
    | { is: 'running' }
    | { is: 'different' }
  >;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The first request with its `Idempotency-Key`, while it runs. */
    repeatable: {
      keep(reply: { status: number; body: string }): Promise<void>;
      drop(): Promise<void>;
    } | null;
  }
}

const HEADER = 'idempotency-key';
/** What a route with the header may answer besides. */
export const repeatRefusals: readonly ProblemCode[] = ['IDEMPOTENCY_KEY_REUSED', 'CONFLICT'];
/** Visible ASCII. */
const FORM = /^[\x21-\x7e]{1,255}$/;
/** Characters with a browser key; a UUID has 36. */
const LEAST_OF_PAGE = 32;

/**
 * Routes with `config.idempotent` have their effect once for each `Idempotency-Key` of a caller: a repeat is answered with the
 * first answer, and the header `idempotent-replayed`. Only successes are kept: a refused request may be sent again with its key.
 */
export function answerRepeats(
  app: FastifyInstance,
  requests: IdempotentRequests,
  { log, admission }: { log: Log } & Pick<AdmissionDeps, 'admission'>,
): void {
  app.decorateRequest('repeatable', null);

  app.addHook('preHandler', (request, reply, done) => {
    const key = keyOf(request);
    const owner = key === undefined ? undefined : ownerOf(request);
    if (key === undefined || owner === undefined) return done();
    if (isOfPage(request)) requireUnguessable(key);
    answerRepeat(request, reply, { ...owner, key }).then((answered) => (answered ? undefined : done()), done);
  });

  /** Whether it was answered as an earlier one was. */
  async function answerRepeat(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: NonNullable<ReturnType<typeof ownerOf>> & { key: string },
  ): Promise<boolean> {
    const repeat = await requests.begin({ ...owner, digest: digestOf(request) });
    if (repeat.is === 'new') {
      request.repeatable = repeat;
      const counted = countedCaller(request);
      if (admission && counted && request.routeOptions.config.metered) {
        const minute = request.admitted?.limits ?? [];
        request.admitted = await admission.meter(counted);
        reply.headers(rateLimitHeaders([...minute, ...(request.admitted.limits ?? [])]));
      }
      return false;
    }
    if (repeat.is === 'running') {
      throw new Problem(
        'CONFLICT',
        'The first request with this Idempotency-Key has no answer yet: send it again in some seconds.',
        { retryAfterSeconds: 2 },
      );
    }
    if (repeat.is === 'different') {
      throw new Problem(
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key was used for another request: make a new key for each request that is no repeat.',
      );
    }
    const { status, body } = repeat.reply;
    void reply
      .code(status)
      .header('idempotent-replayed', 'true')
      .type('application/json; charset=utf-8')
      .send(withMetadata(body, request.body));
    return true;
  }

  app.addHook('onSend', (request, reply, payload, done) => {
    const { repeatable } = request;
    if (!repeatable) return done();
    request.repeatable = null;
    const good = reply.statusCode >= 200 && reply.statusCode < 300 && typeof payload === 'string';
    // What was done stays done: a repeat that is not recognized is a smaller fault than an answer that is lost.
    const kept = () =>
      repeatable.keep({ status: reply.statusCode, body: withoutMetadata(payload as string, request.body) });
    (good ? kept() : repeatable.drop()).then(
      () => done(),
      (error: unknown) => {
        log.warn({ err: error }, 'the answer to an Idempotency-Key could not be kept');
        done();
      },
    );
  });
}

/** The caller's own `metadata`, up to 16 kB, is in the repeat as well: it is not kept for a day beside the rest. */
function withoutMetadata(reply: string, body: unknown): string {
  if (metadataOf(body) === undefined) return reply;
  const kept = JSON.stringify({ ...JSON.parse(reply), metadata: null });
  return withMetadata(kept, body) === reply ? kept : reply;
}

function withMetadata(kept: string, body: unknown): string {
  const metadata = metadataOf(body);
  if (metadata === undefined) return kept;
  const reply = JSON.parse(kept);
  return reply.metadata === null ? JSON.stringify({ ...reply, metadata }) : kept;
}

const metadataOf = (body: unknown): unknown => (body as { metadata?: unknown } | null | undefined)?.metadata;

/** Not metered before it is known to be no repeat: what was answered is answered again, also when the month is used up. */
export const mayBeRepeat = ({ headers, routeOptions }: FastifyRequest): boolean =>
  routeOptions.config.idempotent === true && headers[HEADER] !== undefined;

/** From a page: all its visitors have the same key. */
const isOfPage = ({ caller }: { caller: Caller | null }) => caller?.is === 'key' && caller.browser === true;

/** A visitor who guesses the header of another would get that person's answer, and with it the capability of their session. */
function requireUnguessable(key: string): void {
  if (key.length >= LEAST_OF_PAGE) return;
  throw new Problem(
    'INVALID_REQUEST',
    `With a browser key the header Idempotency-Key has at least ${LEAST_OF_PAGE} characters: make a UUID for each request that is no repeat.`,
    { details: [{ path: HEADER, message: `It must have at least ${LEAST_OF_PAGE} characters.` }] },
  );
}

/**
 * Whose header it is: of a key and its successors, of one address with a browser key, or of one administrator. The organization and
 * world that an administrator acts in are in the URL, and so in the digest.
 */
function ownerOf(request: FastifyRequest) {
  const { caller } = request;
  if (caller?.is === 'key') {
    const { organization, world, lineage } = caller;
    return { organization, world, caller: isOfPage(request) ? `${lineage} ${request.ip}` : lineage };
  }
  if (caller?.is !== 'administrator') return undefined;
  return { organization: caller.organization, world: 'live' as const, caller: caller.administrator };
}

function keyOf({ headers, routeOptions }: FastifyRequest): string | undefined {
  const key = headers[HEADER];
  if (!routeOptions.config.idempotent || key === undefined) return undefined;
  if (typeof key === 'string' && FORM.test(key)) return key;
  throw new Problem(
    'INVALID_REQUEST',
    'The header Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID.',
    { details: [{ path: HEADER, message: 'It must be 1 to 255 visible ASCII characters.' }] },
  );
}

/** Of the request as it was parsed, so that white space and the order of names do not count. */
function digestOf({ method, url, body }: FastifyRequest): string {
  const hash = createHash('sha256').update(`${method} ${url}\n`);
  addValue(hash, body);
  return hash.digest('base64url');
}

function addValue(hash: Hash, value: unknown): void {
  if (value instanceof LongText || value instanceof Uint8Array) {
    const bytes = value instanceof LongText ? value.bytes : value;
    hash.update(`bytes ${bytes.length}\n`).update(bytes);
  } else if (Array.isArray(value)) {
    hash.update(`list ${value.length}\n`);
    for (const one of value) addValue(hash, one);
  } else if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`object ${fields.length}\n`);
    for (const [name, field] of fields) {
      hash.update(`${JSON.stringify(name)} `);
      addValue(hash, field);
    }
  } else hash.update(`${JSON.stringify(value) ?? 'absent'}\n`);
}
