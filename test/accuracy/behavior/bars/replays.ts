import {
  type BehaviorModel,
  isReplay,
  judgeBehavior,
  SessionData,
  vectorFingerprint,
} from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** What is documented as passing has to pass. */
const PASSES = 0.8;

/** Bar 10: a replayed hand passes, and is expected to; a vector that comes twice does not. */
export function measureReplays(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const names = ['replay', 'replay-warped'];
  const rows = names.map((name) => {
    const list = windows.filter(({ generator, lengthMs }) => generator === name && lengthMs === HALF_MINUTE);
    return {
      name,
      rules: rateOf(list, (window) => judged(window).human),
      learned: rateOf(list, (window) => judged(window, model).human),
    };
  });
  const twice = rateOf(
    windows.filter(
      ({ lengthMs, data }) =>
        lengthMs === HALF_MINUTE && vectorFingerprint(SessionData.parse(data)) !== undefined,
    ),
    isNoticedTwice,
  );
  const played = rows.every(({ learned }) => learned.of > 0);
  const pass = rows.every(({ rules, learned }) => rules.rate >= PASSES && learned.rate >= PASSES);
  return {
    number: 10,
    title: 'Replay',
    goal: 'a replayed person passes (documented, expected: 80 % and more of either kind, with both layers); the same vector twice is replayed_vector in 100 %',
    verdict:
      twice.hits === twice.of && played && pass
        ? 'holds'
        : twice.hits === twice.of || pass
          ? 'in part'
          : 'missed',
    result: `same vector under another session: ${shown(twice)}; ${rows.map(({ name, learned }) => `${name} passes as human ${shown(learned)}`).join(', ')}`,
    lines: [
      `The same vector again, under another session id: noticed ${shown(twice)} windows (all sets; vectors too thin to have a fingerprint left out).`,
      '',
      ...markdownTable(
        ['played in Chromium', 'human=true by rules alone', 'with the learned layer'],
        rows.map(({ name, rules, learned }) => [name, shown(rules), shown(learned)]),
      ),
      '',
      '`replay` plays movements of a held-out webbot session at their places and times; `replay-warped` turns and scales single movements to the targets of the form. Passing is what is expected: the score does not notice replayed human movement.',
    ],
    measured: { twice, rows },
  };
}

function isNoticedTwice({ data }: BehaviorWindow): boolean {
  const first = SessionData.parse(data);
  const again = { ...first, sid: `again-${first.sid}`.slice(0, 64) };
  if (vectorFingerprint(again) !== vectorFingerprint(first) || !isReplay(first, again)) return false;
  const { notes, human } = judgeBehavior(again, { replayed: true });
  return notes.includes('replayed_vector') && !human;
}
