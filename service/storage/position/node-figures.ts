import { sql } from 'kysely';
import { parseJson } from '../../lib/canonical-json.ts';
import { systemTimer, type Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Database } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';

/** What a node reads of its own machine, for the one that looks after all. */
export interface Figures {
  /** MiB on the disk of the data directory. */
  diskFree?: number | undefined;
  /** Whole days that its certificate lasts. */
  certificateDays?: number | undefined;
  /** Lines of the audit log that it has seen and the record has no more, in words. */
  lostLines?: string | undefined;
}

/** MiB on the disk of the data directory below which writes are about to fail. */
export const LEAST_DISK = 16;
export const isDiskFull = ({ diskFree = LEAST_DISK }: Figures): boolean => diskFree < LEAST_DISK;

/** How each of them is read. */
export type FigureReads = {
  readonly [Name in keyof Figures]: () => Figures[Name] | Promise<Figures[Name]>;
};

export interface NodeFigures {
  /** Says them now, and again and again. One that cannot be read is logged and left out. */
  report(reads: FigureReads): Promise<void>;
  /** Of the nodes that run, as they said last. */
  ofAll(): Promise<(Figures & { node: string })[]>;
  /** Of the others. */
  ofOthers(): Promise<(Figures & { node: string })[]>;
  /** Of this node. */
  own(): Figures;
  close(): Promise<void>;
}

/** Of a service that shares its record with none. */
export const noOtherFigures: NodeFigures = {
  report: async () => {},
  ofAll: async () => [],
  own: () => ({}),
  ofOthers: async () => [],
  close: async () => {},
};

/** Beside the tables of the migrations, as the rows of the nodes. */
const TABLE = `create table if not exists service_node_figures (
  token text primary key references service_node on delete cascade,
  figures text not null
)`;

/** Milliseconds between two reports. */
const EVERY = 60_000;

export async function openNodeFigures({
  database: { db, inTransaction, token },
  log,
  timer = systemTimer,
}: {
  database: Pick<Database, 'db' | 'inTransaction' | 'token'>;
  log: Log;
  timer?: Timer;
}): Promise<NodeFigures> {
  await sql.raw(makeOwn(TABLE)).execute(db);
  const recurring = createRecurring({ log, timer });

  let own: Figures = {};

  async function readEach(reads: FigureReads): Promise<Figures> {
    // While lines are lost no keys are swept: that ends only when it is known.
    const found: Figures = own.lostLines === undefined ? {} : { lostLines: own.lostLines };
    for (const [figure, read] of Object.entries(reads)) {
      try {
        Object.assign(found, { [figure]: await read() });
      } catch (error) {
        log.warn({ figure, err: error }, 'a figure of this node is missing');
      }
    }
    return found;
  }

  async function report(reads: FigureReads): Promise<void> {
    own = await readEach(reads);
    const figures = JSON.stringify(own);
    await inTransaction((tx) =>
      sql`insert into service_node_figures (token, figures) values (${token}, ${figures})
        on conflict (token) do update set figures = excluded.figures`.execute(tx),
    );
  }

  async function readAll(but = ''): Promise<(Figures & { node: string })[]> {
    const { rows } = await sql<{ node: string; figures: string }>`
      select node, figures from service_node_figures join service_node using (token)
      where token <> ${but} order by node`.execute(db);
    return rows.flatMap(({ node, figures }) => {
      const read = parseJson<Figures>(figures);
      return read ? [{ ...read, node }] : [];
    });
  }

  return {
    async report(reads) {
      recurring.every('figures of this node', EVERY, () => report(reads));
      await report(reads);
    },
    ofAll: () => readAll(),
    ofOthers: () => readAll(token),
    own: () => own,
    close: () => recurring.stop(),
  };
}
