import { randomFillSync } from 'node:crypto';
import { createStillValid } from '../../service/compose/live.ts';
import { createVerifyToken, type PersonTokens } from '../../service/engine/accounts/index.ts';
import {
  createApiEnd,
  createOrders,
  createSessions,
  type FlowHandler,
  type OrdersDeps,
  type SessionFlow,
} from '../../service/engine/live/index.ts';
import {
  type Assurance,
  type Challenge,
  type ChallengeReason,
  type ChallengeRules,
  type Challenges,
  challengeRules,
  type Evidence,
} from '../../service/engine/matching/index.ts';
import { humannessOfLiveness } from '../../service/engine/uniqueness/index.ts';
import type { Checks } from '../../service/engine/verification/index.ts';
import type { Analysis } from '../../service/inference/face.ts';
import type { Clock } from '../../service/lib/clock.ts';
import { analysisOf, direction } from './faces.ts';

/** Bytes with the head of a JPEG of 640 x 480, and a name: frames of scripted sessions. */
export function frameNamed(name: string, { width = 640, height = 480 } = {}): Uint8Array {
  const head = Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3, 0, 0, 0]);
  head.writeUInt16BE(height, 7);
  head.writeUInt16BE(width, 9);
  return Buffer.concat([head, Buffer.from(name.padEnd(24, ' '))]);
}

/** What the challenges that begin from now on find, and what their profile says. */
export interface Script extends Partial<Omit<ChallengeRules, 'repeats'>> {
  steps: number;
  passed: boolean;
  reasons: ChallengeReason[];
  assurance: Assurance;
  score: number;
  /** How the face moves, packed. */
  movement?: Uint8Array;
  refusesRepeats?: boolean;
  /** No step is revealed. */
  unsettled?: boolean;
  evidence?: Evidence[];
}

/** Challenges in which each frame completes a step; what they find is scripted. */
export function scriptedChallenges(): Challenges & {
  script: Script;
  begun: number;
  /** Sequences that the last one was not to repeat. */
  before: readonly (readonly string[])[];
} {
  const script: Script = { steps: 3, passed: true, reasons: [], assurance: 'active', score: 0.9 };
  const challenges: ReturnType<typeof scriptedChallenges> = {
    script,
    begun: 0,
    before: [],
    rules: () => ({
      ...challengeRules(),
      ...script,
      count: script.steps,
      repeats: script.refusesRepeats === false ? 'record' : 'refuse',
    }),
    begin(_, __, ___, before) {
      challenges.begun++;
      challenges.before = before;
      return scriptedChallenge({ ...script });
    },
    movementIn: (movement) => (earlier) => Buffer.from(movement).equals(earlier),
  };
  return challenges;
}

function scriptedChallenge(script: Script): Challenge {
  const seen: Analysis[] = [];
  const isComplete = () => seen.length >= script.steps;
  return {
    get phase() {
      return isComplete() ? 'over' : 'running';
    },
    get step(): Challenge['step'] {
      return script.unsettled || isComplete()
        ? undefined
        : { index: seen.length, of: script.steps, name: 'hold-still', holdMs: 500, limitMs: 5000 };
    },
    needs: 'identity',
    follow: undefined,
    observe({ analysis }) {
      seen.push(analysis);
      const over = isComplete();
      return { state: over ? (script.passed ? 'passed' : 'failed') : 'running', progress: over ? 1 : 0 };
    },
    result() {
      const last = seen.at(-1);
      return {
        passed: isComplete() && script.passed,
        score: script.score,
        assurance: script.assurance,
        evidence: script.evidence ?? [],
        completed: seen.length,
        reasons: isComplete() ? script.reasons : [script.unsettled ? 'NOT_SETTLED' : 'UNFINISHED'],
        spent: !script.unsettled || seen.length === 0,
        durationMs: 1000,
        ...(last?.face && {
          identity: { embeddings: last.face.embeddings, analysis: last, frames: [] },
        }),
        frameHashes: seen.map(({ pixelHash }) => pixelHash),
        ...(script.movement && { movement: script.movement }),
      };
    },
  };
}

/** What live sessions take from an engine. */
type SessionsEngine = Omit<
  Parameters<typeof createSessions>[0],
  'workers' | 'workTime' | 'verifyLive' | 'refusedNow' | 'challenges' | 'handlers'
> &
  Parameters<typeof createApiEnd>[0] & { checks: Pick<Checks, 'verifyLive' | 'refusedNow'> };

/** Live sessions over an engine, with scripted challenges. */
export function liveSessionsOver(
  { uniqueness: _, ...engine }: SessionsEngine,
  over: Partial<Parameters<typeof createSessions>[0]> = {},
) {
  return createSessions({
    ...engine,
    workers: 2,
    workTime: () => 0,
    verifyLive: engine.checks.verifyLive,
    refusedNow: engine.checks.refusedNow,
    challenges: scriptedChallenges(),
    handlers: { api: createApiEnd(engine) },
    ...over,
  });
}

/** What a person before a scripted session needs. */
interface ScriptedScene {
  engine: {
    clock: Clock;
    advance(milliseconds: number): void;
    analyzer: { show(picture: string, analysis: Analysis): void };
  };
  sessions: ReturnType<typeof liveSessionsOver>;
  challenges: { script: Pick<Script, 'steps'> };
}

let framesShown = 0;

/** One attempt of a person up to its end, each frame a new one. */
export async function attempt(
  { engine, sessions, challenges }: ScriptedScene,
  token: string,
  face = direction('ada'),
): Promise<void> {
  const link = await sessions.connect(token);
  await link.start();
  for (let i = 0; i < challenges.script.steps; i++) {
    engine.advance(100);
    const name = `frame ${++framesShown}`;
    const bytes = frameNamed(name);
    const shown = analysisOf(name, { embeddings: { 'a-net': face }, live: 0.99 });
    engine.analyzer.show(new TextDecoder().decode(bytes), shown);
    await link.submitFrame(bytes, engine.clock.now());
  }
  await sessions.finalizeByToken(token).catch(() => {});
  link.close();
}

type FlowsEngine = SessionsEngine &
  Omit<OrdersDeps, 'sessions' | 'tokens' | 'humannessOf' | 'random'> & {
    personTokens: PersonTokens;
    uniqueness: NonNullable<SessionsEngine['uniqueness']>;
  };

/** The flows over live sessions of an engine, as the service has them. */
export function openFlows(engine: FlowsEngine) {
  const { passes } = engine.personTokens;
  const handlers: Partial<Record<SessionFlow, FlowHandler>> = { api: createApiEnd({ ...engine, passes }) };
  const liveSessions = liveSessionsOver(engine, { handlers, uniqueness: engine.uniqueness });
  const orders = createOrders({
    ...engine,
    tokens: engine.personTokens,
    sessions: liveSessions,
    humannessOf: (liveness) => humannessOfLiveness(liveness).score,
    random: randomFillSync,
  });
  Object.assign(handlers, orders.handlers);
  const { presence, hosted, registrations } = orders;
  return {
    liveSessions,
    orders,
    presence,
    hosted,
    registrations,
    verifyToken: createVerifyToken({ ...engine, stands: createStillValid({ presence, liveSessions }) }),
  };
}
