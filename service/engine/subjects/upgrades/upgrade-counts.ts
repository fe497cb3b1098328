import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { embedderChangeOf, type Models } from '../../models/index.ts';
import type { GalleryIndex } from '../gallery-index.ts';
import type { Realm } from '../realm.ts';
import type { SubjectStore } from '../subject-store.ts';

export interface UpgradeCountsDeps {
  store: Pick<SubjectStore, 'upgradeProgress' | 'notUpgraded' | 'countProvisional'>;
  index: Pick<GalleryIndex, 'upgrades'>;
  models: Pick<Models, 'combinations'>;
  /** The embedders of the galleries. */
  embedders(): readonly string[];
}

/** The operations of `Subjects` that say how far a change of embedder is. */
export function createUpgradeCounts({ store, index, models, embedders }: UpgradeCountsDeps) {
  return {
    async upgradeProgress(realm: Realm) {
      const change = embedderChangeOf(models.combinations().scorers);
      return change ? store.upgradeProgress(realm, change) : { upgraded: 0, provisional: 0, waiting: 0 };
    },
    async notUpgraded(realm: Realm, { limit, after }: { limit: number; after?: SubjectId }) {
      const change = embedderChangeOf(models.combinations().scorers);
      const found = change
        ? await store.notUpgraded(realm, change, { limit: limit + 1, ...defined({ after }) })
        : [];
      const people = found.slice(0, limit);
      return { people, ...(found.length > limit && { next: people.at(-1)!.id }) };
    },
    async upgradesByWorld(realms: readonly Realm[]) {
      const change = embedderChangeOf(models.combinations().scorers);
      // People of an embedder that is switched off are in no gallery.
      if (!change?.from.every((embedder) => embedders().includes(embedder))) return [];
      const provisional = await store.countProvisional();
      return [...Map.groupBy(realms, ({ world }) => world)].map(([world, own]) => {
        const all = own.map((realm) => index.upgrades(realm, change));
        const half = provisional.find((one) => one.world === world)?.people ?? 0;
        const sum = (of: 'upgraded' | 'waiting') => all.reduce((total, one) => total + one[of], 0);
        return {
          world,
          upgraded: sum('upgraded'),
          provisional: half,
          waiting: Math.max(0, sum('waiting') - half),
        };
      });
    },
  };
}
