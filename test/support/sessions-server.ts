import { createAccess, type NewKey } from '../../service/engine/accounts/index.ts';
import { createApiEnd } from '../../service/engine/live/index.ts';
import { createMetrics } from '../../service/http/metrics.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { operator, startEngine } from './engine.ts';
import { openEventsOut } from './events-out.ts';
import { analysisOf, direction } from './faces.ts';
import { frameNamed, liveSessionsOver, scriptedChallenges } from './live-sessions.ts';
import { operatorParts } from './operator-parts.ts';

/** Every door on a port, with live sessions whose challenges are scripted. */
export async function startSessionsServer() {
  const engine = await startEngine({ start: Date.now() });
  const eventsOut = await openEventsOut(engine);
  await engine.installPad();
  const access = createAccess({ ...engine, log: silentLog, refusals: engine.limits.refusals });
  const { events, personTokens, uniqueness } = engine;
  const liveSessions = liveSessionsOver(engine, {
    uniqueness,
    challenges: scriptedChallenges(),
    handlers: { api: createApiEnd({ events, passes: personTokens.passes, callbacks: eventsOut.callbacks }) },
  });
  const parts = { ...engine, ...eventsOut, ...operatorParts, access, liveSessions, log: silentLog };
  const metrics = createMetrics({ processMetrics: false });
  const app = await createPublicServer({ ...parts, metrics }, { trustedProxies: [] });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  let frames = 0;

  async function send(path: string, credential: string, body: object) {
    const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
    const reply = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await reply.json()) as Record<string, string>;
  }

  return {
    engine,
    access,
    app,
    base,
    send,
    async newKey(more: Partial<NewKey> = {}): Promise<string> {
      const order = { organization: engine.organization, world: 'live', scopes: ['sessions'], ...more };
      return (await access.createKey(order as NewKey, operator)).key;
    },
    /** The person at `verifyUrl` agrees, and shows the face until the challenge is over. */
    async pass(verifyUrl: string, face = direction('ada')): Promise<void> {
      const url = new URL(verifyUrl);
      const token = url.hash.slice(1);
      const path = `/api/v1/sessions/${url.searchParams.get('client')}/signals`;
      const { page } = await liveSessions.describe(token);
      let answer = await send(path, token, { consent: { textVersion: page.consent.version } });
      for (let i = 0; i < 12 && answer.next === 'frames'; i++) {
        const name = `frame ${++frames}`;
        const bytes = frameNamed(name);
        const analysis = analysisOf(name, { embeddings: { 'a-net': face }, live: 0.99 });
        engine.analyzer.show(new TextDecoder().decode(bytes), analysis);
        engine.advance(100);
        const image = Buffer.from(bytes).toString('base64');
        answer = await send(path, token, { frames: [{ image, time: engine.clock.now() }] });
      }
      // `wait`: the attempt is judged; finalize waits for it.
      if (answer.next !== 'finalize' && answer.next !== 'wait')
        throw new Error(`The person did not finish: ${JSON.stringify(answer)}`);
    },
    async stop(): Promise<void> {
      await app.close();
      await access.settled();
      await engine.stop();
    },
  };
}

export type SessionsServer = Awaited<ReturnType<typeof startSessionsServer>>;
