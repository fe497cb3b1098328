import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contradictions } from './consistency.ts';
import { judgeBehavior, researchModel, SessionData } from './index.ts';

/** What the collector measured in Chromium 156 with a window of its own on Xvfb, 2026-11-26; `how` says what pressed. */
const recorded = JSON.parse(readFileSync(new URL('recorded-aids.json', import.meta.url), 'utf8')) as {
  name: string;
  how: string;
  data: unknown;
}[];

test.each(recorded)('$name is assistive, and no agent', ({ data }) => {
  const window = SessionData.parse(data);
  expect(contradictions(window)).toEqual([]);
  for (const context of [{}, { model: researchModel }])
    expect(judgeBehavior(window, context)).toMatchObject({
      ...{ human: true, confidence: 0.5, assistive: true },
      agent: { is_agent: false, agent_confidence: 0, signals: [] },
    });
});
