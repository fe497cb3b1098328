import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Organizations, VerifyToken } from '../../engine/accounts/index.ts';
import type { Sessions, WholeSession } from '../../engine/live/index.ts';
import type { Uniqueness } from '../../engine/uniqueness/index.ts';
import { KeyListQuery, keyListPage } from '../../http/key-lists.ts';
import { ownOrigin } from '../../http/listening/own-hosts.ts';
import {
  ordering as orderingBy,
  partyOf,
  type RelyingParty,
  reading as readingBy,
  relyingParty,
  toRealm,
  WorldQuery,
} from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import { type NewSessionDeps, toNewSession } from './new-session.ts';
import { type SignalsDeps, takeSignals } from './signals.ts';
import { fromFinding, fromListed, fromResult, fromSession, toBehavior } from './translate.ts';
import {
  Finalize,
  FinalizeReply,
  NewSession,
  PassAnswer,
  PassQuestion,
  Salt,
  SessionCreated,
  SessionPage,
  SessionParams,
  SessionStatus,
  Signals,
  SignalsReply,
} from './wire.ts';

export { sessionsWebhooks } from './webhook-payloads.ts';

export interface SessionsDoorDeps extends NewSessionDeps, SignalsDeps {
  liveSessions: SignalsDeps['liveSessions'] &
    Pick<
      Sessions,
      'create' | 'find' | 'read' | 'wholePage' | 'finalize' | 'finalizeByToken' | 'noteBehavior'
    >;
  organizations: Pick<Organizations, 'asTextOwner'>;
  uniqueness: NewSessionDeps['uniqueness'] & Pick<Uniqueness, 'sessionSalt'>;
  verifyToken: VerifyToken;
}

const tags = ['sessions'];
/** A relying party that orders and reads; one that reads; one that orders, or the capability of the session's own browser. */
const ordering = orderingBy('sessions');
const reading = readingBy('sessions');
const orderingOrBrowser = { ...ordering, session: 'sessions' } as const;
/** Bytes of ten frames in base64. */
const SIGNALS_LIMIT = 4 * 1024 * 1024;

/** `/api/v1/sessions`, `/api/v1/passes` (contracts/sessions.txt), and the older `/api/v1/widget/sessions`. */
export const createSessionsDoor =
  (deps: SessionsDoorDeps): FastifyPluginAsync =>
  async (app) => {
    sessionRoutes(app, deps, '/api/v1/sessions');
    readingRoutes(app, deps);
    await app.register(async (legacy) => {
      // Refusals carry them too.
      legacy.addHook('onSend', async (_, reply, payload) => {
        reply.headers(DEPRECATED);
        return payload;
      });
      sessionRoutes(legacy, deps, '/api/v1/widget/sessions');
    });
  };

/** RFC 9745 (deprecated since 2026-11-21), RFC 8594 (answered until the end of 2028, docs/COMPATIBILITY.md) and RFC 8288. */
const DEPRECATED = {
  deprecation: '@1795219200',
  sunset: 'Sun, 31 Dec 2028 23:59:59 GMT',
  link: '</api/v1/sessions>; rel="successor-version"',
};

/** Creating a session, its signals, its result: under both prefixes. */
function sessionRoutes(app: FastifyInstance, deps: SessionsDoorDeps, prefix: string): void {
  createRoute(app, deps, prefix);
  signalsRoute(app, deps, prefix);
  finalizeRoute(app, deps, prefix);
}

const isLegacy = (prefix: string) => prefix !== '/api/v1/sessions';
const named = (prefix: string, name: string) => `${name}${isLegacy(prefix) ? 'Legacy' : ''}`;
const deprecated = (prefix: string) => (isLegacy(prefix) ? { deprecated: true } : {});
const old = (prefix: string) => (isLegacy(prefix) ? ' Deprecated: use `/api/v1/sessions`.' : '');

