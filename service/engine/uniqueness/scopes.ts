import { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { id, type OfWorld, time } from '../../lib/record-fields.ts';
import type { Turns } from '../../lib/turns.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Organizations } from '../accounts/index.ts';
import type { Actor, Audit, Foundation } from '../audit/index.ts';
import {
  type Decision,
  HoldsFor,
  heldByAll,
  type Matching,
  type MatchPlan,
  matchRateForGallery,
} from '../matching/index.ts';
import { type Realm, realmKey, type Subjects } from '../people/index.ts';
import { createMemberStore } from './member-store.ts';
import {
  changedSettings,
  defaultSettings,
  keyNameOf,
  partOf,
  type Scope,
  type SettingsChange,
} from './scope.ts';
import { createScopeStore, createWaitStore } from './scope-store.ts';

/** Keys from which ids are made (storage/sealing/scope-keys.ts). */
export interface ScopeKeys {
  names(organization: OrganizationId): string[];
  make(organization: OrganizationId, name: string): Promise<void>;
  mac(organization: OrganizationId, name: string, text: string): string;
  destroy(organization: OrganizationId, name: string): Promise<void>;
}

/** From which score on a face is held for that of a member. */
const ScopeThreshold = z.object({
  threshold: z.number().describe('Score from which a face is held for that of a member'),
  fnmr: z.number().describe('Share of members who come again and are missed at it, 0..1'),
  extrapolated: z.boolean().describe('Whether it lies beyond what the tables of the scorer measure'),
});
export type ScopeThreshold = z.output<typeof ScopeThreshold>;

/** What the rates of a scope come to, with the people who are in it now. */
const ScopeThresholds = z.object({
  people: z
    .int()
    .describe('People compared: the members, and in the scope of the organization the enrolled people'),
  scorer: z.string().describe('Scorer'),
  holdsFor: HoldsFor,
  flagged: ScopeThreshold.describe('At the false-flag rate'),
  reviewed: ScopeThreshold.describe('At the review rate'),
});
export type ScopeThresholds = z.output<typeof ScopeThresholds>;

/** A scope, with what its rates come to for the people who are in it now. */
export const CountedScope = z
  .object({
    id: id<'scope'>(),
    name: z.string().describe('Name of the region; empty: the scope of the organization'),
    state: z.enum(['active', 'ended']).describe('State'),
    epoch: z.int().describe('From 1; each epoch has members and ids of its own'),
    members: z.int().describe('Humans counted in this epoch'),
    waiting: z.int().describe('Newcomers whose session waits for a reviewer'),
    thresholds: ScopeThresholds.optional().describe(
      'Thresholds that follow from the rates and the number of people, each of a comparison with one picture; absent of an ended scope, and without a model that compares',
    ),
    falseFlagRate: z.number().describe('Chance that a person who is no member is taken for one'),
    reviewRate: z.number().describe('The same, of a person who has to be compared by a reviewer'),
    onErasure: z
      .enum(['reopen', 'hold'])
      .describe(
        '`reopen`: after an erasure the human may come again as a new one; `hold`: the pseudonym and its face are kept to the end of the epoch, which the consent text has to say',
      ),
    retentionDays: z
      .int()
      .optional()
      .describe('Days after the last visit until a member is erased; absent: at the end of the scope'),
    endsAt: time('Time when the scope ends by itself; absent: it does not').optional(),
    createdAt: time('Time of its creation'),
    endedAt: time('Time of its end; absent while it is active').optional(),
  })
  .meta({
    id: 'UniquenessScope',
    description: 'A scope in which each human counts once.',
    examples: [
      {
        id: 'scp_01m7w3hb8hbf355he5zqwjztdk',
        name: 'survey-2026',
        state: 'active',
        epoch: 1,
        members: 212,
        waiting: 1,
        thresholds: {
          people: 212,
          scorer: 'rm',
          holdsFor: 'every-group' as const,
          flagged: { threshold: 0.41, fnmr: 0.14, extrapolated: false },
          reviewed: { threshold: 0.37, fnmr: 0.08, extrapolated: false },
        },
        falseFlagRate: 0.01,
        reviewRate: 0.05,
        onErasure: 'reopen',
        retentionDays: 90,
        createdAt: '2026-11-20T12:00:00.000Z',
      },
    ],
  });
export type CountedScope = OfWorld<typeof CountedScope>;

/** The scopes as administrators see and change them. */
export interface Scopes {
  /** The newest first; `name`: of this name alone. */
  page(
    realm: Realm,
    page: { before?: string; limit: number; name?: string },
  ): Promise<{ scopes: CountedScope[]; next?: string }>;
  /** Throws NOT_FOUND. */
  get(realm: Realm, id: string): Promise<CountedScope>;
  /**
   * Sets up the scope of this name, which is made where there is none, and begun again with its next epoch where it has ended. Throws
   * INVALID_REQUEST and CONFLICT.
   */
  configure(realm: Realm, name: string, change: SettingsChange, actor: Actor): Promise<CountedScope>;
  /**
   * The next epoch: everyone counts anew, with another id. The key of the one before is destroyed and its members are erased. Throws
   * CONFIRMATION_REQUIRED unless `confirm` is the name of the region, or of the organization for its own scope.
   */
  rotate(realm: Realm, id: string, confirm: string | undefined, actor: Actor): Promise<CountedScope>;
  /** As `rotate`, without a next epoch: the scope admits no person any more. */
  end(realm: Realm, id: string, confirm: string | undefined, actor: Actor): Promise<CountedScope>;
}

export interface ScopesDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  keys: ScopeKeys;
  organizations: Pick<Organizations, 'get'>;
  subjects: Pick<Subjects, 'people'>;
  matching: Pick<Matching, 'mismatch'>;
  /** By which faces are compared now. */
  planOf(realm: Realm): Promise<Pick<MatchPlan, 'scorers'>>;
  /** What is done in one scope, one after the other; by `turnOf`. */
  turns: Turns;
}

