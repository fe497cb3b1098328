import type { AddressInfo } from 'node:net';
import { createLiveDoor } from '../../service/doors/live/index.ts';
import { pageConsent, type SessionDecision } from '../../service/engine/live/index.ts';
import {
  type Challenges,
  challengeRules,
  createChallenge,
  drawChallenge,
  movementIn,
} from '../../service/engine/matching/index.ts';
import { createServer } from '../../service/http/server.ts';
import { openWebSockets } from '../../service/http/web-sockets.ts';
import type { FaceAnalyzer } from '../../service/inference/workers/face-analyzer.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { challengeAnalysis, challengeModels, type HeadScript } from '../support/challenge-frames.ts';
import { type Engine, key, startEngine } from '../support/engine.ts';
import { frameNamed, liveSessionsOver } from '../support/live-sessions.ts';
import { recordedAccess } from '../support/recorded-access.ts';

/** The door of live sessions with the judge of the product; pictures say themselves what they show, so that no net runs. */
export interface LiveBox {
  engine: Engine;
  url: string;
  /** Begun: the person has agreed. */
  session(): Promise<{ id: string; token: string }>;
  /** Of the row. */
  decisionOf(id: string): Promise<SessionDecision | undefined>;
  /** Lines of the audit log in which it was decided. */
  decisionsOf(id: string): Promise<number>;
  /** As the challenges are drawn from now on: the same again for the same number. */
  draw(seed: number): void;
  stop(): Promise<void>;
}

/** A frame that shows a head; no two are the same. */
export function pictureOf(script: HeadScript, name: string): Uint8Array {
  return frameNamed(JSON.stringify({ name, script }));
}

const HEAD = frameNamed('').length - 24;

const analyzer: FaceAnalyzer = {
  async analyze(picture, { embedders }) {
    const { name, script } = JSON.parse(Buffer.from(picture).subarray(HEAD).toString()) as {
      name: string;
      script: HeadScript & { noFace?: true };
    };
    const analysis = challengeAnalysis(name, script, embedders.length > 0 ? 'identity' : 'landmarks');
    const { face: _, ...faceless } = analysis;
    return script.noFace ? { ...faceless, faces: [] } : analysis;
  },
};

export async function startLiveBox(): Promise<LiveBox> {
  const engine = await startEngine();
  let random = bytesOf(1);
  const challenges: Challenges = {
    // The drawn head moves in the same way in each session: test/attacks/live-repeats.test.ts is about that.
    rules: () => ({ ...challengeRules(), repeats: 'record' }),
    begin: (rules, _, path) => createChallenge(drawChallenge(rules, path, random), challengeModels),
    movementIn,
  };
  const liveSessions = liveSessionsOver(engine, { challenges, analyzer });
  const app = createServer({ access: recordedAccess(), ids: createIds(engine.clock), log: silentLog });
  await openWebSockets(app);
  await app.register(createLiveDoor({ liveSessions, log: silentLog, resolvers: {} }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const realm = { organization: engine.organization, world: 'test' as const };
  const page = { consent: pageConsent({ name: 'Acme' }, 'none') };
  return {
    engine,
    url: `http://127.0.0.1:${port}`,
    async session() {
      const expiresAt = engine.clock.now() + 600_000;
      const opened = {
        consent: { version: page.consent.version },
        path: { flash: true, motion: true },
        device: {},
      };
      return liveSessions.create({ flow: 'api', realm, actor: key, match: 'none', expiresAt, page, opened });
    },
    decisionOf: async (id) => (await liveSessions.find(realm, id))!.decision,
    async decisionsOf(id) {
      const lines = await engine.db
        .selectFrom('audit')
        .select('seq')
        .where('target', '=', id)
        .where('action', '=', 'session.decide')
        .execute();
      return lines.length;
    },
    draw(seed) {
      random = bytesOf(seed);
    },
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await engine.stop();
    },
  };
}

/** Bytes by chance, the same for a seed. */
function bytesOf(seed: number): (into: Uint8Array) => void {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (into) => {
    for (let i = 0; i < into.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      into[i] = state >>> 11;
    }
  };
}
