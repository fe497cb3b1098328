import { randomBytes, randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gatehouse } from '../compose/compose.ts';
import type { Config } from '../config.ts';
import { type AdminDeps, createAdminDoor } from '../doors/admin/index.ts';
import { type AuthDeps, createAuthDoor } from '../doors/auth/index.ts';
import { behaviorWebhooks, createBehaviorDoor } from '../doors/behavior/index.ts';
import { type CapturePageDeps, createCapturePageDoor } from '../doors/capture-page/index.ts';
import { createCapturesDoor } from '../doors/captures/index.ts';
import { createConsoleDoor } from '../doors/console/index.ts';
import { createHelpDoor } from '../doors/help/index.ts';
import { createHostedDoor, hostedWebhooks } from '../doors/hosted/index.ts';
import { CheckResultReply, createIdentityDoor, identityWebhooks } from '../doors/identity/index.ts';
import { createJobsDoor, type JobsDoorDeps } from '../doors/jobs/index.ts';
import { createKioskDoor } from '../doors/kiosk/index.ts';
import { createLiveDoor } from '../doors/live/index.ts';
import { createMcpDoor } from '../doors/mcp/index.ts';
import { createMetaDoor } from '../doors/meta/index.ts';
import { createPresenceDoor } from '../doors/presence/index.ts';
import { createRegistrationsDoor, registrationsWebhooks } from '../doors/registrations/index.ts';
import { createSdkDoor } from '../doors/sdk/index.ts';
import { createSessionsDoor, sessionsWebhooks } from '../doors/sessions/index.ts';
import { createSiteverifyDoor } from '../doors/siteverify/index.ts';
import { createTokensDoor } from '../doors/tokens/index.ts';
import { createTrustDoor, type TrustDeps } from '../doors/trust/index.ts';
import type { OwnHosts } from '../http/listening/own-hosts.ts';
import type { NodeProxy } from '../http/nodes/node-proxy.ts';
import { createPages } from '../http/pages/built-pages.ts';
import { createServer, type ServerDeps } from '../http/server.ts';
import type { PersonSessions } from '../http/sign-in/person-sessions.ts';
import { openWebSockets } from '../http/web-sockets.ts';
import { defined } from '../lib/defined.ts';
import type { Log } from '../lib/log.ts';
import { productRoot } from '../lib/product-root.ts';
import { productVersion } from '../lib/version.ts';

/** What the families add to the OpenAPI document. */
export const families = {
  checkResult: CheckResultReply,
  webhooks: [
    ...identityWebhooks,
    ...sessionsWebhooks,
    ...hostedWebhooks,
    ...registrationsWebhooks,
    ...behaviorWebhooks,
  ],
};

