import type { FastifyPluginAsync } from 'fastify';
import { testPicture } from '../../engine/matching/index.ts';
import { testOutcomes } from '../../lib/test-outcome.ts';

/** `/docs/test-people/verified.jpg` and its like: the drawn pictures of docs/TESTING.md. */
export const testPeople: FastifyPluginAsync = async (app) => {
  for (const outcome of testOutcomes)
    app.get(
      `/docs/test-people/${outcome}.jpg`,
      { config: { access: 'public' }, schema: { hide: true } },
      async (_, reply) =>
        reply
          .type('image/jpeg')
          .header('cache-control', 'public, max-age=3600')
          .send(Buffer.from(testPicture(outcome))),
    );
};
