import { fromVerdict } from '../../../service/doors/identity/translate.ts';
import { builtInProfiles } from '../../../service/engine/matching/index.ts';
import type { Problem } from '../../../service/lib/problem.ts';
import { profilesPage } from '../../../service/reference/pages.ts';
import { key, operator, startEngine } from '../../support/engine.ts';
import { analysisOf, direction } from '../../support/faces.ts';
import { asWrittenByService } from '../../support/integrity.ts';

// Runs in a copy of the tree to which a check was added: prints what became of it.
const engine = await startEngine();
const { organization, checks, db } = engine;
const picture = engine.analyzer.show(
  'alice',
  analysisOf('alice', { embeddings: { 'a-net': direction('alice') } }),
);
const base = { organization, world: 'test', picture, email: 'alice@example.com', actor: key } as const;
await checks.enroll(base);

const { definition } = builtInProfiles[0]!;
const strict = {
  ...definition,
  checks: { ...definition.checks, headroom: { enabled: true, weight: 2, threshold: 0.5, hardFail: true } },
  headroom: { least: 10 },
};
const set = await checks.setProfile(organization, 'roomy', strict, operator);

// As a release without the check stored it.
const { headroom: _, ...eight } = definition.checks as Record<string, unknown>;
await db
  .insertInto('profile')
  .values({
    id: 'prof_older',
    organization,
    slug: 'older',
    version: 1,
    definition: JSON.stringify({ ...definition, checks: eight }),
    created_at: 0,
    created_by: 'operator ada',
    removed_at: null,
  })
  .execute();
await asWrittenByService(engine, 'profile');

const accepted = await checks.verify(base);
const refusal = await checks.verify({ ...base, profile: 'roomy' }).catch((error: Problem) => error);
const older = await checks.verify({ ...base, profile: 'older' });
const rows = await db.selectFrom('verification').select('checks').orderBy('id').execute();
const outbox = await db.selectFrom('outbox').select(['type', 'payload']).orderBy('id').execute();

console.log(
  JSON.stringify({
    setting: set.definition,
    accepted: fromVerdict(accepted),
    composite: accepted.compositeScore,
    refusal,
    older: older.checkResults.map(({ check }) => check),
    stored: rows.map(({ checks: stored }) => JSON.parse(stored)),
    events: outbox
      .filter(({ type }) => type.startsWith('verification.'))
      .map(({ payload }) => JSON.parse(payload)),
    page: profilesPage(),
  }),
);
await engine.stop();
