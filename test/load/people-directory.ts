import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createSubjectStore } from '../../service/engine/people/subjects/subject-store.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';
import type { WrappedPersonKey } from '../../service/storage/keys/wrapped-key.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';
import { createRandom } from '../accuracy/random.ts';

const PAGE = 500;

/**
 * Puts `count` people with one template each into an initialized data directory without a running service, sealed as the product
 * seals them; the vectors are random. Calls `progress` with the count after each page.
 */
export async function addPeople(
  data: string,
  {
    organization,
    count,
    manifest,
    nameOf = () => undefined,
  }: {
    organization: OrganizationId;
    count: number;
    manifest: Manifest;
    nameOf?: (number: number) => string | undefined;
  },
  progress: (done: number) => void,
): Promise<void> {
  const clock = systemClock;
  const ids = createIds(clock);
  const random = createRandom(count);
  const embedder = manifest.models.find(
    ({ role, needsLicenceAcceptance }) => role === 'embedder' && !needsLicenceAcceptance,
  )!;
  const database = await openDatabase(
    { kind: 'sqlite', path: join(data, 'gatehouse.db') },
    { clock, log: silentLog },
  );
  const vault = await openVault(data, { db: database.db, clock, log: silentLog });
  // One transaction and one wait for the disk for each key would take most of the time: they are written together at the end.
  const keys: WrappedPersonKey[] = [];
  const sealer = await createSealer({
    keys: { ...vault.keys, addPerson: async (key) => void keys.push(key) },
    master: vault.master,
    clock,
    log: silentLog,
  });
  const store = createSubjectStore({ db: database.db, sealer });
  const realm = { organization, world: 'live' as const };
  const at = clock.now();

  async function person(number: number) {
    const subject = ids.next('subject');
    await store.createKey(organization, subject);
    const email = `p${number}@example.com`;
    const id = ids.next('template');
    return {
      subject: {
        id: subject,
        ...realm,
        email_hash: store.emailHash(organization, email),
        ...(await store.sealPerson(realm, subject, email, nameOf(number))),
        created_at: at,
        updated_at: at,
      },
      template: {
        id,
        ...realm,
        subject,
        enrollment: ids.next('enrollment'),
        embedder: embedder.id,
        embedder_sha256: embedder.sha256,
        mark_sealed: null,
        ...(await store.sealVector(
          { id, ...realm, subject },
          unitVector(embedder.dimensions!, random),
          store.transformOf(organization),
        )),
        quality: 0.5,
        created_at: at,
      },
    };
  }

  try {
    for (let done = 0; done < count; ) {
      const people: Awaited<ReturnType<typeof person>>[] = [];
      for (; people.length < PAGE && done < count; done++) people.push(await person(done));
      await database.inTransaction(async (tx) => {
        for (const { subject } of people) await store.insertSubject(tx, subject);
        await store.insertTemplates(
          tx,
          people.map(({ template }) => template),
        );
      });
      progress(done);
    }
  } finally {
    await vault.close();
    await database.close();
  }
  addKeys(data, keys, at);
}

function addKeys(data: string, keys: readonly WrappedPersonKey[], at: number): void {
  const database = new Sqlite(join(data, 'keys.db'));
  const insert = database.prepare(
    'insert into person_key (subject, organization, generation, wrapped, created_at) values (?, ?, ?, ?, ?)',
  );
  database.transaction(() => {
    for (const { subject, organization, generation, wrapped } of keys)
      insert.run(subject, organization, generation, wrapped, at);
    database.prepare('update store_state set revision = revision + 1').run();
  })();
  database.close();
}

function unitVector(dimensions: number, random: () => number): Float32Array {
  const vector = Float32Array.from({ length: dimensions }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