function createRoute(app: FastifyInstance, deps: SessionsDoorDeps, prefix: string): void {
  app.post(
    prefix,
    {
      config: {
        access: ordering,
        metered: true,
        idempotent: true,
        refuses: [
          ...([
            'PROFILE_NOT_FOUND',
            'PROFILE_NOT_ALLOWED',
            'KIOSK_REQUIRED',
            'MODEL_NOT_INSTALLED',
            'PAD_NOT_INSTALLED',
          ] as const),
          ...(['DESTINATION_NOT_GRANTED', 'DESTINATION_FORBIDDEN', 'MONTHLY_LIMIT_EXCEEDED'] as const),
          ...(['STORAGE_FULL'] as const),
        ],
      },
      schema: {
        operationId: named(prefix, 'createSession'),
        summary: 'Create a session',
        description: `Open \`verifyUrl\` in the browser of the person. The result comes to \`callbackUrl\`, to webhooks, and to \`finalize\`. A repeat with the same \`Idempotency-Key\` is answered with the first answer.${old(prefix)}`,
        tags,
        ...deprecated(prefix),
        querystring: WorldQuery,
        body: NewSession,
        response: { 201: SessionCreated },
      },
    },
    async (request, reply) => {
      const caller = relyingParty(request);
      const organization = await deps.organizations.asTextOwner(caller.organization);
      const wanted = await toNewSession(deps, request.body, caller, organization, request.id);
      const { id, token, expiresAt } = await deps.liveSessions.create(wanted);
      return reply.code(201).send({
        sessionId: id,
        token,
        verifyUrl: `${ownOrigin(request)}/verify?client=${id}#${token}`,
        expiresAt: time(expiresAt),
        ...defined({ metadata: request.body.metadata }),
      });
    },
  );
}

function signalsRoute(app: FastifyInstance, deps: SessionsDoorDeps, prefix: string): void {
  app.post(
    `${prefix}/:id/signals`,
    {
      bodyLimit: SIGNALS_LIMIT,
      config: {
        access: orderingOrBrowser,
        quiet: true,
        refuses: [
          'NOT_FOUND',
          'CONFLICT',
          'CONSENT_REQUIRED',
          'SESSION_EXPIRED',
          'OVERLOADED',
          'TIMEOUT',
          'IMAGE_UNREADABLE',
        ],
      },
      schema: {
        operationId: named(prefix, 'postSignals'),
        summary: 'Send frames of the camera',
        description: `For a page of your own; the page behind \`verifyUrl\` does it over a WebSocket. Send the capability as \`Authorization: Bearer …\`, or an API key with the capability in \`token\`. Each answer says what to show next. The server reveals one step at a time.${old(prefix)}`,
        tags,
        ...deprecated(prefix),
        params: SessionParams,
        querystring: WorldQuery,
        body: Signals,
        response: { 200: SignalsReply },
      },
    },
    async (request) => {
      const { id } = await sessionOf(deps, request);
      return takeSignals(deps, { id, token: capabilityFor(request), signals: request.body, request });
    },
  );
}

