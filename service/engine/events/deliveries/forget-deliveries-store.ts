import { setImmediate as pause } from 'node:timers/promises';
import type { ExpressionBuilder } from 'kysely';
import type { SubjectId } from '../../../lib/id.ts';
import { numberedThrough } from '../../../storage/numbers.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import { reasons } from '../reasons.ts';
import { ERASED_PAYLOAD } from '../recorded-event-store.ts';
import { settleDeliveries } from './queue-store.ts';

/** Rows of the outbox that are looked through at a time. */
const PAGE = 1_000;

/** Events that name people, as far as they were looked through. */
interface Looked {
  events: string[];
  /** `seq` of the last event before: none up to it comes later. */
  through: number;
}

/**
 * Looks through all events before the transaction that erases these people, in which nothing else has a turn; gives what forgets them there,
 * and looks through the events since.
 */
export async function readThenForget(
  { db, integrity }: { db: Db; integrity: RowIntegrity },
  subjects: readonly SubjectId[],
): Promise<(tx: Tx, subjects: readonly SubjectId[], now: number) => Promise<void>> {
  const through = await numberedThrough(db, 'outbox');
  const looked = { events: await eventsNaming(db, new Set(subjects), pause), through };
  return (tx, people, now) => forgetDeliveries(tx, integrity, { subjects: people, now, looked });
}

/**
 * What erasing these people does to events: none about them is delivered any more. Events and deliveries stay in their log
 * without ids of these people and without the receivers' answers; events not relayed yet never will be.
 */
export async function forgetDeliveries(
  tx: Tx,
  integrity: RowIntegrity,
  { subjects, now, looked }: { subjects: readonly SubjectId[]; now: number; looked?: Looked },
): Promise<void> {
  if (subjects.length === 0) return;
  const named = new Set(subjects);
  const events = looked
    ? [...looked.events, ...(await eventsNaming(tx, named, undefined, looked.through))]
    : await eventsNaming(tx, named);
  for (let from = 0; from < events.length; from += PAGE_OF_IDS) {
    const ids = events.slice(from, from + PAGE_OF_IDS);
    await tx
      .updateTable('outbox')
      .set(({ fn, ref, val }) => ({
        subject: null,
        personal_sealed: null,
        until_delivered_sealed: null,
        payload: ERASED_PAYLOAD,
        relayed_at: fn.coalesce(ref('relayed_at'), val(now)),
      }))
      .where('id', 'in', ids)
      .execute();
    await forget(tx, integrity, now, (eb) => eb('event', 'in', ids));
  }
  await forget(tx, integrity, now, (eb) => eb('subject', 'in', [...subjects]));
}

const PAGE_OF_IDS = 400;

/** By what is sealed for them, and by their ids in payloads: one pass, however many people there are. `through`: those after it alone. */
async function eventsNaming(
  from: Db | Tx,
  subjects: ReadonlySet<string>,
  turn: () => Promise<void> = async () => {},
  through?: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let after = ''; ; await turn()) {
    const page = from
      .selectFrom('outbox')
      .select(['id', 'subject', 'payload'])
      .where('id', '>', after)
      .$if(through !== undefined, (rows) => rows.where('seq', '>', through!))
      .orderBy('id')
      .limit(PAGE);
    const rows = await page.execute();
    for (const { id, subject, payload } of rows) {
      const named = payload.match(/\bsub_[0-9A-Za-z]+/g) ?? [];
      if ((subject !== null && subjects.has(subject)) || named.some((one) => subjects.has(one)))
        found.push(id);
    }
    if (rows.length < PAGE) return found;
    after = rows.at(-1)!.id;
  }
}

type Which = (eb: ExpressionBuilder<Schema, 'delivery'>) => ReturnType<ExpressionBuilder<Schema, 'delivery'>>;

async function forget(tx: Tx, integrity: RowIntegrity, now: number, which: Which): Promise<void> {
  await tx
    .updateTable('delivery_attempt')
    .set({ exchange_sealed: null })
    .where('delivery', 'in', (of) => of.selectFrom('delivery').select('id').where(which))
    .execute();
  await dropWaiting(tx, integrity, now, which);
  await tx
    .updateTable('delivery')
    .set({ state_reason: reasons.erased })
    .where(which)
    .where('state_reason', 'is not', null)
    .execute();
  await tx.updateTable('delivery').set({ subject: null, url_sealed: null }).where(which).execute();
}

async function dropWaiting(tx: Tx, integrity: RowIntegrity, now: number, which: Which): Promise<void> {
  const waiting = await tx
    .selectFrom('delivery')
    .select('id')
    .where(which)
    .where('state', '=', 'waiting')
    .execute();
  for (let from = 0; from < waiting.length; from += PAGE_OF_IDS) {
    const dropped = waiting
      .slice(from, from + PAGE_OF_IDS)
      .map(({ id }) => ({ id, state: 'dropped', reason: reasons.erased, nextAt: null }) as const);
    // One that is sent right now ends as such in the log.
    await settleDeliveries(tx, integrity, dropped, { now, keepLeases: true });
  }
}
