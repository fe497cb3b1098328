import { randomFillSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createIdentityDoor } from '../../service/doors/identity/index.ts';
import { createMcpDoor } from '../../service/doors/mcp/index.ts';
import { createPresenceDoor } from '../../service/doors/presence/index.ts';
import { createAccess, type NewKey } from '../../service/engine/accounts/index.ts';
import { createOwnHosts } from '../../service/http/listening/own-hosts.ts';
import { createServer, type ServerLimits } from '../../service/http/server.ts';
import type { SessionId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { operator, startEngine } from './engine.ts';
import { analysisOf, direction, near } from './faces.ts';
import { begin, openPresence } from './presence.ts';

/** The doors of identity, presence and MCP on a port, with keys as they are, and live sessions that a test decides. */
export async function startPresenceServer(limits: Partial<ServerLimits> = {}) {
  const engine = await startEngine();
  await engine.installPad();
  const room = openPresence(engine);
  const access = createAccess({ ...engine, log: silentLog });
  const hosts = createOwnHosts({ listen: '127.0.0.1', allowed: [] });
  const app = createServer({
    access,
    admission: engine.limits,
    hosts,
    ids: engine.ids,
    log: silentLog,
    limits,
  });
  /** What is done in place of waiting. */
  const waiting = { now: async (): Promise<unknown> => undefined };
  await app.register(createIdentityDoor({ checks: engine.checks }));
  await app.register(createPresenceDoor({ presence: room.presence }));
  await app.register(
    createMcpDoor({
      presence: room.presence,
      limits: engine.limits,
      version: '1.2.3',
      random: randomFillSync,
      wait: async () => void (await waiting.now()),
    }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

  return {
    engine,
    room,
    access,
    app,
    base,
    waiting,
    async newKey(more: Partial<NewKey> = {}): Promise<string> {
      const order = {
        organization: engine.organization,
        world: 'live',
        scopes: ['presence'],
        ...more,
      } as const;
      return (await access.createKey(order as NewKey, operator)).key;
    },
    /** A picture that the engine knows, as base64. */
    picture(name: string, whose = 'alice@example.com'): string {
      const embeddings = {
        'a-net': near(direction(whose), 0.97, name),
        'b-net': near(direction(`${whose} b`, 64), 0.97, name),
      };
      engine.analyzer.show(name, analysisOf(name, { embeddings, live: 0.99 }));
      return Buffer.from(name).toString('base64');
    },
    /** The person opens the link and is recognized. */
    async recognize(verifyUrl: string): Promise<void> {
      const { sessionId } = await room.presence.links.begin(linkOf(verifyUrl), begin);
      const email = 'alice@example.com';
      const known = await engine.subjects.find({ organization: engine.organization, world: 'live' }, email);
      const id = known?.id ?? ('sub_alice' as SubjectId);
      if (!known) await engine.sealer.createPerson(engine.organization, id).catch(() => undefined);
      await room.decide(sessionId as SessionId, { decision: 'approved', person: { id, email } });
    },
    async stop(): Promise<void> {
      await app.close();
      await access.settled();
      await engine.stop();
    },
  };
}

export const linkOf = (verifyUrl: string): string => verifyUrl.split('/').at(-1)!;

export type PresenceServer = Awaited<ReturnType<typeof startPresenceServer>>;
