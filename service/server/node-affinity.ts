import type { Gatehouse } from '../compose/compose.ts';
import { fromCookie } from '../doors/jobs/session-cookie.ts';
import type { NodeAffinity, RouteAffinity, RoutedRequest } from '../http/nodes/node-affinity.ts';
import { isCapability, isKioskToken } from '../http/sign-in/person-sessions.ts';
import { tagIn } from '../lib/node-tag.ts';

type NodeAffinityDeps = Pick<Gatehouse, 'behaviorChallenges' | 'liveSessions' | 'kiosks' | 'modelChanges'>;

const bearerOf = ({ headers }: RoutedRequest): string =>
  /^Bearer\s+(\S{1,200})$/i.exec(headers.authorization ?? '')?.[1] ?? String(headers['x-api-key'] ?? '');
const fieldOf = (from: unknown, name: string): string => {
  const value = (from as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' ? value : '';
};

/** All that one node alone has in memory, by the routes that need it: which node it is stands in the row, the link, the id or the cookie. */
export function createNodeAffinity({
  behaviorChallenges,
  liveSessions,
  kiosks,
  modelChanges,
}: NodeAffinityDeps): NodeAffinity {
  const ofSession = async (token: string) =>
    isCapability(token) ? liveSessions.nodeOfToken(token) : undefined;
  const bySession: RouteAffinity = { head: (request) => ofSession(bearerOf(request)) };
  const bySessionId: RouteAffinity = { head: ({ params }) => liveSessions.nodeOf(fieldOf(params, 'id')) };
  const inBody = (name: string): RouteAffinity => ({ body: async ({ body }) => tagIn(fieldOf(body, name)) });
  const pairing: RouteAffinity = { isHere: ({ params }) => kiosks.hasPairing(fieldOf(params, 'id')) };
  /** Where the request names the person of a challenge, every node answers it. */
  const namesPerson = ({ body }: RoutedRequest) => {
    const challenge = fieldOf(body, 'challenge_id');
    return challenge === '' || fieldOf(body, 'userId') !== '' || behaviorChallenges.knows(challenge);
  };
  const boardSession = ({ headers }: RoutedRequest) => tagIn(fromCookie(headers.cookie));

  return {
    async always(request) {
      const credential = bearerOf(request);
      if (isKioskToken(credential)) return tagIn(credential);
      const { url = '' } = request.routeOptions;
      return /^\/jobs(\/(?!open\/)|$)/.test(url) ? boardSession(request) : undefined;
    },
    routes: {
      '/api/live/state': bySession,
      '/api/live/finalize': bySession,
      '/api/live/behavior': bySession,
      '/api/live/deny': bySession,
      '/api/live/frames': { ...bySession, socket: ofSession },
      '/api/live/handover': { body: ({ body }) => ofSession(fieldOf(body, 'token')) },
      '/api/live/handover/describe': inBody('link'),
      '/api/live/handover/accept': inBody('link'),
      '/api/v1/sessions/:id/signals': bySessionId,
      '/api/v1/sessions/:id/finalize': bySessionId,
      '/api/v1/widget/sessions/:id/signals': bySessionId,
      '/api/v1/widget/sessions/:id/finalize': bySessionId,
      '/api/v1/challenge/create': { isHere: namesPerson },
      '/api/v1/challenge/verify': { isHere: namesPerson },
      '/api/captures/live': { socket: tagIn },
      '/api/captures/frames': { head: async ({ headers }) => tagIn(headers['x-capture-token']) },
      '/mcp/messages': { head: async ({ query }) => tagIn(fieldOf(query, 'sessionId')) },
      '/jobs/open/:token': { head: async ({ params }) => tagIn(fieldOf(params, 'token')) },
      '/api/kiosk/pair': { isHere: ({ body }) => kiosks.knowsCode(fieldOf(body, 'code')) },
      '/api/kiosk/pair/outcome': inBody('claim'),
      '/api/kiosk/challenge': { body: ({ body }) => kiosks.nodeOf(fieldOf(body, 'kiosk')) },
      '/api/kiosk/session': inBody('challenge'),
      '/api/kiosk/left': inBody('token'),
      '/api/admin/kiosk-pairings/:id': pairing,
      '/api/admin/kiosk-pairings/:id/confirm': pairing,
      '/api/admin/works': { gathers: true },
      '/api/admin/models/files/:file/import': {
        isHere: ({ params }) => modelChanges.isStaged(fieldOf(params, 'file')),
      },
      '/api/admin/models/dry-run': { isHere: ({ body }) => stagedIn(body).every(modelChanges.isStaged) },
    },
  };
}

/** Ids of the staged files that changes name. */
function stagedIn(body: unknown): string[] {
  const { changes } = body as { changes: readonly object[] };
  return changes.map((change) => fieldOf(change, 'staged')).filter((id) => id !== '');
}
