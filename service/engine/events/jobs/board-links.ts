import { createHash } from 'node:crypto';
import { withTag } from '../../../lib/node-tag.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor, Foundation } from '../../audit/index.ts';

export interface BoardLinksDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  /** Fills with random bytes. */
  random: (into: Uint8Array) => void;
  /** Milliseconds of a monotonic clock. */
  elapsed?: () => number;
  /** Of this node, where others share the record. */
  tag?: string | undefined;
}

/** Who asked for the link, and acts through the board it opened. */
export interface BoardSession {
  actor: Actor;
}

/**
 * Ways into the board of jobs: a link for one use, made by an operator at the box or an appliance owner, becomes a session of a browser. Only hashes of
 * both are kept, in memory alone: a stop ends them all.
 */
export interface BoardLinks {
  /** Where the service answers from now on, `https://127.0.0.1:7300`; without it there is no board to open. */
  serveAt(url: string): void;
  /** Audited. Throws CONFLICT where no service runs. */
  make(actor: Actor): Promise<{ url: string; validSeconds: number }>;
  /** Once. Audited. Throws NOT_FOUND for a link that was used, is too old, or never was. */
  open(
    token: string,
    request: { id: string; address: string },
  ): Promise<{ session: string; seconds: number }>;
  /** Undefined for a session that has ended or never was. */
  sessionOf(session: string): BoardSession | undefined;
}

const LINK_MILLISECONDS = 5 * 60_000;
const SESSION_MILLISECONDS = 30 * 60_000;
/** At a time; the oldest gives way. */
const MOST = 8;
/** 192 bits. */
const SECRET_BYTES = 24;

interface Entry {
  actor: Actor;
  until: number;
}

export function createBoardLinks({
  inTransaction,
  audit,
  random,
  elapsed = () => performance.now(),
  tag,
}: BoardLinksDeps): BoardLinks {
  const links = new Map<string, Entry>();
  const sessions = new Map<string, Entry>();
  let served: string | undefined;

  const secret = () =>
    withTag(Buffer.from(fill(new Uint8Array(SECRET_BYTES), random)).toString('base64url'), tag);
  function keep(kept: Map<string, Entry>, text: string, entry: Entry): void {
    for (const [hash, { until }] of kept) if (until <= elapsed()) kept.delete(hash);
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size >= MOST) kept.delete(oldest);
    kept.set(hashOf(text), entry);
  }

  return {
    serveAt(url) {
      served = url;
    },
    async make(actor) {
      if (served === undefined) {
        throw new Problem(
          'CONFLICT',
          'The board of jobs is a page of the running service, and no service runs on this directory: start it with "gatehouse serve", then try again. Without a page there is "gatehouse jobs list".',
        );
      }
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'jobs.open',
          details: { validMinutes: LINK_MILLISECONDS / 60_000 },
        }),
      );
      const token = secret();
      keep(links, token, { actor: withoutRequest(actor), until: elapsed() + LINK_MILLISECONDS });
      return { url: `${served}/jobs/open/${token}`, validSeconds: LINK_MILLISECONDS / 1000 };
    },
    async open(token, { id, address }) {
      const hash = hashOf(token);
      const link = links.get(hash);
      links.delete(hash);
      if (link === undefined || link.until <= elapsed()) {
        throw new Problem(
          'NOT_FOUND',
          'This link is invalid: it was used already, is older than five minutes, or belongs to an earlier start. Make another with "gatehouse jobs open".',
        );
      }
      try {
        await inTransaction((tx) =>
          audit.add(tx, {
            actor: { ...link.actor, request: id },
            action: 'jobs.open.used',
            details: { address, minutes: SESSION_MILLISECONDS / 60_000 },
          }),
        );
      } catch (error) {
        // Nothing was opened: the link may be tried again.
        links.set(hash, link);
        throw error;
      }
      const session = secret();
      keep(sessions, session, { actor: link.actor, until: elapsed() + SESSION_MILLISECONDS });
      return { session, seconds: SESSION_MILLISECONDS / 1000 };
    },
    sessionOf(session) {
      const entry = sessions.get(hashOf(session));
      return entry && entry.until > elapsed() ? { actor: entry.actor } : undefined;
    },
  };
}

/** Looked up by its hash, so that the time taken reveals nothing of the secret. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

const withoutRequest = ({ request: _, ...actor }: Actor): Actor => actor;

function fill(into: Uint8Array, random: (into: Uint8Array) => void): Uint8Array {
  random(into);
  return into;
}
