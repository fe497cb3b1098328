import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { type BehaviorModel, researchModel } from '../behavior/index.ts';
import { createLayerStore, type LayerRow } from './layer-store.ts';

/** How windows of an organization are judged: by rules alone, or by a learned layer too. */
export interface ChosenLayer {
  layer: 'rules' | 'research';
  /** Of the learned layer in use. */
  model?: Pick<BehaviorModel, 'id' | 'z0' | 'trained'>;
  /** Who accepted the doubt about the licence of `model`, and when. */
  accepted?: { by: string; at: number; model: string };
  /** The learned layer that may be chosen, and why its licence is doubtful. */
  offered: Pick<BehaviorModel, 'id' | 'trained'>;
}

export interface LayerChange {
  layer: ChosenLayer['layer'];
  acceptLicenceDoubt: boolean;
}

/** The learned layer of the behavior score: off until an administrator accepts the doubt about the licence of its weights. */
export interface BehaviorLayers {
  /** Reads what is kept. Call it at start. */
  load(): Promise<void>;
  /** What `judgeBehavior` takes; from memory. */
  learned(organization: OrganizationId): { model?: BehaviorModel };
  describe(organization: OrganizationId): ChosenLayer;
  /** Throws LICENCE_NOT_ACCEPTED for weights of a doubtful licence without `acceptLicenceDoubt`. */
  choose(organization: OrganizationId, change: LayerChange, actor: Actor): Promise<ChosenLayer>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export interface BehaviorLayersDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
}

export function createBehaviorLayers({
  db,
  inTransaction,
  audit,
  clock,
}: BehaviorLayersDeps): BehaviorLayers {
  const store = createLayerStore({ db });
  let rows = new Map<string, LayerRow>();

  const describe = (organization: OrganizationId): ChosenLayer => describeRow(rows.get(organization));

  return {
    async load() {
      rows = new Map((await store.all()).map((row) => [row.organization, row]));
    },
    learned: (organization) => {
      const model = modelOf(rows.get(organization));
      return model ? { model } : {};
    },
    describe,
    async choose(organization, { layer, acceptLicenceDoubt }, actor) {
      const after = await inTransaction(async (tx: Tx) => {
        const before = await store.of(tx, organization);
        const accepted = acceptance(before, { layer, acceptLicenceDoubt }, actor, clock.now());
        const row: LayerRow = { organization, layer, ...accepted };
        await store.put(tx, row);
        const details = {
          from: before?.layer ?? 'rules',
          to: layer,
          model: accepted.accepted_model ?? undefined,
        };
        await audit.add(tx, { actor, action: 'behavior.layer', organization, target: organization, details });
        return row;
      });
      rows.set(organization, after);
      return describe(organization);
    },
    async forget(organization) {
      await inTransaction((tx: Tx) => store.remove(tx, organization));
      rows.delete(organization);
    },
  };
}

type Acceptance = Pick<LayerRow, 'accepted_model' | 'accepted_by' | 'accepted_at'>;

/** An acceptance stays on record while the layer is switched off and on; other weights need another. */
function acceptance(
  before: LayerRow | undefined,
  { layer, acceptLicenceDoubt }: LayerChange,
  actor: Actor,
  now: number,
): Acceptance {
  const known = {
    accepted_model: before?.accepted_model ?? null,
    accepted_by: before?.accepted_by ?? null,
    accepted_at: before?.accepted_at ?? null,
  };
  if (layer === 'rules' || known.accepted_model === researchModel.id) return known;
  if (acceptLicenceDoubt)
    return { accepted_model: researchModel.id, accepted_by: describeActor(actor), accepted_at: now };
  throw new Problem(
    'LICENCE_NOT_ACCEPTED',
    `${researchModel.trained.doubt ?? 'The licence of these weights is doubtful.'} Accept the doubt with acceptLicenceDoubt, or stay with the rules.`,
  );
}

/** Weights that an update of the product replaced are not in use until their doubt is accepted again. */
const modelOf = (row: LayerRow | undefined): BehaviorModel | undefined =>
  row?.layer === 'research' && row.accepted_model === researchModel.id ? researchModel : undefined;

function describeRow(row: LayerRow | undefined): ChosenLayer {
  const model = modelOf(row);
  return {
    layer: model ? 'research' : 'rules',
    ...(model && { model: { id: model.id, z0: model.z0, trained: model.trained } }),
    ...(row?.accepted_by != null &&
      row.accepted_at != null &&
      row.accepted_model != null && {
        accepted: { by: row.accepted_by, at: row.accepted_at, model: row.accepted_model },
      }),
    offered: { id: researchModel.id, trained: researchModel.trained },
  };
}
