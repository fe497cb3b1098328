import { createHash, randomFillSync } from 'node:crypto';
import { createStaff } from '../../service/compose/accounts.ts';
import { createPersonalData, tablesWithoutPersons } from '../../service/compose/personal-data.ts';
import type { HashingOptions } from '../../service/engine/accounts/administrators/passwords/password-rules.ts';
import {
  createAccess,
  createApprovals,
  createIdempotency,
  createLimits,
  createOrganizations,
  createPersonTokens,
  createSetup,
  insertTokenUse,
} from '../../service/engine/accounts/index.ts';
import { createRecordIntegrity } from '../../service/engine/appliance/index.ts';
import { type Actor, createAudit, createAuditLog } from '../../service/engine/audit/index.ts';
import {
  createBehaviorChallenges,
  createBehaviorLayers,
  createBehaviorSettings,
  createHeartbeats,
  createVerdicts,
} from '../../service/engine/behavior/index.ts';
import { createConsentReceipts, createConsents, purposes } from '../../service/engine/consent/index.ts';
import { createEvents } from '../../service/engine/events/index.ts';
import { createFlows } from '../../service/engine/live/index.ts';
import {
  circumstancesIn,
  createCaptures,
  createMatching,
  createProfiles,
  createRefusedPictures,
  planMatching,
  withTestPeople,
} from '../../service/engine/matching/index.ts';
import { createModels } from '../../service/engine/models/index.ts';
import { createSubjects } from '../../service/engine/people/index.ts';
import {
  createDuplicateCandidates,
  createReviews,
  createUniqueness,
  type DecidedNewcomer,
} from '../../service/engine/uniqueness/index.ts';
import {
  type ChecksDeps,
  createChecks,
  createPastVerifications,
} from '../../service/engine/verification/index.ts';
import { createGalleries, type Galleries } from '../../service/inference/gallery/galleries.ts';
import type {
  Manifest,
  ModelEntry,
  PadSetEntry,
  ScorerEntry,
} from '../../service/inference/models/manifest.ts';
import type { ModelLibrary } from '../../service/inference/models/model-library.ts';
import type { Clock } from '../../service/lib/clock.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { Problem } from '../../service/lib/problem.ts';
import type { DatabaseLocation } from '../../service/storage/connection.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';
import { createNoteGuard, openNoteGuard } from '../../service/storage/keys/note-guard.ts';
import { openOrganizationKeys } from '../../service/storage/keys/organization-keys.ts';
import { openSigningKeys, verifySignature } from '../../service/storage/keys/signing-keys.ts';
import { createLeases } from '../../service/storage/leases.ts';
import { createMasterKey } from '../../service/storage/master/master-key.ts';
import { alone } from '../../service/storage/position/position.ts';
import { onlyRun } from '../../service/storage/runs.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';
import { createScriptedAnalyzer, type ScriptedAnalyzer } from './faces.ts';
import { openFlows } from './live-sessions.ts';
import { openTestDatabase } from './memory-database.ts';

export const operator: Actor = { is: 'operator', name: 'ada' };
export const key: Actor = { is: 'key', key: 'key_1' };

/** Pictures of challenges that say what they show. */
export const challengePictures = {
  label: async (name: string) => `data:image/webp;base64,${name}`,
  route: async () => 'data:image/webp;base64,route',
};

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export function modelEntry(id: string, role: ModelEntry['role'], more: Partial<ModelEntry> = {}): ModelEntry {
  return {
    id,
    name: id,
    role,
    decoder:
      role === 'detector'
        ? 'blazeface'
        : role === 'embedder'
          ? 'embedding'
          : role === 'pad'
            ? 'minifasnet'
            : 'iris',
    origin: 'built',
    file: `${id}.onnx`,
    sha256: sha256(id),
    sources: [{ file: `${id}.pth`, sha256: sha256(`${id} source`), url: 'https://models.example/set' }],
    input: { size: [8, 8], layout: 'NHWC', colour: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1], batch: false },
    inputName: 'in',
    outputs: {},
    licence: 'MIT',
    provenance: 'made for tests',
    needsLicenceAcceptance: false,
    maturity: 'proven',
    accuracy: [],
    ...more,
  };
}

const scorer = (
  id: string,
  terms: ScorerEntry['terms'],
  table: ScorerEntry['calibration']['table'],
): ScorerEntry => ({
  id,
  name: id,
  terms,
  maturity: 'proven',
  accuracy: [],
  calibration: {
    data: 'made for tests',
    date: '2026-11-20',
    genuine: 1,
    impostors: 1,
    table,
    measuredDownTo: 1e-5,
  },
});

