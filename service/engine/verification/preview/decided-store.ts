import { parseJson } from '../../../lib/canonical-json.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { CaptureSource } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { Decided } from './judge-again.ts';

/** A stored verification, to be judged again. */
export interface DecidedRow extends Decided {
  id: string;
  at: number;
  profile: string;
  profileVersion: number;
}

/** Start of the next page: older than this row. */
export interface Older {
  at: number;
  id: string;
}

/** Verifications of one profile id, the newest first. */
export async function selectDecided(
  db: Db,
  { organization, world }: Realm,
  profile: string,
  { before, limit }: { before: Older | undefined; limit: number },
): Promise<DecidedRow[]> {
  const rows = await db
    .selectFrom('verification')
    .select(['id', 'created_at', 'kind', 'profile', 'profile_version', 'verified', 'reason', 'confidence'])
    .select(['outcome', 'matched', 'scorer', 'gallery_size', 'capture_source', 'checks'])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('profile', '=', profile)
    .$if(before !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb('created_at', '<', before!.at),
          eb.and([eb('created_at', '=', before!.at), eb('id', '<', before!.id)]),
        ]),
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ kind, verified, outcome, reason, matched, scorer, gallery_size, checks, ...row }) => ({
    id: row.id,
    at: row.created_at,
    profile: row.profile,
    profileVersion: row.profile_version,
    confidence: row.confidence,
    kind: kind as Decided['kind'],
    verified: verified === 1,
    outcome: outcome as Decided['outcome'],
    ...(reason === null ? {} : { reason }),
    ...(matched === null ? {} : { matched: matched === 1 }),
    ...(scorer === null ? {} : { scorer }),
    ...(gallery_size === null ? {} : { gallerySize: gallery_size }),
    ...(row.capture_source === null ? {} : { source: row.capture_source as CaptureSource }),
    checks: parseJson<Decided['checks']>(checks) ?? [],
  }));
}
