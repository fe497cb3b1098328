import { createHash } from 'node:crypto';
import { systemTimer, type Timer } from '../../../lib/clock.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  deleteKept,
  type KeptRow,
  type RepeatKey,
  replaceKept,
  selectKept,
  sweepKept,
  updateReply,
} from './idempotency-store.ts';

export interface KeptReply {
  status: number;
  /** As it was sent. */
  body: string;
}

export interface RepeatableRequest {
  organization: OrganizationId;
  world: World;
  /** Which caller of the organization: the lineage of its key. */
  caller: string;
  /** The header `Idempotency-Key`. */
  key: string;
  /** Digest of method, path and body. */
  digest: string;
}

/** What is known of a request when it arrives. */
export type Repeat =
  | {
      is: 'new';
      /** The request is done: its repeats are answered with this. */
      keep(reply: KeptReply): Promise<void>;
      /** It was refused: the next with this key is a new one. */
      drop(): Promise<void>;
    }
  | { is: 'known'; reply: KeptReply }
  /** The first one has no answer yet. */
  | { is: 'running' }
  /** The key was used for something else. */
  | { is: 'different' };

/** Answers of requests that must not have their effect twice, kept for a day and over restarts. */
export interface Idempotency {
  begin(request: RepeatableRequest): Promise<Repeat>;
  /** Removes what was kept for a day: answers name people. */
  sweep(signal?: AbortSignal): Promise<void>;
}

export interface IdempotencyDeps extends Pick<Foundation, 'inTransaction' | 'clock'> {
  /** Replies hold capabilities and names. */
  sealer: {
    sealOwn(context: OwnSealContext, plain: Uint8Array): Uint8Array;
    openOwn(context: OwnSealContext, sealed: Uint8Array): Uint8Array;
  };
  /** Keyed, because a body may hold an address that could be guessed from a bare hash. */
  integrity: { mac(of: 'idempotency', fields: readonly string[]): string };
  /** What a run left unfinished that lives no more is done anew at once. */
  runs: Pick<Runs, 'own' | 'living'>;
  timer?: Timer | undefined;
}

interface OwnSealContext {
  organization: OrganizationId;
  field: string;
  version: number;
}

/** Milliseconds in which a repeat is recognized. */
const KEPT = 86_400_000;
/** Milliseconds after which an unfinished request has certainly ended. */
const ENDED = 120_000;
/** Milliseconds until an end that could not be written is written again. */
const AGAIN = 1_000;

export function createIdempotency({
  inTransaction,
  sealer,
  integrity,
  runs,
  clock,
  timer = systemTimer,
}: IdempotencyDeps): Idempotency {
  let made = 0;

  /** Its repeats would wait for a request that has ended while the database was away. */
  async function write(end: () => Promise<void>): Promise<void> {
    const since = clock.now();
    const again = () =>
      void timer.after(AGAIN, () => {
        end().catch(() => {
          if (clock.now() - since < ENDED) again();
        });
      });
    await end().catch((error: unknown) => {
      again();
      throw error;
    });
  }

  function replyOf(row: KeptRow, context: OwnSealContext): KeptReply | undefined {
    if (row.status === null || row.reply_sealed === null) return undefined;
    try {
      const body = new TextDecoder().decode(sealer.openOwn(context, row.reply_sealed));
      return { status: row.status, body };
    } catch {
      // Of an organization that was erased since, or changed on disk.
      return undefined;
    }
  }

  return {
    sweep: (signal) => sweepKept(inTransaction, clock.now() - KEPT, signal),
    async begin({ organization, world, caller, key: header, digest }) {
      const keyHash = createHash('sha256').update(header).digest('hex');
      const key: RepeatKey = { organization, world, caller, keyHash };
      const fingerprint = integrity.mac('idempotency', [caller, header, digest]);
      const field = `idempotent_reply/${world}/${caller}/${keyHash}`;
      const context = { organization, field, version: 1 };
      const run = `${runs.own}/${++made}`;
      const known = await inTransaction(async (tx): Promise<Exclude<Repeat, { is: 'new' }> | undefined> => {
        const now = clock.now();
        const row = await selectKept(tx, key);
        if (row && row.started_at >= now - KEPT) {
          const reply = replyOf(row, context);
          const began = row.run.slice(0, row.run.lastIndexOf('/'));
          const running =
            row.status === null && now - row.started_at < ENDED && (await runs.living(tx)).has(began);
          if ((reply || running) && row.fingerprint !== fingerprint) return { is: 'different' };
          if (reply) return { is: 'known', reply };
          if (running) return { is: 'running' };
        }
        await replaceKept(tx, key, { fingerprint, run, started_at: now });
        return undefined;
      });
      if (known) return known;
      return {
        is: 'new',
        keep: ({ status, body }) =>
          write(() =>
            inTransaction((tx) =>
              updateReply(tx, key, run, {
                status,
                reply_sealed: sealer.sealOwn(context, new TextEncoder().encode(body)),
              }),
            ),
          ),
        drop: () => write(() => inTransaction((tx) => deleteKept(tx, key, run))),
      };
    },
  };
}
