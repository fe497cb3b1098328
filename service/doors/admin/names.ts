import { z } from 'zod';
import type { Access, Administrators, Kiosks } from '../../engine/accounts/index.ts';
import type { Subjects } from '../../engine/people/index.ts';
import type { SubjectId } from '../../lib/id.ts';
import { byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const id = '(sub|key|ksk|adm)_[0-9a-z]{26}';
const MOST = 200;

const NamesQuery = z.strictObject({
  ids: z
    .string()
    .regex(
      new RegExp(`^${id}(,${id}){0,${MOST - 1}}$`),
      `It must be 1 to ${MOST} ids with commas between them.`,
    )
    .describe(
      `Ids of people, API keys, kiosks and administrators, at most ${MOST}, with commas between them`,
    ),
});

const NamesReply = z
  .strictObject({
    names: z
      .record(z.string(), z.string())
      .describe('Name by id; of a person without a name the e-mail address'),
  })
  .meta({
    id: 'Names',
    description: 'What ids are called. Erased people, and ids of other organizations, have no name.',
    examples: [{ names: { adm_01m7w3ayykpzv1m774b6g68g31: 'Elin Berg' } }],
  });

export interface NameRouteDeps {
  access: Pick<Access, 'namesOf'>;
  administrators: Pick<Administrators, 'list'>;
  kiosks: Pick<Kiosks, 'list'>;
  subjects: Pick<Subjects, 'named'>;
}

/** Names for the ids of a page: one query for each kind of id. */
export const nameRoutes = ({ access, administrators, kiosks, subjects }: NameRouteDeps): AdminRoute[] => [
  route('GET /names', {
    tag: 'subjects',
    within: 'world',
    keyRefusal: 'No API key may read names of people and administrators.',
    operationId: 'getNames',
    effect: 'reads-personal',
    summary: 'Names of ids',
    description:
      'What people, API keys, kiosks and administrators are called that other replies name by their ids. Names of people are recorded in the audit log as a listing.',
    may: byReaders,
    query: NamesQuery,
    reply: NamesReply,
    async handle({ realm, query: { ids }, who }) {
      const { organization } = realm;
      const {
        sub = [],
        key = [],
        ksk = [],
        adm = [],
      } = Object.groupBy(new Set(ids.split(',')), (one) => one.slice(0, 3) as 'sub' | 'key' | 'ksk' | 'adm');
      const people = sub.length > 0 ? await subjects.named(realm, sub as SubjectId[], who) : [];
      const staff = adm.length > 0 ? await administrators.list(organization) : [];
      const devices = ksk.length > 0 ? await kiosks.list(organization) : [];
      const keys = key.length > 0 ? await access.namesOf(organization, key) : [];
      const wanted = new Set(ids.split(','));
      const named = [
        ...people.map(({ id, name, email }) => ({ id, name: name ?? email })),
        ...staff,
        ...devices,
        ...keys,
      ];
      return {
        names: Object.fromEntries(
          named.flatMap(({ id, name }) => (name !== undefined && wanted.has(id) ? [[id, name]] : [])),
        ),
      };
    },
  }),
];
