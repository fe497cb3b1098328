import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenWindows } from '../../../../test/accuracy/golden-windows.ts';
import { personWindow, programWindow } from '../../../../test/support/behavior-windows.ts';
import { judgeBehavior } from '../judge.ts';
import { researchModel } from './behavior-model.ts';

describe('the research model', () => {
  const golden = JSON.parse(
    readFileSync(new URL('./research-golden.json', import.meta.url), 'utf8'),
  ) as number[];

  it('is the file that was accepted, and says why its licence is doubtful', () => {
    const sha256 = createHash('sha256').update(JSON.stringify(researchModel)).digest('hex');
    expect(sha256).toBe('e639021d7fb18c767dea3092c52c0dc56226cedc79750354d6bfc641aeea10f3');
    expect(researchModel.trained).toMatchObject({
      on: ['balabit', 'sapimouse', 'simulated', 'webbot', 'zoo'],
    });
    expect(researchModel.trained.doubt).toContain('published for research');
    expect(researchModel.trained.generators.filter((name) => name.includes('replay'))).toEqual([]);
  });

  it('scores 200 shapes as the trainer did', () => {
    const scores = goldenWindows().map(
      (mouse) =>
        judgeBehavior(personWindow({ mouse: { ...mouse, n: 10 } }), { model: researchModel }).parts.mouse!.z,
    );
    expect(scores.map((z) => Math.round(z * 1e5) / 1e5)).toEqual(golden);
  });

  it('knows no figure that names the recorder: event times, absolute speed, rest', () => {
    const timing = ['rate', 'coal', 'dwell', 'press', 'act', 'idleN', 'idleMed', 'winMs', 'n', 'eq'];
    expect(researchModel.features.filter((name) => timing.includes(name))).toEqual([]);
  });

  it('does not change with the rate of events', () => {
    const at = (rate: number | null) =>
      judgeBehavior(personWindow({ env: { ...personWindow().env, rate } }), { model: researchModel });
    for (const rate of [1, 8, 16, 33, 60, 110, null]) expect(at(rate)).toEqual(at(8.3));
  });

  it('is not used unless it is passed', () => {
    expect(judgeBehavior(personWindow()).parts.mouse).toBeUndefined();
    expect(judgeBehavior(programWindow(), { model: researchModel }).human).toBe(false);
  });
});