/** A: 1e-4 at cosine 0.8; 1e-5 is the last measured. */
export const scorerR = scorer(
  'r',
  [{ model: 'a-net', weight: 1, offset: 0 }],
  [
    { score: 0, fmr: 1, fnmr: 0 },
    { score: 0.5, fmr: 0.1, fnmr: 0.001 },
    { score: 0.6, fmr: 1e-2, fnmr: 0.01 },
    { score: 0.7, fmr: 1e-3, fnmr: 0.05 },
    { score: 0.8, fmr: 1e-4, fnmr: 0.15 },
    { score: 0.85, fmr: 1e-5, fnmr: 0.25 },
  ],
);

/** Measured by groups too: the worst group has five times the false matches of the average. */
export function measuredByGroups(scorer: ScorerEntry): ScorerEntry {
  const worstOf = (fmr: number) => Math.min(1, 5 * fmr);
  const table = scorer.calibration.table.map((point) => ({
    ...point,
    worst: {
      group: 'north',
      fmr: worstOf(point.fmr),
      interval: [worstOf(point.fmr) / 2, worstOf(point.fmr)] as [number, number],
    },
  }));
  const groups = {
    data: 'groups made for tests',
    measured: [{ group: 'north', people: 2, pairs: 1 }],
    severalFrom: 'the same group',
  };
  const worstMeasuredDownTo = worstOf(scorer.calibration.measuredDownTo);
  return { ...scorer, calibration: { ...scorer.calibration, table, worstMeasuredDownTo, groups } };
}

/** The sum of both cosines: 1e-4 at 1.2. */
export const scorerBoth = scorer(
  'rm',
  [
    { model: 'a-net', weight: 1, offset: 0 },
    { model: 'b-net', weight: 1, offset: 0 },
  ],
  [
    { score: 0, fmr: 1, fnmr: 0 },
    { score: 0.8, fmr: 1e-2, fnmr: 0.005 },
    { score: 1, fmr: 1e-3, fnmr: 0.02 },
    { score: 1.2, fmr: 1e-4, fnmr: 0.05 },
    { score: 1.3, fmr: 1e-5, fnmr: 0.08 },
  ],
);

export const padPair: PadSetEntry = {
  id: 'pad-pair',
  name: 'pair',
  models: [
    { model: 'pad-1', weight: 0.5 },
    { model: 'pad-2', weight: 0.5 },
  ],
  combine: 'mean-of-live-probabilities',
  maturity: 'alternate',
  thresholds: {
    apcer5: { score: 0.96, apcer: 0.05, bpcer: 0.1 },
    apcer10: { score: 0.9, apcer: 0.1, bpcer: 0.05 },
  },
  accuracy: [],
};

/** What `phantom` names: the first of the pair alone. */
const padAlone: PadSetEntry = {
  ...padPair,
  id: 'minifasnet-v2',
  name: 'alone',
  models: [{ model: 'pad-1', weight: 1 }],
};

const importable = [
  modelEntry('pad-1', 'pad', { origin: 'imported' }),
  modelEntry('pad-2', 'pad', { origin: 'imported' }),
  modelEntry('yunet', 'detector', { origin: 'imported', decoder: 'yunet' }),
];

/** Entries in memory instead of files. */
function createMemoryLibrary(scorers: ScorerEntry[]): ModelLibrary {
  const manifest: Manifest = {
    version: 1,
    models: [
      modelEntry('blazeface', 'detector'),
      modelEntry('facemesh', 'landmarks'),
      modelEntry('iris', 'iris'),
      modelEntry('a-net', 'embedder'),
      modelEntry('b-net', 'embedder', { needsLicenceAcceptance: true, doubts: 'Research data.' }),
    ],
    scorers,
    padSets: [padPair, padAlone],
  };
  return {
    manifest: () => ({ ...manifest, models: [...manifest.models] }),
    importable: () => importable,
    catalog: () => ({ files: [], padSets: [padPair, padAlone] }),
    verify: async () =>
      manifest.models.map(({ id, file, sha256: expected }) => ({
        id,
        file,
        ok: true,
        expected,
        found: expected,
      })),
    damaged: () => [],
    async add(entry, onnx, own = { scorers: [], padSets: [] }) {
      const found = createHash('sha256').update(onnx).digest('hex');
      if (found !== entry.sha256)
        throw new Problem('INVALID_REQUEST', `expected ${entry.sha256}, found ${found}`);
      manifest.models = [...manifest.models.filter(({ id }) => id !== entry.id), entry];
      manifest.scorers = [...manifest.scorers, ...own.scorers];
      return entry;
    },
    imported: () => ({ models: [], scorers: [], padSets: [] }),
    follow: async () => {},
    async remove(id) {
      if (manifest.models.find((entry) => entry.id === id)?.origin === 'built')
        throw new Problem('CONFLICT', `${id} is built in`);
      manifest.models = manifest.models.filter((entry) => entry.id !== id);
    },
  };
}

