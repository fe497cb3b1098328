import type { Db, Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import { type AnsweringDeps, endChallenge, FAILED } from './answer-challenge.ts';
import { selectLeft } from './behavior-challenge-store.ts';

const actor: Actor = { is: 'appliance', task: 'behavior-challenges' };
/** Challenges of one look. */
const ROWS = 1_000;

/** Challenges that ended with wrong answers and without the right one have failed, as with three wrong answers. */
export function createFailLeft(deps: AnsweringDeps & { db: Db }) {
  const { db, inTransaction, clock, references } = deps;

  async function fail(tx: Tx, id: string, now: number): Promise<void> {
    const [one] = await selectLeft(tx, now, { id });
    if (one)
      await endChallenge(deps, tx, one, {
        state: 'failed',
        judged: FAILED,
        actor,
        reference: references.of(id),
      });
  }

  return async function failLeft(): Promise<void> {
    const now = clock.now();
    const failures: unknown[] = [];
    for (let found = ROWS; found === ROWS && failures.length === 0; ) {
      const left = await selectLeft(db, now, { most: ROWS });
      found = left.length;
      for (const { id } of left) {
        try {
          await inTransaction((tx) => fail(tx, id, now));
          references.forget(id);
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  };
}
