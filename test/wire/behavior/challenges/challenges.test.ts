import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBehaviorDoor } from '../../../../service/doors/behavior/index.ts';
import { AnswerReply, ChallengeReply } from '../../../../service/doors/behavior/wire-challenge.ts';
import { HeartbeatReply } from '../../../../service/doors/behavior/wire-session.ts';
import type { AnswerResult, Heartbeat, OpenedChallenge } from '../../../../service/engine/behavior/index.ts';
import { createServer } from '../../../../service/http/server.ts';
import { systemClock } from '../../../../service/lib/clock.ts';
import { createIds } from '../../../../service/lib/id.ts';
import { silentLog } from '../../../../service/lib/log.ts';
import { Problem, type ProblemCode } from '../../../../service/lib/problem.ts';
import { recordedAccess } from '../../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../../support/send.ts';

/** What the engine answers in a recording. */
interface EngineScript {
  challenge?: OpenedChallenge;
  result?: AnswerResult;
  beat?: Heartbeat;
  refuse?: { code: ProblemCode; message: string };
}

interface Recording {
  name: string;
  request: RecordedRequest;
  engine: EngineScript;
  response: RecordedResponse;
  /** What the engine was asked; [] where it must not be. */
  asked: unknown[];
}

const here = import.meta.dirname;
const recordings = readdirSync(here)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording);

function recordedEngine({ challenge, result, beat, refuse }: EngineScript) {
  const asked: unknown[] = [];
  const answer = <T>(question: object, value: T | undefined): T => {
    asked.push(JSON.parse(JSON.stringify(question)));
    if (refuse) throw new Problem(refuse.code, refuse.message);
    return value!;
  };
  const caller = ({
    organization,
    world,
    lineage,
  }: {
    organization: string;
    world: string;
    lineage: string;
  }) => ({
    organization,
    world,
    lineage,
  });
  return {
    asked,
    behaviorChallenges: {
      create: async (by, order) => answer({ operation: 'create', caller: caller(by), order }, challenge),
      answer: async (by, given, actor) =>
        answer({ operation: 'answer', caller: caller(by), given, actor }, result),
    },
    heartbeats: {
      beat: async (by, order) => answer({ operation: 'beat', caller: caller(by), order }, beat),
    },
    limits: {
      async admitUser(_: unknown, userHash: string) {
        if (userHash !== 'hash of user_flood') return;
        throw new Problem(
          'USER_FLOOD_DETECTED',
          'At most 10 requests a minute are taken about one person; try again later.',
          { retryAfterSeconds: 7 },
        );
      },
    },
    webhooks: undefined as never,
    alerts: undefined as never,
    verdicts: { verify: undefined as never, userHashOf: (_: unknown, userId: string) => `hash of ${userId}` },
  } satisfies Parameters<typeof createBehaviorDoor>[0] & { asked: unknown[] };
}

const replies = {
  '/api/v1/challenge/create': ChallengeReply,
  '/api/v1/challenge/verify': AnswerReply,
  '/api/v1/session': HeartbeatReply,
} as const;

describe('challenges and heartbeats, as recorded', () => {
  test('there are recordings', () => expect(recordings.length).toBeGreaterThanOrEqual(20));

  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const fake = recordedEngine(engine);
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(createBehaviorDoor(fake));
    const answer = await send(
      app,
      { ...request, headers: { 'x-request-id': 'req-recorded', ...request.headers } },
      Object.keys(response.headers ?? {}),
    );
    await app.close();
    expect(answer).toEqual(response);
    expect(fake.asked).toEqual(asked);
    if (answer.status === 200) replies[request.path as keyof typeof replies].parse(answer.body);
  });
});
