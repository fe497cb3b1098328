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

/**
 * Keeps updates of the other nodes of a record off as long as its connection lives; the server notices within 12 s that its machine is gone.
 * `machine`: for who is refused. Throws CONFLICT where another one is being updated.
 */
export async function takeUpdateTurn(url: string, machine: string): Promise<UpdateTurn> {
  const session = await openPostgresSession(url, `gatehouse update on ${machine}`);
  const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    UPDATE_LOCK,
  ]);
  if (rows[0]!.taken) return { lost: watch(session), end: () => session.end() };
  const who = await readHolder(session);
  await session.end();
  throw new Problem(
    'CONFLICT',
    `Another node of this record is being updated (${who}). Wait until it is ready: nodes are updated one after another.`,
  );
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

async function readHolder(session: PostgresSession): Promise<string> {
  const { rows } = await session.query<{ name: string; address: string | null; since: string }>(
    `select a.application_name as name, a.client_addr as address, a.backend_start::text as since
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.objid = $1 and l.classid = 0
       and l.database = (select oid from pg_database where datname = current_database())`,
    [UPDATE_LOCK],
  );
  const [holder] = rows;
  if (holder === undefined) return 'it ended just now';
  const { name, address, since } = holder;
  return `${name}${address === null ? '' : ` at ${address}`}, since ${new Date(since).toISOString()}`;
}
