import { describe, expect, it } from 'vitest';
import { beat, type HeartbeatState } from './heartbeat.ts';
import { type Judgement, judgeBehavior } from './judge.ts';

const softRule = { name: 'teleport_clicks', logOdds: -2.2 };
/** Under 50 by a soft rule. */
const judgement = (score: number, changes: Partial<Judgement> = {}): Judgement => ({
  confidence: score / 100,
  human: score >= 50,
  score,
  logOdds: 0,
  evidence: 2,
  hardRule: false,
  assistive: false,
  notes: [],
  parts: { rules: score < 50 ? [softRule] : [] },
  ...changes,
});
const byMovements = (score: number, ratio: number): Judgement =>
  judgement(score, { parts: { rules: [], mouse: { z: -1, logOdds: -1, ratio } } });

function run(scores: readonly (number | Judgement)[], baseline: number) {
  let state: HeartbeatState | undefined;
  return scores.map((one) => {
    const seen = beat(state, typeof one === 'number' ? judgement(one) : one, baseline);
    state = JSON.parse(JSON.stringify(seen.state)) as HeartbeatState;
    return seen;
  });
}

describe('a heartbeat', () => {
  it('starts from the verify and follows the windows by their evidence', () => {
    const [first, second] = run([90, judgement(40, { evidence: 0.2 })], 80);
    expect(first).toMatchObject({ score: 84, confidence: 0.84, delta: 4, anomaly: false, action: 'allow' });
    expect(second).toMatchObject({ score: 80, delta: 0, anomaly: false });
  });

  it('lets nothing fade that movements have added up to while there are no movements', () => {
    const synthetic = judgement(40, {
      human: false,
      parts: { rules: [], mouse: { z: -2, logOdds: -2, ratio: -3 } },
    });
    const beats = run([...Array(4).fill(synthetic), ...Array(9).fill(judgeBehavior(undefined))], 90);
    expect(beats[3]).toMatchObject({ action: 'block' });
    expect(beats.slice(4).map(({ action }) => action)).toEqual(Array(9).fill('block'));
  });

  it('keeps its score without data', () => {
    const beats = run([judgeBehavior(undefined), judgeBehavior(undefined)], 92);
    for (const one of beats)
      expect(one).toMatchObject({ score: 92, delta: 0, anomaly: false, notes: ['insufficient_data'] });
  });

  it('is an anomaly over 28 points of drop, not at 28, and flags', () => {
    // 95 → 0.6 · 95 + 0.4 · x
    expect(run([25], 95)[0]).toMatchObject({ score: 67, delta: -28, anomaly: false, action: 'allow' });
    expect(run([22], 95)[0]).toMatchObject({ score: 66, delta: -29, anomaly: true, action: 'flag' });
  });

  it('blocks under 30, and not at 30', () => {
    expect(run([5], 46)[0]).toMatchObject({ score: 30, delta: -16, anomaly: false, action: 'allow' });
    expect(run([2], 46)[0]).toMatchObject({ score: 28, anomaly: true, action: 'block' });
  });

  it('never blocks a window of assistive technology, whatever movements added up to before', () => {
    const synthetic = byMovements(40, -3);
    const aided = judgement(50, { assistive: true, evidence: 0.5 });
    const beats = run([...Array(4).fill({ ...synthetic, human: false }), ...Array(4).fill(aided)], 50);
    expect(beats[3]).toMatchObject({ action: 'block' });
    for (const one of beats.slice(4)) expect(one.action).not.toBe('block');
    expect(run(Array(20).fill(aided), 95).map(({ action }) => action)).toEqual(Array(20).fill('allow'));
  });

  it('blocks on a hard rule at once', () => {
    const hit = judgement(2, { hardRule: true, evidence: 0.1, notes: ['bot_typing'] });
    expect(run([95, hit], 95)[1]).toMatchObject({
      score: 2,
      delta: -93,
      anomaly: true,
      action: 'block',
      notes: ['bot_typing'],
    });
  });

  it('is an anomaly wherever a hard rule blocks, also where the rest of the window is good', () => {
    const hit = judgement(69, { hardRule: true, notes: ['teleport_clicks'] });
    const [blocked, after] = run([hit, 90], 50);
    expect(blocked).toMatchObject({ score: 29, delta: -21, anomaly: true, action: 'block' });
    expect(after).toMatchObject({ anomaly: false, action: 'allow' });
  });

  it('reports the fall from the session’s own level where the verify knew less', () => {
    const scores = run([95, 95, 95, 95, 95, 95, 50, 30, 30, 95, 95, 95, 95], 60);
    expect(scores.map(({ anomaly }) => anomaly)).toEqual([
      ...[false, false, false, false, false, false, false],
      ...[true, true, true, true, false, false],
    ]);
    expect(scores[7]).toMatchObject({ score: 31, delta: -29, action: 'flag', notes: ['session_drop'] });
  });

  it('is no anomaly by windows that say nothing, however many', () => {
    const scores = run([95, 95, 95, 95, ...Array.from({ length: 12 }, () => 50)], 95);
    expect(scores.filter(({ anomaly }) => anomaly)).toEqual([]);
    expect(scores.at(-1)).toMatchObject({ score: 67, delta: -28, action: 'allow' });
  });

  it('has patience with two doubtful windows, not with a third, nor with a clear one or one of rules', () => {
    const actions = (windows: Judgement[]) => run(windows, 95).map(({ action }) => action);
    const doubtful = byMovements(38, -1);
    expect(run([doubtful, doubtful], 95).at(-1)).toMatchObject({ score: 67, delta: -28, action: 'allow' });
    expect(actions(Array(4).fill(doubtful)).slice(2)).toEqual(['flag', 'flag']);
    expect(actions([doubtful, byMovements(40, -2.4), byMovements(40, -2.4)])).toEqual([
      'allow',
      'flag',
      'flag',
    ]);
    expect(actions([byMovements(5, -2.9)])).toEqual(['flag']);
    expect(actions([byMovements(5, -2.9), byMovements(95, 3), byMovements(5, -2.9)]).at(-1)).toBe('flag');
    expect(actions([judgement(38), judgement(38)]).at(-1)).toBe('flag');
  });

  it('is not lifted by a window that is no person’s: empty, or doubtful', () => {
    for (const window of [judgeBehavior(undefined), byMovements(30, -1)]) {
      const beats = run([judgement(10), judgement(10), window], 71);
      expect(beats.map(({ action }) => action)).toEqual(['allow', 'flag', 'flag']);
      expect(beats[2]!.state.score).toBeLessThanOrEqual(beats[1]!.state.score);
    }
  });

  it('adds up windows that each say little: flags, then blocks; a person’s past weighs little against it', () => {
    const weak = judgement(48, { parts: { rules: [], mouse: { z: 0, logOdds: -0.1, ratio: -1.3 } } });
    const good = judgement(77, { parts: { rules: [], mouse: { z: 9, logOdds: 1.2, ratio: 3 } } });
    const beats = run(
      [...Array.from({ length: 40 }, () => good), ...Array.from({ length: 9 }, () => weak)],
      77,
    );
    const after = beats.slice(40).map(({ action }) => action);
    expect(after.indexOf('flag')).toBe(3);
    expect(after.indexOf('block')).toBe(7);
    expect(beats[43]).toMatchObject({ score: 48, delta: -29, notes: ['synthetic_session'] });
    expect(beats.slice(0, 40).every(({ action }) => action === 'allow')).toBe(true);
  });

  it('forgets what adds up, by windows whose movements say nothing', () => {
    const against = judgement(40, { parts: { rules: [], mouse: { z: 0, logOdds: -0.4, ratio: -2.9 } } });
    const movements = { rules: [], mouse: { z: 0, logOdds: 0, ratio: 0 } };
    const quiet = judgement(50, { evidence: 0.2, parts: movements });
    const beats = run([against, against, quiet, quiet, quiet, quiet], 60);
    expect(beats.map(({ notes }) => notes.includes('synthetic_session'))).toEqual([
      ...[false, true, true, true, false, false],
    ]);
  });

  it('keeps a state under 1 KB', () => {
    const beats = run(
      Array.from({ length: 50 }, (_, i) => 60 + (i % 7) * 3.3333),
      70,
    );
    expect(JSON.stringify(beats.at(-1)!.state).length).toBeLessThan(400);
  });
});
