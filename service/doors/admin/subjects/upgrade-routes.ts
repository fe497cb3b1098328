import type { Subjects } from '../../../engine/subjects/index.ts';
import { pageOf } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { TemplateUpgrades, UpgradeQuery } from './wire.ts';

export interface UpgradeRouteDeps {
  subjects: Pick<Subjects, 'upgradeProgress' | 'notUpgraded' | 'named'>;
}

/** How far the change to another embedder is. */
export const upgradeRoutes = ({ subjects }: UpgradeRouteDeps): AdminRoute[] => [
  route({
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may list or change people: on the box run "gatehouse subject".',
    method: 'GET',
    url: '/template-upgrades',
    operationId: 'listTemplateUpgrades',
    effect: 'none',
    summary: 'List people without a template of the present model',
    description:
      'People whose confirmed pictures have templates of a superseded embedding model alone, and how many have templates of the present one already. They are compared by the former model until two verified visits, an enrollment by staff or an import with pictures make new templates. A profile that stops accepting the former model (`models.supersededUntil`) refuses the people listed here. A listing with `names` is recorded in the audit log.',
    may: { operator: true, administrator: readers, key: false },
    query: UpgradeQuery,
    reply: TemplateUpgrades,
    async handle({ realm, query: { limit, cursor, names }, who }) {
      const after = cursor as SubjectId | undefined;
      const { people, next } = await subjects.notUpgraded(realm, { limit, ...defined({ after }) });
      const ids = people.map(({ id }) => id);
      const named = new Map(
        (names ? await subjects.named(realm, ids, who) : []).map((person) => [person.id, person]),
      );
      const items = people.map((one) => {
        const { email, name } = named.get(one.id) ?? {};
        return { ...one, ...defined({ email, name }) };
      });
      return { ...(await subjects.upgradeProgress(realm)), ...pageOf(items, next) };
    },
  }),
];
