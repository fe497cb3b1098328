import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { type EmbedderChange, embedderChangeOf, type Models } from '../../models/index.ts';
import type { GalleryIndex } from '../gallery-index.ts';
import type { Realm } from '../realm.ts';
import type { SubjectStore } from '../subject-store.ts';
import type { UpgradeProgress } from '../upgrade-progress-store.ts';

export interface UpgradeCountsDeps {
  store: Pick<SubjectStore, 'upgradeProgress' | 'notUpgraded' | 'countProvisional'>;
  index: Pick<GalleryIndex, 'upgrades'>;
  models: Pick<Models, 'current' | 'combinations'>;
}

/** The operations of `Subjects` that say how far a change of embedder is. */
export function createUpgradeCounts({ store, index, models }: UpgradeCountsDeps) {
  const currentChange = () => embedderChangeOf(models.combinations().scorers);
  /** People of an embedder that is switched off are in no gallery. */
  const isInMemory = ({ from }: EmbedderChange) =>
    from.every((embedder) => models.current().galleries.includes(embedder));

  function progressOf(
    realms: readonly Realm[],
    change: EmbedderChange,
    counted: Awaited<ReturnType<SubjectStore['countProvisional']>>[number] | undefined,
  ): UpgradeProgress {
    const all = realms.map((realm) => index.upgrades(realm, change));
    const sum = (of: 'upgraded' | 'waiting') => all.reduce((total, one) => total + one[of], 0);
    const provisional = counted?.people ?? 0;
    return { upgraded: sum('upgraded'), provisional, waiting: Math.max(0, sum('waiting') - provisional) };
  }

  return {
    async upgradeProgress(realm: Realm): Promise<UpgradeProgress> {
      const change = currentChange();
      if (!change) return { upgraded: 0, provisional: 0, waiting: 0 };
      if (!isInMemory(change)) return store.upgradeProgress(realm, change);
      const [counted] = await store.countProvisional(realm);
      return progressOf([realm], change, counted);
    },
    async notUpgraded(realm: Realm, { limit, after }: { limit: number; after?: SubjectId }) {
      const change = currentChange();
      const found = change
        ? await store.notUpgraded(realm, change, { limit: limit + 1, ...defined({ after }) })
        : [];
      const people = found.slice(0, limit);
      return { people, ...(found.length > limit && { next: people.at(-1)!.id }) };
    },
    async upgradesByWorld(realms: readonly Realm[]) {
      const change = currentChange();
      if (!change || !isInMemory(change)) return [];
      const counts = await store.countProvisional();
      return [...Map.groupBy(realms, ({ world }) => world)].map(([world, own]) => {
        const counted = counts.find((one) => one.world === world);
        return { world, ...progressOf(own, change, counted) };
      });
    },
  };
}
