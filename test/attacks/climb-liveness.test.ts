import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CheckResult } from '../../service/engine/matching/index.ts';
import type { FaceAnalyzer } from '../../service/inference/workers/face-analyzer.ts';
import { Problem } from '../../service/lib/problem.ts';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { createNormal } from '../support/normal.ts';
import { fullSize } from './size.ts';

/** Recaptures of one enrolled person, and calls that each is given. */
const [RECAPTURES, CALLS] = fullSize ? [10, 2000] : [2, 200];
/** What an attacker can turn: brightness, blur, crop, noise, … */
const KNOBS = 40;
const person = direction('victim');

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
  await engine.installPad();
});
afterEach(() => engine.stop());

/** A picture is its knobs: its live score rises and falls with them as a PAD model's does, from far below the threshold. */
const pictureOf = (start: number, knobs: readonly number[]) =>
  new TextEncoder().encode(JSON.stringify([start, ...knobs.map((value) => Math.round(value * 1e6) / 1e6)]));

const analyzer: FaceAnalyzer = {
  async analyze(picture) {
    const [start, ...knobs] = JSON.parse(new TextDecoder().decode(picture)) as number[];
    const margin = start! + knobs.reduce((sum, value, i) => sum + (i % 2 === 0 ? 0.3 : -0.3) * value, 0);
    const name = createHash('sha256').update(picture).digest('hex');
    return analysisOf(name, {
      embeddings: { 'a-net': near(person, 0.95, name) },
      live: 1 / (1 + Math.exp(-margin)),
    });
  },
};

/** The liveness score as shown to a caller; 0 where it is not shown. */
const scoreIn = (results: readonly CheckResult[]) =>
  results.find(({ check }) => check === 'liveness')?.score ?? 0;

type Asked = { verified: true } | { verified: false; score: number; wait: number };

test.each([
  ['1:N', undefined],
  ['1:1', 'victim@example.com'],
])(
  'a recapture cannot be changed until it passes for a person, %s',
  async (_, email) => {
    const checks = engine.openChecks({ analyzer });
    const common = { organization: engine.organization, world: 'live' as const };
    await checks.enroll({
      ...common,
      email: 'victim@example.com',
      picture: pictureOf(9, []),
      actor: operator,
    });

    async function ask(picture: Uint8Array): Promise<Asked> {
      try {
        const verdict = await checks.verify({
          ...common,
          picture,
          address: '192.0.2.7',
          actor: key,
          ...(email === undefined ? {} : { email }),
        });
        if (verdict.verified) return { verified: true };
        return { verified: false, score: scoreIn(verdict.checkResults), wait: 0 };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        const { checkResults = [], retryAfterSeconds = 0 } = error.extra;
        return { verified: false, score: scoreIn(checkResults as CheckResult[]), wait: retryAfterSeconds };
      }
    }

    let accepted = 0;
    for (let recapture = 0; recapture < RECAPTURES; recapture++) {
      const normal = createNormal(recapture + 1);
      const start = -5 + 0.3 * recapture;
      let best = { knobs: Array.from({ length: KNOBS }, () => 0), score: 0 };
      for (let call = 0; call < CALLS; call++) {
        // As patient as the answers ask.
        engine.advance(7000);
        const knobs = best.knobs.map((value) => Math.min(1, Math.max(-1, value + 0.3 * normal())));
        const answer = await ask(pictureOf(start, knobs));
        if (answer.verified) {
          accepted += 1;
          break;
        }
        if (answer.score > best.score) best = { knobs, score: answer.score };
        engine.advance(answer.wait * 1000);
      }
    }
    expect(accepted).toBe(0);
  },
  600_000,
);

test('a refusal reads the same however near it came', async () => {
  const checks = engine.openChecks({ analyzer });
  const common = { organization: engine.organization, world: 'live' as const };
  await checks.enroll({ ...common, email: 'victim@example.com', picture: pictureOf(9, []), actor: operator });
  const refusals = [];
  for (const start of [-9, -3, -0.05]) {
    const refusal = await checks
      .verify({ ...common, picture: pictureOf(start, []), actor: key })
      // Its id is of each its own, and only the admin door gives it out.
      .catch(({ code, message, extra: { verification: _, ...extra } = {} }: Problem) => ({
        code,
        message,
        extra,
      }));
    refusals.push(refusal);
  }
  const [first, ...others] = refusals;
  expect(first).toMatchObject({ code: 'CHECK_FAILED' });
  for (const other of others) expect(other).toEqual(first);
});
