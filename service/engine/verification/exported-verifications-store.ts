import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { type ExportOrder, jsonOf, type Person, readPages, vectorText } from '../personal-data/index.ts';
import { holdsForOf } from './past-verifications-store.ts';
import { type ProbeSealer, readProbe, restoreProbe } from './probe-bytes.ts';
import { fields, placeOf } from './verification-store.ts';

const verificationPages = (db: Db, { organization, subject }: Person) =>
  readPages((after, limit) =>
    db
      .selectFrom('verification')
      .selectAll()
      .where('subject', '=', subject)
      .where('organization', '=', organization)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** The person's verifications, with what is sealed in them. */
export async function exportVerifications(
  { db, sealer }: { db: Db; sealer: ProbeSealer },
  person: Person,
  { withTemplates, open }: ExportOrder,
) {
  function shownProbe(plain: Uint8Array | undefined) {
    if (!plain) return undefined;
    const probe = readProbe(plain);
    const vector = withTemplates ? restoreProbe(sealer, person.organization, probe)?.vector : undefined;
    return {
      model: probe.embedder,
      modelSha256: probe.sha256,
      ...(withTemplates && { vector: vector && vectorText(vector) }),
    };
  }
  const verifications = [];
  for await (const page of verificationPages(db, person)) {
    const opened = await open(
      page.flatMap((row) =>
        fields.map((field) => ({
          place: placeOf(person, person.subject, row.id, field),
          sealed: row[`${field}_sealed`],
        })),
      ),
    );
    for (const [i, row] of page.entries()) {
      const [location, device, probe] = opened.slice(i * fields.length);
      verifications.push({
        id: row.id,
        at: time(row.created_at),
        kind: row.kind,
        profile: row.profile,
        profileVersion: row.profile_version,
        verified: row.verified === 1,
        reason: row.reason ?? undefined,
        confidence: row.confidence,
        compositeScore: row.composite,
        assurance: row.assurance,
        captureSource: row.capture_source ?? undefined,
        scorer: row.scorer ?? undefined,
        holdsFor: holdsForOf(row),
        pictures: row.pictures ?? undefined,
        galleryShift: row.gallery_shift ?? undefined,
        gallerySize: row.gallery_size ?? undefined,
        peopleAlike: row.people_alike ?? undefined,
        checkResults: JSON.parse(row.checks),
        models: JSON.parse(row.models),
        timing: JSON.parse(row.timing),
        by: row.actor,
        location: jsonOf(location),
        device: jsonOf(device),
        probe: shownProbe(probe),
      });
    }
  }
  return verifications;
}
