import type { VerifyCommand } from '../../service/engine/verification/verdict.ts';
import type { World } from '../../service/lib/id.ts';
import { type Engine, key, operator } from './engine.ts';
import { analysisOf, direction, type FaceScript, near } from './faces.ts';

export const alice = direction('alice');

/** Enrolls and verifies alice and other people with the current engine of a test file; in `usual`, where a test names no world. */
export function verifyWith(current: () => Engine, usual: World = 'test') {
  /** A picture of a person at this cosine from alice. */
  const show = (name: string, cosine: number, script: FaceScript = {}) =>
    current().analyzer.show(
      name,
      analysisOf(name, {
        embeddings: {
          'a-net': near(alice, cosine, name),
          'b-net': near(direction('alice b', 64), cosine, name),
        },
        ...script,
      }),
    );
  return {
    show,
    enrollAlice(world: World = usual, name = `enrolled in ${world}`) {
      return current().checks.enroll({
        organization: current().organization,
        world,
        picture: show(name, 1, { embeddings: { 'a-net': alice, 'b-net': direction('alice b', 64) } }),
        email: 'alice@example.com',
        actor: operator,
        overrideLiveness: true,
      });
    },
    async enrollOthers(count: number) {
      for (let i = 0; i < count; i++) {
        await current().subjects.enroll(
          { organization: current().organization, world: 'test' },
          { email: `p${i}@example.com`, embeddings: { 'a-net': direction(`person ${i}`) }, quality: 1 },
          operator,
        );
      }
    },
    verify: (picture: Uint8Array, more: Partial<VerifyCommand> = {}) =>
      current().checks.verify({
        organization: current().organization,
        world: usual,
        picture,
        actor: key,
        ...more,
      }),
    stored: () => current().db.selectFrom('verification').selectAll().orderBy('id').execute(),
  };
}
