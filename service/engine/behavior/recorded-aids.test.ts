import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { beat, type HeartbeatState } from './heartbeat.ts';
import { judgeBehavior } from './judge.ts';
import { researchModel } from './model/behavior-model.ts';
import { contradictions } from './rules.ts';
import { SessionData } from './session-data.ts';

/** What the collector measured in Chromium with a window of its own on Xvfb (`test/bots/aids`); `how` says what pressed. */
const recorded = readFileSync(new URL('recorded-aids.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { name: string; how: string; data: unknown });

/** Slow and uneven keys, presses that are held, and a field that the browser filled: nothing in these is of a program. */
const asByHand = (name: string): boolean => /^on-screen keyboard|mousetweaks|^autofill/.test(name);

describe.each(recorded)('$name', ({ name, data }) => {
  const window = SessionData.parse(data);

  test('agrees with itself', () => {
    expect(contradictions(window)).toEqual([]);
  });

  test.each([
    ['rules alone', {}],
    ['the learned layer', { model: researchModel }],
  ])('is of a person for %s, and no heartbeat blocks it', (_, context) => {
    const judged = judgeBehavior(window, context);
    expect(judged).toMatchObject({
      human: true,
      assistive: !asByHand(name),
      agent: { is_agent: false, agent_confidence: 0, signals: [] },
    });
    if (judged.assistive) expect(judged.confidence).toBe(0.5);
    let state: HeartbeatState | undefined;
    for (let beats = 0; beats < 20; beats++) {
      const seen = beat(state, judged, 95);
      expect(seen.action).not.toBe('block');
      state = seen.state;
    }
  });
});