/** Scopes of one realm: each has a key of its own. */
const MOST_SCOPES = 10_000;
/** Characters of a region's name. */
const LONGEST_NAME = 128;

export const turnOf = (realm: Realm, name: string) => `${realmKey(realm)}/${name}`;

export function createScopes(deps: ScopesDeps) {
  const { organizations } = deps;
  const store = createScopeStore(deps.db);
  const make = createMake(deps);
  const endEpoch = createEndEpoch(deps);
  const configure = createConfigure(deps);
  const counted = createCount(deps);

  async function confirmed(realm: Realm, id: string, confirm: string | undefined): Promise<Scope> {
    const scope = await requireScope(deps, realm, id);
    const { name } = scope.name === '' ? await organizations.get(realm.organization) : scope;
    if (confirm === name) return scope;
    throw new Problem(
      'CONFIRMATION_REQUIRED',
      `Nothing was changed. The ids of this scope are never made again: send confirm with its name, ${name}.`,
    );
  }

  const administration: Scopes = {
    async page(realm, { limit, ...page }) {
      const found = await store.page(realm, { ...page, limit: limit + 1 });
      const scopes = await Promise.all(found.slice(0, limit).map(counted));
      return found.length > limit ? { scopes, next: scopes.at(-1)!.id } : { scopes };
    },
    get: async (realm, id) => counted(await requireScope(deps, realm, id)),
    configure: async (realm, name, change, actor) => counted(await configure(realm, name, change, actor)),
    rotate: async (realm, id, confirm, actor) =>
      counted(await endEpoch(await confirmed(realm, id, confirm), true, actor)),
    end: async (realm, id, confirm, actor) =>
      counted(await endEpoch(await confirmed(realm, id, confirm), false, actor)),
  };

  return {
    administration,
    /** The scope of this name for a person who comes; made with the rates of the organization's where there is none. In its turn. */
    async forUse(realm: Realm, name: string, actor: Actor): Promise<Scope> {
      const known = await store.byName(realm, name);
      const own = known ?? (name === '' ? undefined : await store.byName(realm, ''));
      const { falseFlagRate, reviewRate } = own ?? defaultSettings;
      const scope =
        known ?? (await make(realm, name, { ...defaultSettings, falseFlagRate, reviewRate }, actor));
      if (scope.state === 'active') return scope;
      throw scopeEnded();
    },
    ended: scopeEnded,
    /** Without a confirmation: the time has come, or the organization is erased. */
    endNow: (scope: Scope, actor: Actor) => endEpoch(scope, false, actor),
    store,
  };
}

async function requireScope({ db }: Pick<ScopesDeps, 'db'>, realm: Realm, id: string): Promise<Scope> {
  const scope = await createScopeStore(db).byId(realm, id);
  if (scope) return scope;
  throw new Problem('NOT_FOUND', `No uniqueness scope has the id ${id} in the ${realm.world} world.`);
}

type CountDeps = Pick<ScopesDeps, 'db' | 'subjects' | 'matching' | 'planOf'>;

function createCount(deps: CountDeps) {
  const { db } = deps;
  const members = createMemberStore(db);
  const waits = createWaitStore(db);

  return async (scope: Scope): Promise<CountedScope> => ({
    ...scope,
    members: await members.count(scope),
    waiting: await waits.count(scope.id),
    ...defined({ thresholds: await thresholdsOf(deps, scope) }),
  });
}

/** As `createSight` compares: over all people of the gallery, also those who are left out of the search. */
async function thresholdsOf(
  { subjects, matching, planOf }: CountDeps,
  scope: Scope,
): Promise<ScopeThresholds | undefined> {
  if (scope.state === 'ended') return undefined;
  const plan = await planOf(scope).catch(withoutModels);
  if (!plan) return undefined;
  const enrolled = scope.name === '' ? subjects.people(scope) : 0;
  const people = subjects.people(scope, partOf(scope)) + enrolled;
  const at = (rate: number) => matching.mismatch(scope, plan, matchRateForGallery(rate, people));
  const pick = ({ threshold: { threshold, fnmr, extrapolated } }: Decision): ScopeThreshold => ({
    threshold,
    fnmr,
    extrapolated,
  });
  const flagged = at(scope.falseFlagRate);
  return {
    people,
    scorer: flagged.scorer.id,
    holdsFor: heldByAll(plan.scorers),
    flagged: pick(flagged),
    reviewed: pick(at(scope.reviewRate)),
  };
}

