import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { VerificationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db } from '../../../storage/transaction.ts';
import {
  builtInProfiles,
  type Profile,
  type ProfileDefinition,
  type Profiles,
  scorersOf,
  validProfile,
} from '../../matching/index.ts';
import type { ModelSet, Models } from '../../models/index.ts';
import type { Realm } from '../../people/index.ts';
import { type DecidedRow, type Older, selectDecided } from './decided-store.ts';
import { type Judgement, judgeAgain, type Unknown } from './judge-again.ts';

/** A stored verification that other settings would have decided the other way. */
export interface ChangedVerification {
  verification: VerificationId;
  at: number;
  kind: '1:1' | '1:N';
  profileVersion: number;
  verified: boolean;
  wouldVerify: boolean;
  /** What refuses it now: `match`, `composite`, `picture`, `capture`, or a check. */
  by: string[];
}

/** What settings would have made of the last verifications that a profile decided. */
export interface ProfilePreview {
  /** Verifications looked at, and the times of the oldest and the newest. */
  considered: number;
  oldest?: number;
  newest?: number;
  changed: ChangedVerification[];
  /** Verifications whose stored figures do not suffice, and the missing figures: one may lack several. */
  unknown: number;
  missing: { what: string; why: Unknown; verifications: number }[];
}

export interface PreviewDeps {
  db: Db;
  profiles: Pick<Profiles, 'allVersions'>;
  models: Pick<Models, 'current'>;
  clock: Clock;
}

export interface PreviewRequest {
  slug: string;
  definition: ProfileDefinition;
  /** How many of the last verifications to look at. */
  limit: number;
  /** Aborted when the caller disconnects. */
  signal?: AbortSignal;
}

/** Rows that are read and judged in one go: a few milliseconds of the event loop. */
const SLICE = 100;

/**
 * Judges the last verifications again that a profile decided, in whichever version. Pictures are not kept, so that only what was
 * measured and stored is judged; nothing is written.
 */
export function createPreviewProfile({ db, profiles, models, clock }: PreviewDeps) {
  return async function previewProfile(
    realm: Realm,
    { slug, definition, limit, signal }: PreviewRequest,
  ): Promise<ProfilePreview> {
    const next = validProfile(slug, definition);
    const versions = await versionsOf(profiles, realm, slug);
    const rows = await lastDecided(db, realm, versions, limit, signal);
    const settings = new Map(versions.map(({ id, version, definition }) => [`${id}/${version}`, definition]));
    const ended = endedScorers(next, models.current(), clock.now());
    const changed: ChangedVerification[] = [];
    const missing = new Map<string, { what: string; why: Unknown; verifications: number }>();
    let unknown = 0;
    for (const [i, row] of rows.entries()) {
      if (i % SLICE === SLICE - 1) await turn(signal);
      const judgement = judgeAgain(row, settings.get(`${row.profile}/${row.profileVersion}`), next, ended);
      if (judgement.is === 'unknown') {
        unknown += 1;
        for (const { what, why } of judgement.missing) {
          const one = missing.get(`${what}/${why}`) ?? { what, why, verifications: 0 };
          missing.set(`${what}/${why}`, { ...one, verifications: one.verifications + 1 });
        }
      } else if ((judgement.is === 'verified') !== row.verified) changed.push(toChanged(row, judgement));
    }
    const [newest, oldest] = [rows[0], rows.at(-1)];
    return {
      considered: rows.length,
      ...(newest && oldest ? { newest: newest.at, oldest: oldest.at } : {}),
      changed,
      unknown,
      missing: [...missing.values()].toSorted((a, b) => b.verifications - a.verifications),
    };
  };
}

/** Superseded scorers that these settings accept no more, because their last day has passed. */
function endedScorers(definition: ProfileDefinition, set: ModelSet, now: number): Set<string> {
  const accepted = scorersOf({ definition }, { set, now });
  const superseded = set.scorers.filter(({ supersededBy }) => supersededBy !== undefined);
  return new Set(superseded.map(({ id }) => id).filter((id) => accepted.every((one) => one.id !== id)));
}

/** The organization's own versions of the slug, the newest first, and the built-in profile of that name. */
async function versionsOf(
  profiles: PreviewDeps['profiles'],
  { organization }: Realm,
  slug: string,
): Promise<Profile[]> {
  const own = await profiles.allVersions(organization, slug);
  return [...own, ...builtInProfiles.filter((profile) => profile.slug === slug)];
}

/** The newest `limit` of all these profile ids, the newest first. */
async function lastDecided(
  db: Db,
  realm: Realm,
  versions: readonly Profile[],
  limit: number,
  signal: AbortSignal | undefined,
): Promise<DecidedRow[]> {
  let found: DecidedRow[] = [];
  for (const { id } of versions) {
    const rows: DecidedRow[] = [];
    for (let before: Older | undefined; rows.length < limit; before = rows.at(-1)) {
      const size = Math.min(SLICE, limit - rows.length);
      const slice = await selectDecided(db, realm, id, { before, limit: size });
      rows.push(...slice);
      await turn(signal);
      const oldest = found.length < limit ? undefined : found.at(-1);
      if (slice.length < size || (oldest && slice.at(-1)!.at < oldest.at)) break;
    }
    found = [...found, ...rows].sort(newestFirst).slice(0, limit);
  }
  return found;
}

/** Lets other requests in. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  await pause();
  if (signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
}

const newestFirst = (a: Older, b: Older): number => b.at - a.at || (a.id < b.id ? 1 : -1);

const toChanged = (row: DecidedRow, judgement: Judgement): ChangedVerification => ({
  verification: row.id as VerificationId,
  at: row.at,
  kind: row.kind,
  profileVersion: row.profileVersion,
  verified: row.verified,
  wouldVerify: judgement.is === 'verified',
  by: judgement.is === 'refused' ? judgement.by : [],
});
