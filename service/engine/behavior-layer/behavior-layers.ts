import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import {
  BehaviorModel,
  FEWEST_PEOPLE,
  FEWEST_WINDOWS,
  refuseFarZero,
  researchModel,
  type SiteZero,
} from '../behavior/index.ts';
import { createConfirmed, type SiteZeros } from './confirmed.ts';
import { deleteFiguresOfOrganization } from './confirmed-store.ts';
import { createLayerStore, type LayerRow } from './layer-store.ts';

type Weights = Pick<BehaviorModel, 'id' | 'z0' | 'trained'> & { sha256: string };

/** The zero of an organization's own people. */
export interface OwnZero extends SiteZero {
  /** SHA-256 of the weights that it is of. */
  weights: string;
  at: number;
}

/** How windows of an organization are judged: by rules alone, or by a learned layer too. */
export interface ChosenLayer {
  layer: 'rules' | 'research' | 'own';
  /** Of the learned layer in use. */
  model?: Weights;
  /** Who accepted the doubt about the licence of `model`, and when. */
  accepted?: { by: string; at: number; model: string };
  /** The learned layer that may be chosen, and why its licence is doubtful. */
  offered: Weights;
  /** Weights that the organization has trained. */
  own?: Weights;
  /** The zero in use instead of that of `model`, and its distance from it. */
  zero?: SiteZero & { at: number; drift: number };
  /** The zero moves by itself to that of people whose sessions are approved. */
  adapts: boolean;
}

export interface LayerChange {
  layer: ChosenLayer['layer'];
  acceptLicenceDoubt: boolean;
  /** New weights for the layer `own`. */
  weights?: BehaviorModel;
}

/**
 * The learned layer of the behavior score: off until an administrator accepts the doubt about the licence of its weights, or brings
 * weights trained on the site's own people.
 */
