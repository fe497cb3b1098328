import {
  type BehaviorModel,
  judgeBehavior,
  SessionData,
  vectorFingerprint,
} from '../../../../service/engine/behavior/index.ts';
import { createWindows } from '../../../../service/engine/behavior/verdicts/verdicts.ts';
import { startEngine } from '../../../support/engine.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { type Rate, rateOf, rateOfPeople, shown } from '../figures.ts';
import { personOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** What is documented as passing has to pass. */
const PASSES = 0.8;

/** Bar 10: a replayed hand passes, and is expected to; a vector that comes twice does not. */
export async function measureReplays(windows: readonly BehaviorWindow[], model: BehaviorModel): Promise<Bar> {
  const names = ['replay', 'replay-warped'];
  const rows = names.map((name) => {
    const list = windows.filter(({ generator, lengthMs }) => generator === name && lengthMs === HALF_MINUTE);
    return {
      name,
      rules: rateOf(list, (window) => judged(window).human),
      learned: rateOf(list, (window) => judged(window, model).human),
    };
  });
  const halfMinutes = windows.filter(({ lengthMs }) => lengthMs === HALF_MINUTE);
  const { twice, first, nameless } = await measureCopies(halfMinutes);
  const copies = twice.hits === twice.of && first.hits === 0;
  const played = rows.every(({ learned }) => learned.of > 0);
  const pass = rows.every(({ rules, learned }) => rules.rate >= PASSES && learned.rate >= PASSES);
  return {
    number: 10,
    title: 'Replay',
    goal: 'a replayed person passes (documented, expected: 80 % and more of either kind, with both layers); the same vector twice is replayed_vector in 100 %',
    verdict: copies && played && pass ? 'holds' : copies || pass ? 'in part' : 'missed',
    result: `same vector under another session: ${shown(twice)}, at its first sight ${first.hits} of ${first.of}; ${nameless} of ${halfMinutes.length} windows have no fingerprint and are not recognized; ${rows.map(({ name, learned }) => `${name} passes as human ${shown(learned)}`).join(', ')}`,
    lines: [
      `The same vector again, under another session id, through the store of windows of the product (SQLite in memory) and then the judge: called \`replayed_vector\` and not human ${shown(twice)} windows of all sets. At its first sight a vector was called a copy ${shown(first)}. **${nameless} of ${halfMinutes.length} windows have no fingerprint**, because too little was measured in them: their copies are not recognized, and they are in none of these shares.`,
      '',
      ...markdownTable(
        ['played in Chromium', 'human=true by rules alone', 'with the learned layer'],
        rows.map(({ name, rules, learned }) => [name, shown(rules), shown(learned)]),
      ),
      '',
      '`replay` plays movements of a held-out webbot session at their places and times; `replay-warped` turns and scales single movements to the targets of the form. Passing is what is expected: the score does not notice replayed human movement.',
    ],
    measured: { twice, first, nameless, rows },
  };
}

type Shown = Pick<BehaviorWindow, 'set' | 'person'> & { data: unknown };

interface Copies {
  /** Of the windows that have a fingerprint: again, under another session id. */
  twice: Rate;
  /** At their first sight. */
  first: Rate;
  /** Windows that have none. */
  nameless: number;
}

/** Shows each window to the product twice, as two pages would send it. */
export async function measureCopies(halfMinutes: readonly Shown[]): Promise<Copies> {
  const engine = await startEngine();
  const windows = createWindows(engine);
  const realm = { organization: engine.organization, world: 'live' } as const;
  const seen: { person: string; named: boolean; first: boolean; again: boolean }[] = [];
  try {
    for (const [i, window] of halfMinutes.entries()) {
      const data = { ...SessionData.parse(window.data), sid: `page-of-window-${i}`.padEnd(24, '-') };
      const again = { ...data, sid: `another-page-${i}`.padEnd(24, '-') };
      await engine.inTransaction(async (tx) => {
        seen.push({
          person: personOf(window),
          named: vectorFingerprint(data) !== undefined,
          first: isCalledCopy(data, await windows.isCopy(tx, realm, data)),
          again: isCalledCopy(again, await windows.isCopy(tx, realm, again)),
        });
      });
    }
  } finally {
    await engine.stop();
  }
  const named = seen.filter((one) => one.named);
  const of = (hit: 'first' | 'again') =>
    rateOfPeople(
      named,
      ({ person }) => person,
      (one) => one[hit],
    );
  return { twice: of('again'), first: of('first'), nameless: seen.length - named.length };
}

function isCalledCopy(data: SessionData, replayed: boolean): boolean {
  const { notes, human } = judgeBehavior(data, { replayed });
  return notes.includes('replayed_vector') && !human;
}
