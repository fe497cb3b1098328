/** Whose data must stay unread and unchanged. */
export interface Victim {
  email: string;
  name: string;
  /** Base64 of a picture that shows them, newly taken. */
  picture(): string;
  /** Of their organization's live world; those beginning with `spare` may be removed. */
  webhook: { id: string; description: string };
  spareWebhook: string;
  delivery: string;
  event: string;
  alert: string;
  rule: { id: string; name: string };
  spareRule: string;
  grant: { id: string; note: string };
  /** A webhook that a key of theirs has made, and that key. */
  ownWebhook: string;
  key: string;
  /** A session of theirs that no person has opened yet, and the capability of its browser. */
  session: { id: string; token: string; consent: string };
  /** Id of a hosted verification (verifyhuman) of theirs. */
  verification: string;
  /** A pass of a session of theirs. */
  passToken: string;
  organization: string;
  /** A presence session of the very key, verified; one that waits; and the token of the first. */
  presence: { id: string; waiting: string; token: string };
  /** Open challenges of a user of the very key, and the token of that user. */
  challenge: { id: string; spare: string; userId: string; token: string };
}

export interface RouteSample {
  /** What is asked, where a route can be asked in several ways. */
  asks?: string;
  /** A request that would read or change the victim's data, if it came from the right key. `url` with its parameters filled in. */
  request(victim: Victim): { url: string; payload?: object };
  /** The answer to the right key; `contains` is a part of it that proves that the sample reaches the data. */
  owner: {
    status: number;
    contains?: (victim: Victim) => string;
    /** Only the very key that made it: any other of the organization is answered as a foreign one. */
    own?: true;
  };
  /** What another organization's valid key and the owner's key of the other world are answered. */
  foreign: { status: number; code?: string; body?: Record<string, unknown> };
  /** Where the owner's key of the other world is answered differently. */
  otherWorld?: RouteSample['foreign'];
  /** Where another key of the organization is answered differently, for `own`. */
  sibling?: RouteSample['foreign'];
}

/** As if it were not there at all. */
const unknown = { status: 404, code: 'NOT_FOUND' };

const ofWebhook = (path: string, owner: RouteSample['owner'], payload?: object): RouteSample => ({
  request: ({ webhook }) => ({
    url: `/api/admin/webhooks/${webhook.id}${path}`,
    ...(payload && { payload }),
  }),
  owner,
  foreign: unknown,
});

const ofPresence = (
  path: string,
  owner: RouteSample['owner'],
  which: 'id' | 'waiting' = 'id',
): RouteSample => ({
  request: ({ presence }) => ({ url: `/api/presence/sessions/${presence[which]}${path}` }),
  owner: { ...owner, own: true },
  foreign: unknown,
  sibling: { status: 403, code: 'SESSION_KEY_MISMATCH' },
});

/** A list of what the organization has asked for in the world of the key. */
const ofList = (path: string, contains: (victim: Victim) => string): RouteSample => ({
  request: () => ({ url: `${path}?limit=200` }),
  owner: { status: 200, contains },
  foreign: { status: 200 },
});

const ofSession = (
  prefix: string,
  path: string,
  owner: RouteSample['owner'],
  payload?: (victim: Victim) => object,
): RouteSample => ({
  request: (victim) => ({
    url: `${prefix}/${victim.session.id}${path}`,
    ...(payload && { payload: payload(victim) }),
  }),
  owner,
  foreign: unknown,
});

/** Under either prefix. */
const sessionSamples = (prefix: string): Record<string, RouteSample[]> => ({
  [`POST ${prefix}`]: [
    {
      // A session of the caller's own.
      request: () => ({ url: prefix, payload: { subjectRef: 'reference of a session' } }),
      owner: { status: 201 },
      foreign: { status: 201 },
    },
  ],
  [`POST ${prefix}/:id/signals`]: [
    ofSession(
      prefix,
      '/signals',
      { status: 200, contains: () => 'attemptsLeft' },
      ({ session: { token, consent } }) => ({ token, consent: { textVersion: consent } }),
    ),
  ],
  [`POST ${prefix}/:id/finalize`]: [
    ofSession(prefix, '/finalize', { status: 409, contains: () => 'has not finished' }, () => ({})),
  ],
});

/**
 * One entry or more for each route that asks for a key, by method and pattern. `every-route.test.ts` finds the routes by
 * itself and fails for one that has no sample here.
 */