function createManualClock(start = Date.UTC(2026, 10, 20, 12)): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** What hashing a password costs in tests. */
const cheapHashing = { cost: { memoryKiB: 8, passes: 1 } };

/** What an organization attests that may enroll real people. */
export const consentOfAll = {
  textVersion: 'v1',
  purposes: [...purposes],
  method: 'form',
  legalBasis: 'consent',
};

/** The whole engine over a database (SQLite in memory unless given) and real galleries, with scripted pictures and one organization. */
export async function startEngine({
  most,
  location = { kind: 'sqlite-memory' },
  attested = true,
  start,
  scorers = [scorerR, scorerBoth],
  hashing,
}: {
  most?: number;
  location?: DatabaseLocation;
  /** Whether the organization has said on what consent it enrolls real people. */
  attested?: boolean;
  /** Where the clock stands first; midday of 2026-11-20 UTC unless given. */
  start?: number;
  scorers?: ScorerEntry[];
  /** Of passwords, beside that it costs little. */
  hashing?: HashingOptions;
} = {}) {
  const clock = createManualClock(start);
  const steady = { begun: clock.now(), now: clock.now };
  let made = 0;
  // The clock stands still: ids count up instead, so that rows keep the order they were written in.
  const ids = createIds(clock, (into) => new DataView(into.buffer).setUint32(12, ++made));
  const log = silentLog;
  const { db, locks, close, ...database } = await openTestDatabase(location, { clock, log });
  const leases = createLeases();
  const inTransaction = leases.fenced(database.inTransaction);
  const keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  const master = createMasterKey(new Uint8Array(32).fill(7));
  const organizationKeys = await openOrganizationKeys({ keys, master, random: randomFillSync });
  const sealer = await createSealer({ keys, master, organizations: organizationKeys, clock, log });
  const galleries = createGalleries({ log });
  const library = createMemoryLibrary(scorers);
  const audit = createAudit({ ids, clock, sealer });
  const signing = await openSigningKeys({ keys, master });
  const { integrity, checkpointNote } = await openNoteGuard({
    held: undefined,
    keys,
    master,
    copies: { readNotes: async () => [] },
    guard: createNoteGuard(),
  });
  const appliance = 'apl_test';
  const auditLog = createAuditLog({
    audit,
    db,
    inTransaction,
    signing,
    note: checkpointNote,
    appliance,
    clock,
    log,
  });
  const scripted = createScriptedAnalyzer();
  const analyzer: ScriptedAnalyzer = {
    show: scripted.show,
    ...withTestPeople(scripted, (net) => (net === 'b-net' ? 64 : 128)),
  };
  const events = createEvents({ ids, clock, sealer });
  const limits = createLimits({ db, inTransaction, sealer, audit, clock, log, elapsed: () => clock.now() });
  const profiles = createProfiles({ db, inTransaction, audit, ids, clock, log, integrity });
  const shared = {
    db,
    inTransaction,
    sealer,
    audit,
    events,
    limits,
    profiles,
    ids,
    clock,
    steady,
    locks,
    log,
    integrity,
    runs: onlyRun('run_1'),
    leases,
    position: alone,
  };
  const models = await createModels({ ...shared, library });
  const organizations = createOrganizations(shared);
  const access = createAccess({ ...shared, integrity, organizations });
  const consents = createConsents({ ...shared, organizations });
  const consentReceipts = createConsentReceipts({ ...shared, organizations, signing, appliance });
  const personalData = createPersonalData({ ...shared, organizations });
  const opened = [galleries];
  function openEmpty() {
    opened.push(createGalleries({ log }));
    return opened.at(-1)!;
  }
  const openSubjects = (over: Galleries = openEmpty(), transaction = inTransaction) =>
    createSubjects({
      ...shared,
      inTransaction: transaction,
      consents,
      position: alone,
      galleries: over,
      models,
      log,
      personalData,
      ...(most === undefined ? {} : { most }),
    });
  const subjects = openSubjects(galleries);
  const candidates = createDuplicateCandidates(shared);
  const refusedPictures = createRefusedPictures(shared);
  const staff = createStaff({
    ...shared,
    signing,
    judge: () => checks.administratorFaces,
    organizations,
    hashing: { ...cheapHashing, ...hashing },
    pinCost: 64,
  });
  const setupTokens: string[] = [];
  const setup = createSetup({
    ...shared,
    ...staff,
    integrity,
    organizations,
    hasPeople: async (realm) => (await subjects.count(realm)) > 0,
    random: randomFillSync,
    file: {
      read: () => setupTokens[0],
      write: (token) => void setupTokens.splice(0, 1, token),
      remove: () => void setupTokens.splice(0, 1),
    },
  });
  const { requireOwnersFactor } = setup;
  const openChecks = (over: Partial<ChecksDeps> = {}) =>
    createChecks({
      ...shared,
      candidates,
      refusedPictures,
      analyzer,
      subjects,
      organizations,
      consents,
      models,
      requireOwnersFactor,
      ...over,
    });
  const checks = openChecks();
  const faceOf = checks.faceForReview;
  const newcomers: DecidedNewcomer[] = [];
  const uniqueness = createUniqueness({
    ...shared,
    subjects,
    organizations,
    models,
    consents,
    candidates,
    keys: sealer.scopeKeys,
    matching: createMatching({
      subjects,
      shifts: { of: () => () => 0, calibrationStateOf: () => () => 'not-measured' },
    }),
    planOf: async (realm) =>
      planMatching(
        await profiles.get(realm.organization, 'default'),
        circumstancesIn({ models, subjects, clock }, realm),
      ),
    decided: async (_, one) => void newcomers.push(one),
  });
  const reviews = createReviews({
    ...shared,
    subjects,
    organizations,
    models,
    faceOf,
    newcomers: uniqueness.newcomers,
  });
  const organization = (await organizations.create({ name: 'Acme' }, operator)).id;
  if (attested) await organizations.attestConsent(organization, consentOfAll, operator);
  const behaviorSettings = createBehaviorSettings(shared);
  const behaviorLayers = createBehaviorLayers(shared);
  const verdicts = createVerdicts({
    ...shared,
    integrity,
    settings: behaviorSettings,
    receives: () => false,
    use: insertTokenUse,
    learned: (realm) => behaviorLayers.learned(realm.organization),
  });
  const behavior = { ...shared, integrity, behaviorSettings, verdicts, pictures: challengePictures };
  const recordIntegrity = createRecordIntegrity({
    ...shared,
    keys,
    master,
    organizations: organizationKeys,
    signing: { ...signing, verify: verifySignature },
    changed: async () => {
      profiles.forgetRead();
      behaviorSettings.forgetRead();
    },
  });
  const engine = {
    ...shared,
    recordIntegrity,
    master,
    organizationKeys,
    behaviorSettings,
    /** No webhook takes its events; `openEventsOut` gives one whose events go out. */
    verdicts,
    behaviorChallenges: createBehaviorChallenges(behavior),
    heartbeats: createHeartbeats(behavior),
    personalData,
    tablesWithoutPersons,
    advance: clock.advance,
    keys,
    integrity,
    signing,
    auditLog,
    analyzer,
    galleries,
    library,
    models,
    organizations,
    access,
    ...staff,
    approvals: createApprovals({ ...shared, ...staff, organizations }),
    personTokens: createPersonTokens({ ...shared, signing, issuer: appliance }),
    idempotency: createIdempotency({ ...shared, integrity }),
    setup,
    setupTokenFile: '/data/setup-token',
    /** What the file of the setup token holds. */
    setupTokens,
    consents,
    consentReceipts,
    subjects,
    /** A second start over the same database, with empty galleries. */
    openSubjects,
    candidates,
    reviews,
    uniqueness,
    uniquenessScopes: uniqueness.scopes,
    /** Sessions that waited for a reviewer, as they were decided. */
    newcomers,
    /** Takes the file as it is. */
    readLogo: async (png: Uint8Array) => ({ png, width: 120, height: 40 }),
    behaviorLayers,
    flows: createFlows({ ...shared, organizations }),
    checks,
    captures: createCaptures({ ...shared, analyzer, models }),
    pastVerifications: createPastVerifications({ ...shared, subjects }),
    /** The same with another part in place of one of these. */
    openChecks,
    organization,
    /** Installs the PAD pair, as an import would. */
    async installPad() {
      for (const id of ['pad-1', 'pad-2']) await importModel(models, id);
    },
    importModel: (id: string) => importModel(models, id),
    async stop() {
      await engine.verdicts.settled();
      await access.settled();
      await subjects.closeSearch();
      for (const one of opened) await one.close();
      await close();
      await keys.close();
    },
  };
  return { ...engine, ...openFlows(engine) };
}

export type Engine = Awaited<ReturnType<typeof startEngine>>;

async function importModel(models: Awaited<ReturnType<typeof createModels>>, id: string): Promise<void> {
  const entry = importable.find((one) => one.id === id)!;
  await models.import({ onnx: new TextEncoder().encode(id), entry }, operator);
}
