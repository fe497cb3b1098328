import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Subjects } from '../../../service/engine/people/index.ts';
import { reading, relyingParty, toRealm } from '../../../service/http/sign-in/relying-party.ts';

const Headcount = z
  .strictObject({ people: z.int().describe('Number of enrolled people') })
  .meta({ id: 'Headcount', examples: [{ people: 12 }] });

export interface HeadcountDoorDeps {
  subjects: Pick<Subjects, 'count'>;
}

/** How many people are enrolled in the world of the caller. */
export const createHeadcountDoor =
  ({ subjects }: HeadcountDoorDeps): FastifyPluginAsync =>
  async (app) => {
    app.get(
      '/api/headcount',
      {
        config: { access: reading('identity') },
        schema: {
          operationId: 'countPeople',
          summary: 'Count people',
          description: 'People who are enrolled in the world of the API key.',
          tags: ['identity'],
          response: { 200: Headcount },
        },
      },
      async (request) => ({ people: await subjects.count(toRealm(relyingParty(request))) }),
    );
  };