export interface BehaviorLayers extends SiteZeros {
  /** Reads what is kept. Call it at start. */
  load(): Promise<void>;
  /** What `judgeBehavior` takes; from memory. */
  learned(organization: OrganizationId): { model?: BehaviorModel; z0?: number };
  describe(organization: OrganizationId): ChosenLayer;
  /** The weights in use; throws CONFLICT where rules judge alone. */
  weights(organization: OrganizationId): BehaviorModel;
  /**
   * Throws LICENCE_NOT_ACCEPTED for weights of a doubtful licence without `acceptLicenceDoubt`, CONFLICT for `own` where there are
   * none.
   */
  choose(organization: OrganizationId, change: LayerChange, actor: Actor): Promise<ChosenLayer>;
  /** Sets the zero of the weights in use, or goes back to theirs. Throws CONFLICT for too few people, and too far a zero. */
  setZero(organization: OrganizationId, zero: SiteZero | undefined, actor: Actor): Promise<ChosenLayer>;
  /** Whether the zero moves by itself. Off when nothing was chosen. */
  adapt(organization: OrganizationId, does: boolean, actor: Actor): Promise<ChosenLayer>;
  /** Daily: forgets figures of more than thirty days, and moves the zero where an organization has it adapt. */
  tend(): Promise<void>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface BehaviorLayersDeps {
  db: Db;
  /** A keyed hash of the organization. */
  sealer: { emailHash(organization: OrganizationId, text: string): string };
  log?: Pick<Log, 'warn'>;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
}

/** A row as it is used. */
interface Kept {
  row: LayerRow;
  model?: BehaviorModel;
  own?: BehaviorModel;
  zero?: OwnZero;
}

export function createBehaviorLayers({
  db,
  inTransaction,
  audit,
  clock,
  sealer,
  log,
}: BehaviorLayersDeps): BehaviorLayers {
  const store = createLayerStore({ db });
  let kept = new Map<string, Kept>();

  const describe = (organization: OrganizationId): ChosenLayer => describeKept(kept.get(organization));

  async function change(
    organization: OrganizationId,
    actor: Actor,
    changed: (before: Kept) => { row: LayerRow; details: Record<string, string | number | undefined> },
    action: string,
  ): Promise<ChosenLayer> {
    const after = await inTransaction(async (tx: Tx) => {
      const { row, details } = changed(
        read((await store.of(tx, organization)) ?? nothingChosen(organization)),
      );
      await store.put(tx, row);
      await audit.add(tx, { actor, action, organization, target: organization, details });
      return row;
    });
    kept.set(organization, read(after));
    return describe(organization);
  }

  const setZero: BehaviorLayers['setZero'] = (organization, zero, actor) =>
    change(organization, actor, (before) => zeroRow(before, zero, clock.now()), 'behavior.zero');
  const site = createConfirmed({
    ...{ db, inTransaction, clock, sealer, setZero },
    ...(log && { log }),
    inUse: (organization) => inUse(kept.get(organization)),
  });

  return {
    measure: site.measure,
    confirmed: site.confirmed,
    tend: () => site.tend([...kept.keys()] as OrganizationId[]),
    adapt: (organization, does, actor) =>
      change(
        organization,
        actor,
        ({ row }) => ({ row: { ...row, adapts: does ? 1 : 0 }, details: { adapts: String(does) } }),
        'behavior.adapt',
      ),
    async load() {
      kept = new Map((await store.all()).map((row) => [row.organization, read(row)]));
    },
    learned(organization) {
      const { model, zero } = kept.get(organization) ?? {};
      return { ...(model && { model }), ...(zero && { z0: zero.z0 }) };
    },
    describe,
    weights: (organization) => kept.get(organization)?.model ?? refuseWithoutWeights(),
    choose: (organization, wanted, actor) =>
      change(
        organization,
        actor,
        (before) => chosenRow(before, wanted, actor, clock.now()),
        'behavior.layer',
      ),
    setZero,
    async forget(organization) {
      await inTransaction(async (tx: Tx) => {
        await deleteFiguresOfOrganization(tx, organization);
        await store.remove(tx, organization);
      });
      kept.delete(organization);
    },
  };
}

/** The row after a choice, and its audit line. */
function chosenRow({ row, own }: Kept, wanted: LayerChange, actor: Actor, now: number) {
  const weights = wanted.weights ?? own;
  if (wanted.layer === 'own' && weights === undefined)
    throw new Problem(
      'CONFLICT',
      'There are no own weights yet: train them with "gatehouse behavior train".',
    );
  const after: LayerRow = {
    ...row,
    ...acceptance(row, wanted, actor, now),
    layer: wanted.layer,
    own_weights: weights === undefined ? null : JSON.stringify(weights),
  };
  const { model } = read(after);
  const to = model && { model: model.id, sha256: sha256Of(model) };
  return { row: after, details: { from: row.layer, to: wanted.layer, ...to } };
}

/** The weights of an organization, the zero in use, and whether it moves. */
function inUse({ model, zero, row }: Partial<Kept> = {}) {
  if (!model) return undefined;
  return { model, weights: sha256Of(model), z0: zero?.z0 ?? model.z0, adapts: row?.adapts === 1 };
}

/** The row after a move of the zero, and its audit line. */
function zeroRow({ row, model }: Kept, zero: SiteZero | undefined, now: number) {
  if (model === undefined) return refuseWithoutWeights();
  if (zero) refuseZero(model, zero);
  const set: OwnZero | undefined = zero && { ...zero, weights: sha256Of(model), at: now };
  const details = { model: model.id, from: model.z0, to: zero?.z0, people: zero?.people };
  return { row: { ...row, zero: set === undefined ? null : JSON.stringify(set) }, details };
}

const nothingChosen = (organization: string): LayerRow => ({
  ...{ organization, layer: 'rules', own_weights: null, zero: null, adapts: 0 },
  ...{ accepted_model: null, accepted_by: null, accepted_at: null },
});

function refuseWithoutWeights(): never {
  throw new Problem('CONFLICT', 'Rules judge alone here: choose a learned layer first.');
}

function refuseZero(model: BehaviorModel, { z0, windows, people }: SiteZero): void {
  if (windows < FEWEST_WINDOWS || people < FEWEST_PEOPLE)
    throw new Problem(
      'CONFLICT',
      `The zero of a site needs at least ${FEWEST_WINDOWS} windows of ${FEWEST_PEOPLE} people; there are ${windows} of ${people}.`,
    );
  refuseFarZero(model, z0);
}

type Acceptance = Pick<LayerRow, 'accepted_model' | 'accepted_by' | 'accepted_at'>;

/** An acceptance stays on record while the layer is switched off and on; other weights need another. */
function acceptance(
  { accepted_model, accepted_by, accepted_at }: LayerRow,
  { layer, acceptLicenceDoubt }: LayerChange,
  actor: Actor,
  now: number,
): Acceptance {
  if (layer !== 'research' || accepted_model === researchModel.id)
    return { accepted_model, accepted_by, accepted_at };
  if (acceptLicenceDoubt)
    return { accepted_model: researchModel.id, accepted_by: describeActor(actor), accepted_at: now };
  throw new Problem(
    'LICENCE_NOT_ACCEPTED',
    `${researchModel.trained.doubt ?? 'The licence of these weights is doubtful.'} Accept the doubt with acceptLicenceDoubt (gatehouse behavior layer: --accept-licence-doubt), or stay with the rules.`,
  );
}

/** Weights that an update of the product replaced are not in use until their doubt is accepted again. */
function read(row: LayerRow): Kept {
  // Weights of a form that this program no longer reads are none: rules judge alone.
  const own =
    row.own_weights === null ? undefined : BehaviorModel.safeParse(JSON.parse(row.own_weights)).data;
  const accepted = row.layer === 'research' && row.accepted_model === researchModel.id;
  const model = accepted ? researchModel : row.layer === 'own' ? own : undefined;
  const zero = row.zero === null ? undefined : (JSON.parse(row.zero) as OwnZero);
  return {
    row,
    ...(own && { own }),
    ...(model && { model }),
    ...(model && zero?.weights === sha256Of(model) && { zero }),
  };
}

function describeKept({ row, model, own, zero }: Partial<Kept> = {}): ChosenLayer {
  const { accepted_by: by, accepted_at: at, accepted_model } = row ?? {};
  return {
    layer: model ? (model === own ? 'own' : 'research') : 'rules',
    ...(model && { model: describeWeights(model) }),
    ...(typeof by === 'string' &&
      typeof at === 'number' &&
      typeof accepted_model === 'string' && { accepted: { by, at, model: accepted_model } }),
    offered: describeWeights(researchModel),
    adapts: row?.adapts === 1,
    ...(own && { own: describeWeights(own) }),
    ...(model && zero && { zero: describeZero(zero, model) }),
  };
}

const describeWeights = (model: BehaviorModel): Weights => ({
  ...{ id: model.id, z0: model.z0, trained: model.trained, sha256: sha256Of(model) },
});

const describeZero = ({ z0, windows, people, at }: OwnZero, model: BehaviorModel) => ({
  ...{ z0, windows, people, at },
  drift: Math.round((z0 - model.z0) * 1e4) / 1e4,
});

const sha256Of = (model: BehaviorModel): string =>
  createHash('sha256')
    .update(JSON.stringify(BehaviorModel.parse(model)))
    .digest('hex');