/** Every door of the LAN port on one server, not listening yet. */
export async function createPublicServer(
  gatehouse: Pick<
    Gatehouse,
    | 'access'
    | 'captures'
    | 'liveSessions'
    | 'orders'
    | 'limits'
    | 'checks'
    | 'metrics'
    | 'clock'
    | 'ids'
    | 'log'
    | 'status'
    | 'readiness'
    | 'personTokens'
    | 'verifyToken'
    | 'idempotency'
    | 'callbacks'
    | 'position'
  > &
    AdminDeps &
    Pick<AuthDeps, 'administrators' | 'tokens' | 'setup' | 'organizations'> &
    Pick<Gatehouse, 'sessions' | 'kiosks' | 'uniqueness'> &
    Pick<Gatehouse, 'verdicts' | 'behaviorChallenges' | 'heartbeats'> &
    Partial<Pick<Gatehouse, 'gauges' | 'nodes'>>,
  {
    trustedProxies,
    metricsToken,
    hosts,
    tls,
    connections,
    jobsBoard,
    trust,
    hops,
  }: Pick<Config, 'trustedProxies'> &
    Partial<Pick<Config, 'metricsToken'>> &
    Pick<ServerDeps, 'connections'> & {
      hosts?: OwnHosts;
      tls?: NonNullable<ServerDeps['tls']>;
      /** Absent: there is no board of jobs. */
      jobsBoard?: JobsDoorDeps;
      /** Absent: there is no page that hands out the authority. */
      trust?: TrustDeps;
      /** Absent: no other node shares the record. */
      hops?: NodeProxy | undefined;
    },
): Promise<ReturnType<typeof createServer>> {
  const { access, sessions, limits, checks, metrics, gauges, clock, ids, log, status, readiness, position } =
    gatehouse;
  const app = createServer({
    access,
    sessions,
    ...defined({ kiosks: gatehouse.kiosks }),
    persons: personSessions(gatehouse.liveSessions),
    admission: limits,
    position,
    repeats: gatehouse.idempotency,
    log,
    ids,
    metrics,
    trustedProxies,
    ...defined({ hosts, connections, tls, nodes: hops }),
  });
  await openWebSockets(app, defined({ relayed: hops?.relayed }));
  await app.register(
    createMetaDoor({
      version: productVersion(),
      families,
      clock,
      log,
      metrics,
      status,
      readiness,
      ...defined({ gauges, metricsToken }),
    }),
  );
  await registerPages(app, gatehouse, log);
  await app.register(createIdentityDoor({ checks }));
  await app.register(createAuthDoor(gatehouse));
  await app.register(createTokensDoor(gatehouse));
  await app.register(createBehaviorDoor(gatehouse));
  await app.register(createSiteverifyDoor(gatehouse));
  await app.register(createAdminDoor(gatehouse));
  await app.register(createKioskDoor(gatehouse));
  await app.register(createCapturesDoor({ ...gatehouse, log }));
  await registerLiveDoors(app, gatehouse, log);
  await app.register(createSessionsDoor(gatehouse));
  if (jobsBoard) await app.register(createJobsDoor(jobsBoard));
  if (trust) await app.register(createTrustDoor(trust));
  return app;
}

/** The console, the client libraries, and the page in front of the camera. */
async function registerPages(
  app: ReturnType<typeof createServer>,
  gatehouse: Parameters<typeof frameOrigins>[0],
  log: Log,
): Promise<void> {
  const pages = createPages(join(productRoot(), 'dist/renderer'));
  await app.register(createConsoleDoor({ pages, nonce: () => randomBytes(16).toString('base64') }));
  await app.register(
    createHelpDoor({ folder: join(productRoot(), 'dist/renderer/help'), version: productVersion() }),
  );
  const clients = join(productRoot(), 'dist/clients');
  await app.register(createSdkDoor({ pages, clients, version: productVersion() }));
  await app.register(createCapturePageDoor({ pages, originsOf: frameOrigins(gatehouse), log }));
}

/** Of people in front of a camera, and of programs that ask for them. */
async function registerLiveDoors(
  app: ReturnType<typeof createServer>,
  gatehouse: Pick<Gatehouse, 'liveSessions' | 'orders' | 'limits'> & Partial<Pick<Gatehouse, 'nodes'>>,
  log: Log,
): Promise<void> {
  const { orders, limits, nodes } = gatehouse;
  await app.register(createPresenceDoor(orders));
  await app.register(createHostedDoor(orders));
  await app.register(createRegistrationsDoor(orders));
  await app.register(
    createMcpDoor({
      presence: orders.presence,
      limits,
      version: productVersion(),
      random: randomFillSync,
      tag: nodes?.here.tag,
      wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
    }),
  );
  await app.register(createLiveDoor({ ...gatehouse, log, resolvers: orders.links }));
}

/** Sessions that were created through the API: their browsers post signals and finalize. */
export const personSessions = (liveSessions: Pick<Gatehouse['liveSessions'], 'holder'>): PersonSessions => ({
  async byToken(token) {
    const holder = await liveSessions.holder(token);
    if (holder?.flow !== 'api') return undefined;
    const { id, realm, browserOrigins } = holder;
    return { is: 'session', kind: 'sessions', session: id, ...realm, origins: browserOrigins };
  },
});

/** Origins whose pages may open or embed the page at an address; undefined for a link that is not there. */
export const frameOrigins =
  ({ liveSessions, orders }: Pick<Gatehouse, 'liveSessions' | 'orders'>): CapturePageDeps['originsOf'] =>
  async (place) => {
    if ('session' in place) return liveSessions.originsOf(place.session);
    return place.kind === 'handover' ? [] : orders.links[place.kind].originsOf(place.token);
  };
