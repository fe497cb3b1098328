import { createHash } from 'node:crypto';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import { BehaviorModel, researchModel } from '../model/behavior-model.ts';
import { createLayerStore, type LayerRow } from './layer-store.ts';

type Weights = Pick<BehaviorModel, 'id' | 'z0' | 'trained'> & { sha256: string };

/** How windows of an organization are judged: by rules alone, or by a learned layer too. */
export interface ChosenLayer {
  layer: 'rules' | 'research' | 'own';
  /** Of the learned layer in use. */
  model?: Weights;
  /** Who accepted the doubt about the licence of `model`, and when. */
  accepted?: { by: string; at: number; model: string };
  /** The learned layer that may be chosen, and why its licence is doubtful. */
  offered: Weights;
  /** Weights that the organization has given. */
  own?: Weights;
}

export interface LayerChange {
  layer: ChosenLayer['layer'];
  acceptLicenceDoubt: boolean;
  /** New weights for the layer `own`. */
  weights?: BehaviorModel;
}

/**
 * The learned layer of the behavior score: off until an administrator accepts the doubt about the licence of its weights, or brings
 * weights of the organization's own.
 */
export interface BehaviorLayers {
  /** Reads what is kept. Call it at start. */
  load(): Promise<void>;
  /** What `judgeBehavior` takes; from memory. */
  learned(organization: OrganizationId): { model?: BehaviorModel };
  describe(organization: OrganizationId): ChosenLayer;
  /** The weights in use; throws CONFLICT where rules judge alone. */
  weights(organization: OrganizationId): BehaviorModel;
  /**
   * Throws LICENCE_NOT_ACCEPTED for weights of a doubtful licence without `acceptLicenceDoubt`, CONFLICT for `own` where there are
   * none.
   */
  choose(organization: OrganizationId, change: LayerChange, actor: Actor): Promise<ChosenLayer>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface BehaviorLayersDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  integrity: RowIntegrity;
}

/** A row as it is used. */
interface Kept {
  row: LayerRow;
  model?: BehaviorModel;
  own?: BehaviorModel;
}

export function createBehaviorLayers({
  db,
  inTransaction,
  audit,
  clock,
  integrity,
}: BehaviorLayersDeps): BehaviorLayers {
  const store = createLayerStore({ db, integrity });
  let kept = new Map<string, Kept>();

  const describe = (organization: OrganizationId): ChosenLayer => describeKept(kept.get(organization));

  return {
    async load() {
      kept = new Map((await store.all()).map((row) => [row.organization, read(row)]));
    },
    learned(organization) {
      const { model } = kept.get(organization) ?? {};
      return model ? { model } : {};
    },
    describe,
    weights(organization) {
      const { model } = kept.get(organization) ?? {};
      if (model) return model;
      throw new Problem('CONFLICT', 'Rules judge alone here: choose a learned layer first.');
    },
    async choose(organization, wanted, actor) {
      const after = await inTransaction(async (tx) => {
        const before = read((await store.of(tx, organization)) ?? nothingChosen(organization));
        const { row, details } = chosenRow(before, wanted, actor, clock.now());
        await store.put(tx, row);
        await audit.add(tx, {
          actor,
          action: 'behavior.layer',
          organization,
          target: organization,
          details,
        });
        return row;
      });
      kept.set(organization, read(after));
      return describe(organization);
    },
    async forget(organization) {
      await inTransaction((tx) => store.remove(tx, organization));
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
      'There are no own weights yet: give their file with "gatehouse behavior layer --use own --weights FILE".',
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

const nothingChosen = (organization: string): LayerRow => ({
  organization,
  layer: 'rules',
  own_weights: null,
  accepted_model: null,
  accepted_by: null,
  accepted_at: null,
});

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
  return { row, ...(own && { own }), ...(model && { model }) };
}

function describeKept({ row, model, own }: Partial<Kept> = {}): ChosenLayer {
  const { accepted_by: by, accepted_at: at, accepted_model } = row ?? {};
  return {
    layer: model ? (model === own ? 'own' : 'research') : 'rules',
    ...(model && { model: describeWeights(model) }),
    ...(typeof by === 'string' &&
      typeof at === 'number' &&
      typeof accepted_model === 'string' && { accepted: { by, at, model: accepted_model } }),
    offered: describeWeights(researchModel),
    ...(own && { own: describeWeights(own) }),
  };
}

const describeWeights = (model: BehaviorModel): Weights => ({
  id: model.id,
  z0: model.z0,
  trained: model.trained,
  sha256: sha256Of(model),
});

const sha256Of = (model: BehaviorModel): string =>
  createHash('sha256')
    .update(JSON.stringify(BehaviorModel.parse(model)))
    .digest('hex');