function finalizeRoute(app: FastifyInstance, deps: SessionsDoorDeps, prefix: string): void {
  app.post(
    `${prefix}/:id/finalize`,
    {
      // The body may be left out.
      preValidation: async (request) => {
        request.body ??= {};
      },
      config: { access: orderingOrBrowser, refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'] },
      schema: {
        operationId: named(prefix, 'finalizeSession'),
        summary: 'Read the result of a session',
        description: `The same at every call. 409 while the person has not finished; 202 with \`decision: null\` while a reviewer decides. The capability of the browser gets no risk figures.${old(prefix)}`,
        tags,
        ...deprecated(prefix),
        params: SessionParams,
        querystring: WorldQuery,
        body: Finalize,
        response: { 200: FinalizeReply, 202: FinalizeReply.describe('A reviewer decides') },
      },
    },
    async (request, reply) => {
      await sessionOf(deps, request);
      return finalize(deps, request, reply);
    },
  );
}

/** For keys of servers alone. */
function readingRoutes(app: FastifyInstance, deps: SessionsDoorDeps): void {
  app.get(
    '/api/v1/sessions',
    {
      config: { access: 'sessions' },
      schema: {
        operationId: 'listPersonSessions',
        summary: 'List sessions',
        description:
          'Those of the organization in the world of the key, the newest first, for reconciling after a lost webhook. For keys of servers.',
        tags,
        querystring: KeyListQuery,
        response: { 200: SessionPage },
      },
    },
    async (request) => {
      const caller = relyingParty(request);
      refuseBrowserKey(caller);
      const read = (part: { before?: string; limit: number }) =>
        deps.liveSessions.wholePage(toRealm(caller), { ...part, flow: 'api' });
      return keyListPage(request.query, read, fromListed);
    },
  );

  app.get(
    '/api/v1/sessions/:id',
    {
      config: { access: reading, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'getPersonSession',
        summary: 'Show a session',
        description: 'Its state, and the text that the person has to agree to.',
        tags,
        params: SessionParams,
        querystring: WorldQuery,
        response: { 200: SessionStatus },
      },
    },
    async (request) => fromSession(await sessionOf(deps, request)),
  );

  app.get(
    '/api/v1/sessions/:id/salt',
    {
      config: { access: reading, refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'getSessionSalt',
        summary: 'Show the uniqueness salt of a session',
        description: 'A masked value: an HMAC of the session id under a secret of the organization.',
        tags,
        params: SessionParams,
        querystring: WorldQuery,
        response: { 200: Salt },
      },
    },
    async (request) => {
      const { id, realm } = await sessionOf(deps, request);
      return { salt: await deps.uniqueness.sessionSalt(realm.organization, id) };
    },
  );

  app.post(
    '/api/v1/passes/verify',
    {
      config: { access: reading },
      schema: {
        operationId: 'verifyPass',
        summary: 'Verify a pass token',
        description:
          'For your server: whether a pass token that a page sent counts. Compare `sessionId` or `subjectRef` with what you expect, so that a person cannot hand in the pass of another. An invalid pass is a 200 with `valid: false` and a `reason`, such as `revoked` once the person was erased.',
        tags,
        querystring: WorldQuery,
        body: PassQuestion,
        response: { 200: PassAnswer },
      },
    },
    async (request) => {
      const caller = relyingParty(request);
      refuseBrowserKey(caller);
      const { passToken, token = passToken ?? '' } = request.body;
      const realm = toRealm(caller);
      const finding = await deps.verifyToken(realm, token, { kind: 'pass' }, caller.actor);
      const session = finding.valid && (await deps.liveSessions.find(realm, finding.claims.sessionId));
      return fromFinding(finding, session || undefined);
    },
  );
}

async function finalize(
  { liveSessions }: SessionsDoorDeps,
  request: FastifyRequest<{ Params: SessionParams; Body: Finalize }>,
  reply: FastifyReply,
): Promise<FinalizeReply> {
  const caller = partyOf(request);
  const { id } = request.params;
  const realm = toRealm(caller);
  const behavior = toBehavior(request.body);
  if (behavior) liveSessions.noteBehavior(id, behavior);
  const result =
    caller.is === 'session'
      ? await liveSessions.finalizeByToken(capabilityFor(request))
      : await liveSessions.finalize(realm, id, request.id);
  // Read after it, so that the figures are those of the decision. An administrator leaves a line: the answer has the caller's own data.
  const whole =
    caller.is === 'administrator'
      ? await liveSessions.read(realm, id, caller.actor, request.id)
      : await liveSessions.find(realm, id);
  if (!whole) throw unknown(id);
  if (result.decision === null) reply.code(202);
  return fromResult(id, result, whole, caller.is === 'session' ? undefined : whole);
}

/** The session of the path, of this caller. One of another flow has its own routes. */
async function sessionOf(
  { liveSessions }: Pick<SessionsDoorDeps, 'liveSessions'>,
  request: FastifyRequest<{ Params: SessionParams }>,
): Promise<WholeSession> {
  const caller = partyOf(request);
  const { id } = request.params;
  if (caller.is !== 'session') refuseBrowserKey(caller);
  else if (caller.session !== id) throw unknown(id);
  const session = await liveSessions.find(toRealm(caller), id);
  if (session?.flow !== 'api') throw unknown(id);
  return session;
}

/** The capability: of the header, or beside an API key in the body. */
function capabilityFor(request: FastifyRequest): string {
  if (partyOf(request).is === 'session')
    return (
      (request.headers.authorization ?? '').replace(/^Bearer\s+/i, '').trim() ||
      String(request.headers['x-api-key'])
    );
  const { token } = (request.body ?? {}) as Partial<Signals>;
  if (token !== undefined) return token;
  throw new Problem(
    'INVALID_REQUEST',
    'Send the token of the session as "Authorization: Bearer …", or in the field "token" beside an API key.',
    { details: [{ path: 'token', message: 'It is missing.', rule: 'missing' }] },
  );
}

function refuseBrowserKey({ browser }: Pick<RelyingParty, 'browser'>): void {
  if (browser)
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      'A browser key may only create sessions: use the token of the session, or a key of your server.',
    );
}

const unknown = (id: string) => new Problem('NOT_FOUND', `No session has the id ${id}.`);
