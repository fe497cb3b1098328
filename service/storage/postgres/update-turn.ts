import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../../lib/problem.ts';
import { openPostgresSession, type PostgresSession } from './postgres.ts';

/** Any number that is ours alone in the database. */
const UPDATE_LOCK = 7_184_007;
/** Milliseconds between two looks whether the server answers, and for an answer: the server gives the turn to another node after 10 to 12 s. */
const LOOK_EVERY = 2_000;
const ANSWERS = 5_000;

export interface UpdateTurn {
  /** Resolves when the connection has ended, or the server gives no answer: another node may have the turn from then on. */
  lost: Promise<Problem>;
  end(): Promise<void>;
}

/** Milliseconds for which the server may give the turn to an update of this machine that was killed, and between two tries. */
const GHOST = 15_000;
const AGAIN = 500;

/**
 * Keeps updates of the other nodes of a record off as long as its connection lives; the server notices within 12 s that its machine is gone.
 * `machine`: for who is refused, and to know what an earlier update of this one left, which is waited for. Throws CONFLICT where another one
 * is being updated.
 */
export async function takeUpdateTurn(url: string, machine: string): Promise<UpdateTurn> {
  const session = await openPostgresSession(url, `gatehouse update on ${machine}`);
  try {
    for (const asked = performance.now(); ; await wait(AGAIN)) {
      const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
        UPDATE_LOCK,
      ]);
      if (rows[0]!.taken) break;
      const holder = await readHolder(session);
      const mayEnd = holder === undefined || holder.isOurs;
      if (!mayEnd || performance.now() - asked > GHOST) throw inTurnOf(holder);
    }
  } catch (error) {
    await session.end();
    throw error;
  }
  return { lost: watch(session), end: () => session.end() };
}

async function watch(session: PostgresSession): Promise<Problem> {
  const ended = new Promise<'ended'>((resolve) => session.once('end', () => resolve('ended')));
  const later = (milliseconds: number) => wait(milliseconds, 'late' as const, { ref: false });
  while (true) {
    const answer = session.query('select').then(
      () => 'answered' as const,
      () => 'ended' as const,
    );
    if ((await Promise.race([answer, ended, later(ANSWERS)])) !== 'answered') break;
    if ((await Promise.race([ended, later(LOOK_EVERY)])) === 'ended') break;
  }
  session.connection.stream.destroy();
  return new Problem('STORAGE_UNAVAILABLE', 'The connection that keeps updates of other nodes off was lost.');
}

interface Holder {
  name: string;
  address: string | null;
  since: string;
  /** Of this machine, which has one update at a time. */
  isOurs: boolean;
}

/** Undefined where it ended just now. */
async function readHolder(session: PostgresSession): Promise<Holder | undefined> {
  const { rows } = await session.query<Holder>(
    `select a.application_name as name, a.client_addr as address, a.backend_start::text as since,
       a.application_name = current_setting('application_name') as "isOurs"
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objid = $1 and l.classid = 0
       and l.database = (select oid from pg_database where datname = current_database())`,
    [UPDATE_LOCK],
  );
  return rows[0];
}

function inTurnOf(holder: Holder | undefined): Problem {
  const { name, address = null, since } = holder ?? {};
  const where = address === null ? '' : ` at ${address}`;
  const who =
    since === undefined ? 'it ended just now' : `${name}${where}, since ${new Date(since).toISOString()}`;
  return new Problem(
    'CONFLICT',
    `Another node of this record is being updated (${who}). Wait until it is ready: nodes are updated one after another.`,
  );
}