export const routeSamples: Record<string, RouteSample[]> = {
  'POST /api/verify': [
    {
      asks: '1:1',
      request: ({ email, picture }) => ({ url: '/api/verify', payload: { email, image: picture() } }),
      owner: { status: 200, contains: ({ email }) => email },
      foreign: { status: 200, body: { verified: false } },
    },
    {
      asks: '1:N',
      request: ({ picture }) => ({ url: '/api/verify', payload: { image: picture() } }),
      owner: { status: 200, contains: ({ email }) => email },
      foreign: { status: 200, body: { verified: false } },
    },
  ],
  'POST /api/enroll': [
    {
      // An enrollment makes a person of the caller's own, under whatever address.
      request: ({ email, picture }) => ({ url: '/api/enroll', payload: { email, image: picture() } }),
      owner: { status: 200 },
      foreign: { status: 200, body: { created: true, enrollments: 1 } },
    },
  ],
  'POST /api/presence/sessions': [
    {
      request: ({ organization: orgId }) => ({
        url: '/api/presence/sessions',
        payload: { orgId, purpose: 'test' },
      }),
      owner: { status: 201 },
      foreign: { status: 403, code: 'ORGANIZATION_MISMATCH' },
      otherWorld: { status: 201 },
    },
  ],
  'GET /api/presence/sessions': [
    {
      request: () => ({ url: '/api/presence/sessions?limit=200' }),
      owner: { status: 200, contains: ({ presence }) => presence.id, own: true },
      foreign: { status: 200 },
      sibling: { status: 200, body: { items: [] } },
    },
  ],
  'GET /api/presence/sessions/:id': [ofPresence('', { status: 200, contains: ({ email }) => email })],
  'GET /api/presence/sessions/:id/token': [
    ofPresence('/token', { status: 200, contains: ({ email }) => email }),
  ],
  'POST /api/presence/sessions/:id/cancel': [ofPresence('/cancel', { status: 200 }, 'waiting')],
  'POST /api/presence/verify-token': [
    {
      request: ({ presence: { token } }) => ({ url: '/api/presence/verify-token', payload: { token } }),
      owner: { status: 200, contains: ({ email }) => email },
      foreign: { status: 200, body: { valid: false, reason: 'wrong_audience' } },
    },
  ],
  'POST /mcp': [
    {
      request: ({ presence: { token } }) => ({
        url: '/mcp',
        payload: {
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'verify_presence_token', arguments: { token } },
        },
      }),
      owner: { status: 200, contains: ({ email }) => email },
      foreign: { status: 200 },
    },
  ],
  'GET /mcp/sse': [
    {
      // A stream does not end: it is opened in service/doors/mcp/mcp.test.ts.
      asks: 'without the media type of a stream',
      request: () => ({ url: '/mcp/sse' }),
      owner: { status: 400, contains: () => 'text/event-stream' },
      foreign: { status: 400, code: 'INVALID_REQUEST' },
    },
  ],
  'POST /mcp/messages': [
    {
      asks: 'of a stream that is not there',
      request: () => ({ url: '/mcp/messages?sessionId=x', payload: {} }),
      owner: { status: 404, contains: () => 'NOT_FOUND' },
      foreign: unknown,
    },
  ],
  ...sessionSamples('/api/v1/sessions'),
  ...sessionSamples('/api/v1/widget/sessions'),
  'GET /api/v1/sessions': [ofList('/api/v1/sessions', ({ session }) => session.id)],
  'GET /hosted/verifications': [ofList('/hosted/verifications', ({ verification }) => verification)],
  'GET /registrations': [ofList('/registrations', () => 'user of the victim')],
  'GET /api/v1/sessions/:id': [
    ofSession('/api/v1/sessions', '', { status: 200, contains: ({ session }) => session.id }),
  ],
  'GET /api/v1/sessions/:id/salt': [
    ofSession('/api/v1/sessions', '/salt', { status: 200, contains: () => 'salt' }),
  ],
  'POST /api/v1/passes/verify': [
    {
      request: ({ passToken }) => ({ url: '/api/v1/passes/verify', payload: { passToken } }),
      owner: { status: 200, contains: () => 'reference of the victim' },
      foreign: { status: 200, body: { valid: false, reason: 'wrong_audience' } },
    },
  ],
  'POST /api/v1/tokens/verify': [
    {
      request: ({ passToken }) => ({ url: '/api/v1/tokens/verify', payload: { token: passToken } }),
      owner: { status: 200, contains: () => 'reference of the victim' },
      foreign: { status: 200, body: { valid: false, reason: 'wrong_audience' } },
    },
  ],
  'POST /hosted/generate': [
    {
      // A link of the caller's own.
      request: () => ({ url: '/hosted/generate', payload: { product: 'verifyhuman' } }),
      owner: { status: 200 },
      foreign: { status: 200 },
    },
  ],
  ...Object.fromEntries(
    ['verifyage', 'verifyidentity', 'verifycompliance'].map((path): [string, RouteSample[]] => [
      `GET /api/mobile/v1/${path}/status/:id`,
      [
        {
          asks: 'of another product',
          request: ({ verification }) => ({ url: `/api/mobile/v1/${path}/status/${verification}` }),
          owner: { status: 404 },
          foreign: unknown,
        },
      ],
    ]),
  ),
  'GET /api/mobile/v1/verifyhuman/status/:id': [
    {
      request: ({ verification }) => ({ url: `/api/mobile/v1/verifyhuman/status/${verification}` }),
      owner: { status: 200, contains: ({ verification }) => verification },
      foreign: unknown,
    },
  ],
  'POST /register': [
    {
      // A registration of the caller's own, under whatever reference.
      request: () => ({
        url: '/register',
        payload: {
          reference_user_id: 'user of the caller',
          data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
        },
      }),
      owner: { status: 200 },
      foreign: { status: 200 },
    },
  ],
  'POST /get_status': [
    {
      request: () => ({ url: '/get_status', payload: { reference_user_id: 'user of the victim' } }),
      owner: { status: 200, contains: () => 'PENDING' },
      foreign: { status: 404, code: 'SUBJECT_NOT_FOUND' },
    },
  ],
  'GET /get_status': [
    {
      request: () => ({ url: '/get_status?reference_user_id=user%20of%20the%20victim' }),
      owner: { status: 200, contains: () => 'PENDING' },
      foreign: { status: 404, code: 'SUBJECT_NOT_FOUND' },
    },
  ],
  'POST /api/v1/verify': [
    {
      // Every key has its own tokens; nothing of another is named or answered.
      request: () => ({ url: '/api/v1/verify', payload: { userId: 'user_123' } }),
      owner: { status: 200, contains: () => '"confidence":0.49' },
      foreign: { status: 200 },
    },
  ],
  'GET /api/v1/webhooks': [
    {
      request: () => ({ url: '/api/v1/webhooks' }),
      owner: { status: 200, contains: ({ ownWebhook }) => ownWebhook, own: true },
      foreign: { status: 200, body: { webhooks: [] } },
    },
  ],
  'POST /api/v1/challenge/create': [
    {
      request: ({ challenge }) => ({
        url: '/api/v1/challenge/create',
        payload: { challenge_id: challenge.spare, accessible: true },
      }),
      owner: { status: 200, contains: () => 'sequence_hint', own: true },
      foreign: unknown,
    },
  ],
  'POST /api/v1/challenge/verify': [
    {
      request: ({ challenge }) => ({
        url: '/api/v1/challenge/verify',
        payload: { challenge_id: challenge.id, answer: '0' },
      }),
      owner: { status: 200, contains: () => 'attempts_remaining', own: true },
      foreign: unknown,
    },
  ],
  'POST /api/v1/session': [
    {
      request: ({ challenge: { userId, token } }) => ({
        url: '/api/v1/session',
        payload: { userId, sessionToken: token },
      }),
      owner: { status: 200, contains: () => 'baseline', own: true },
      foreign: { status: 410, code: 'SESSION_EXPIRED' },
      sibling: { status: 403, code: 'SESSION_KEY_MISMATCH' },
    },
  ],
  'POST /api/v1/webhooks': [
    {
      request: () => ({ url: '/api/v1/webhooks', payload: { url: 'https://hooks.example.org/v1' } }),
      owner: { status: 201 },
      foreign: { status: 201 },
    },
  ],
  'DELETE /api/v1/webhooks/:id': [
    {
      request: ({ ownWebhook }) => ({ url: `/api/v1/webhooks/${ownWebhook}` }),
      owner: { status: 204, own: true },
      foreign: unknown,
    },
    {
      asks: 'of one that an administrator made',
      request: ({ webhook }) => ({ url: `/api/v1/webhooks/${webhook.id}` }),
      owner: { status: 404, contains: () => 'NOT_FOUND', own: true },
      foreign: unknown,
    },
  ],
  'GET /api/admin/webhooks': [
    {
      request: () => ({ url: '/api/admin/webhooks' }),
      owner: { status: 200, contains: ({ webhook }) => webhook.description },
      foreign: { status: 200 },
    },
  ],
  'POST /api/admin/webhooks': [
    {
      request: () => ({
        url: '/api/admin/webhooks',
        payload: { family: 'identity', url: 'https://hooks.example.org/new' },
      }),
      owner: { status: 201 },
      foreign: { status: 201 },
    },
  ],
  'GET /api/admin/webhooks/catalog': [
    {
      request: () => ({ url: '/api/admin/webhooks/catalog' }),
      owner: { status: 200, contains: () => 'identity.user.enrolled' },
      foreign: { status: 200 },
    },
  ],
  'GET /api/admin/webhooks/health': [
    {
      request: () => ({ url: '/api/admin/webhooks/health' }),
      owner: { status: 200, contains: ({ webhook }) => webhook.id },
      foreign: { status: 200 },
    },
  ],
  'GET /api/admin/webhooks/:id/health': [
    ofWebhook('/health', { status: 200, contains: ({ webhook }) => webhook.id }),
  ],
  'GET /api/admin/webhooks/:id': [
    ofWebhook('', { status: 200, contains: ({ webhook }) => webhook.description }),
  ],
  'PATCH /api/admin/webhooks/:id': [ofWebhook('', { status: 200 }, { events: ['identity.user.enrolled'] })],
  'DELETE /api/admin/webhooks/:id': [
    {
      request: ({ spareWebhook }) => ({ url: `/api/admin/webhooks/${spareWebhook}` }),
      owner: { status: 204 },
      foreign: unknown,
    },
  ],
  'POST /api/admin/webhooks/:id/disable': [ofWebhook('/disable', { status: 200 }, { reason: 'tried' })],
  'POST /api/admin/webhooks/:id/enable': [ofWebhook('/enable', { status: 200 })],
  'POST /api/admin/webhooks/:id/rotate': [ofWebhook('/rotate', { status: 200 }, { overlapSeconds: 60 })],
  'POST /api/admin/webhooks/:id/test': [ofWebhook('/test', { status: 200 })],
  'POST /api/admin/webhooks/:id/retry': [ofWebhook('/retry', { status: 202 })],
  'POST /api/admin/webhooks/:id/replay': [
    ofWebhook('/replay', { status: 202 }, { since: '2026-11-01T00:00:00Z' }),
  ],
  'GET /api/admin/deliveries': [
    {
      request: () => ({ url: '/api/admin/deliveries?limit=200' }),
      owner: { status: 200, contains: ({ delivery }) => delivery },
      foreign: { status: 200, body: { items: [] } },
    },
    {
      asks: 'of their webhook',
      request: ({ webhook }) => ({ url: `/api/admin/deliveries?limit=200&endpoint=${webhook.id}` }),
      owner: { status: 200, contains: ({ delivery }) => delivery },
      foreign: { status: 200, body: { items: [] } },
    },
  ],
  'GET /api/admin/deliveries/:id': [
    {
      request: ({ delivery }) => ({ url: `/api/admin/deliveries/${delivery}` }),
      owner: { status: 200, contains: ({ delivery }) => delivery },
      foreign: unknown,
    },
  ],
  'POST /api/admin/deliveries/:id/resend': [
    {
      request: ({ delivery }) => ({ url: `/api/admin/deliveries/${delivery}/resend` }),
      owner: { status: 201 },
      foreign: unknown,
    },
  ],
  'GET /api/admin/events': [
    {
      request: () => ({ url: '/api/admin/events?limit=200' }),
      owner: { status: 200, contains: ({ event }) => event },
      foreign: { status: 200 },
    },
  ],
  'GET /api/admin/alerts': [
    {
      request: () => ({ url: '/api/admin/alerts' }),
      owner: { status: 200, contains: ({ alert }) => alert },
      // Its own: of the webhook that it made before.
      foreign: { status: 200 },
    },
  ],
  'POST /api/admin/alerts/:id/acknowledge': [
    {
      request: ({ alert }) => ({ url: `/api/admin/alerts/${alert}/acknowledge` }),
      owner: { status: 200 },
      foreign: unknown,
    },
  ],
  'GET /api/admin/alert-rules': [
    {
      request: () => ({ url: '/api/admin/alert-rules' }),
      owner: { status: 200, contains: ({ rule }) => rule.name },
      // Its own: of the webhook that it made before.
      foreign: { status: 200 },
    },
  ],
  'POST /api/admin/alert-rules': [
    {
      request: () => ({ url: '/api/admin/alert-rules', payload: { metric: 'spoof-attempts' } }),
      owner: { status: 201 },
      foreign: { status: 201 },
    },
  ],
  'PATCH /api/admin/alert-rules/:id': [
    {
      request: ({ rule }) => ({ url: `/api/admin/alert-rules/${rule.id}`, payload: { threshold: 7 } }),
      owner: { status: 200 },
      foreign: unknown,
    },
  ],
  'DELETE /api/admin/alert-rules/:id': [
    {
      request: ({ spareRule }) => ({ url: `/api/admin/alert-rules/${spareRule}` }),
      owner: { status: 204 },
      foreign: unknown,
    },
  ],
  'GET /api/admin/grants': [
    {
      // An organization's grants hold for both of its worlds.
      request: () => ({ url: '/api/admin/grants' }),
      owner: { status: 200, contains: ({ grant }) => grant.note },
      foreign: { status: 200 },
    },
  ],
};
