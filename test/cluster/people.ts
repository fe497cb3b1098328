import type { Gatehouse } from '../../service/compose/compose.ts';
import { circumstancesIn, createMatching, planMatching } from '../../service/engine/matching/index.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import { createMatch } from '../../service/engine/verification/judge.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { direction } from '../support/faces.ts';
import type { StartedNodes } from './nodes.ts';

/** People of the organization of a cluster, by name: the face is drawn from it. */
export function peopleOf({ organization }: Pick<StartedNodes, 'organization'>) {
  const realm = { organization, world: 'test' as const };
  const faceOf = (at: Gatehouse, name: string) =>
    Object.fromEntries(
      currentEmbedders(at.models.current().scorers).map((embedder) => [
        embedder,
        direction(`${name}/${embedder}`),
      ]),
    );
  return {
    realm,
    faceOf,
    async enroll(at: Gatehouse, name: string, face = name): Promise<SubjectId> {
      const { subject } = await at.subjects.enroll(
        realm,
        {
          email: `${name}@example.com`,
          name,
          embeddings: faceOf(at, face),
          quality: 1,
          confirmed: true,
        },
        operator,
      );
      return subject.id;
    },
    /** The 1:N of a verification. */
    async recognize(at: Gatehouse, name: string): Promise<SubjectId | undefined> {
      const profile = await at.checks.getProfile(organization, 'default');
      const plan = planMatching(profile, circumstancesIn(at, realm));
      const match = createMatch({
        ...at,
        matching: createMatching({
          subjects: at.subjects,
          shifts: { of: () => () => 0, calibrationStateOf: () => () => 'not-measured' },
        }),
      });
      const legalBasis = { is: 'attested' as const, purposes: consentOfAll.purposes };
      const command = { ...realm, picture: new Uint8Array(), actor: operator };
      const found = await match({ command, realm, legalBasis, profile, plan }, faceOf(at, name));
      return found.matched ? found.subject : undefined;
    },
    erase: (at: Gatehouse, id: SubjectId) =>
      at.erasure.erase(realm, id, { reason: 'request', actor: operator }),
  };
}