function withoutModels(error: unknown): undefined {
  if (error instanceof Problem && error.code === 'MODEL_NOT_INSTALLED') return undefined;
  throw error;
}

/** `Scopes.configure`. */
function createConfigure(deps: ScopesDeps) {
  const { db, inTransaction, keys, audit, clock, turns } = deps;
  const store = createScopeStore(db);
  const make = createMake(deps);
  const members = createMemberStore(db);

  return async function configure(
    realm: Realm,
    name: string,
    change: SettingsChange,
    actor: Actor,
  ): Promise<Scope> {
    requireName(name);
    return turns(turnOf(realm, name), async () => {
      const known = await store.byName(realm, name);
      const people = known ? await members.count(known) : 0;
      const now = clock.now();
      const settings = changedSettings(known ? lasting(known, now) : defaultSettings, change, {
        now,
        people,
      });
      if (!known) return make(realm, name, settings, actor);
      // What is absent from the settings is absent of the scope.
      const { retentionDays: _, endsAt: __, endedAt, ...rest } = known;
      const again = known.state === 'ended' && { state: 'active' as const, epoch: known.epoch + 1 };
      const after: Scope = { ...rest, ...defined({ endedAt }), ...settings, ...again };
      if (again) {
        delete after.endedAt;
        await keys.make(realm.organization, keyNameOf(after));
      }
      await inTransaction(async (tx) => {
        await store.update(tx, after);
        await writeSetUp(tx, audit, after, actor);
      });
      return after;
    });
  };
}

/** Of an ended scope without an end that has passed: with it the next epoch would be over at once. */
function lasting(scope: Scope, now: number): Scope {
  const { endsAt, ...rest } = scope;
  return scope.state === 'ended' && endsAt !== undefined && endsAt <= now ? rest : scope;
}

/** Ends the epoch; `next`: whether another begins. An ended scope stays so. */
function createEndEpoch({ db, inTransaction, keys, audit, clock, turns }: ScopesDeps) {
  const store = createScopeStore(db);
  const members = createMemberStore(db);

  return (scope: Scope, next: boolean, actor: Actor): Promise<Scope> =>
    turns(turnOf(scope, scope.name), async () => {
      const { id, organization, world, name } = scope;
      const before = await requireScope({ db }, scope, id);
      if (before.state === 'ended') {
        if (!next) return before;
        throw new Problem('CONFLICT', 'This scope has ended: set it up again first.');
      }
      const after: Scope = next
        ? { ...before, epoch: before.epoch + 1 }
        : { ...before, state: 'ended', endedAt: clock.now() };
      if (next) await keys.make(organization, keyNameOf(after));
      await inTransaction(async (tx) => {
        await store.update(tx, after);
        await members.leave(tx, before);
        await audit.add(tx, {
          actor,
          organization,
          target: id,
          action: next ? 'uniqueness.rotate' : 'uniqueness.end',
          details: { world, name, epoch: before.epoch },
        });
      });
      await keys.destroy(organization, keyNameOf(before));
      return after;
    });
}

function createMake({ db, inTransaction, keys, audit, ids, clock }: ScopesDeps) {
  const store = createScopeStore(db);

  async function requireRoom(realm: Realm, tx?: Tx): Promise<void> {
    if ((await store.count(realm, tx)) >= MOST_SCOPES)
      throw new Problem('CONFLICT', `There are ${MOST_SCOPES} uniqueness scopes, which is the most.`);
  }

  return async function make(
    realm: Realm,
    name: string,
    settings: Omit<Scope, keyof Realm | 'id' | 'name' | 'state' | 'epoch' | 'createdAt'>,
    actor: Actor,
  ): Promise<Scope> {
    requireName(name);
    // Before a key is made, and again where others are made at once.
    await requireRoom(realm);
    const { organization, world } = realm;
    const state = { state: 'active', epoch: 1, createdAt: clock.now() } as const;
    const scope: Scope = { id: ids.next('scope'), organization, world, name, ...settings, ...state };
    await keys.make(organization, keyNameOf(scope));
    await inTransaction(async (tx) => {
      await requireRoom(realm, tx);
      if (!(await store.insert(tx, scope)))
        throw new Problem('CONFLICT', 'This scope is being made by another request: try again.');
      await writeSetUp(tx, audit, scope, actor);
    });
    return scope;
  };
}

const scopeEnded = () =>
  new Problem('CONFLICT', 'This uniqueness scope has ended: it admits no person any more.');

const writeSetUp = (
  tx: Tx,
  audit: Audit,
  { id, organization, createdAt: _, ...scope }: Scope,
  actor: Actor,
) => audit.add(tx, { actor, action: 'uniqueness.set-up', organization, target: id, details: { ...scope } });

/** Throws INVALID_REQUEST. */
export function requireName(name: string): void {
  if (name.length <= LONGEST_NAME && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name) && name === name.trim())
    return;
  const message = `A region has a name of at most ${LONGEST_NAME} printed characters, without spaces around it.`;
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'name', message }] });
}
