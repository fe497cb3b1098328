import {
  createAddressAttempts,
  createMatching,
  createRefusedPictures,
} from '../../service/engine/matching/index.ts';
import { createPrepareVerification } from '../../service/engine/verification/prepare-verification.ts';
import type { VerifyCommand } from '../../service/engine/verification/verdict.ts';
import { createVerificationStore } from '../../service/engine/verification/verification-store.ts';
import { type Engine, key } from './engine.ts';
import { analysisOf, direction, type FaceScript } from './faces.ts';

/** What the steps of a verification and of an enrollment are built from, over an engine; one person to verify. */
export function stepsOver(engine: Engine) {
  const deps = {
    ...engine,
    deadline: 10_000,
    addressAttempts: createAddressAttempts(engine),
    refusedPictures: createRefusedPictures(engine),
    matching: createMatching({
      subjects: engine.subjects,
      shifts: { of: () => () => 0, calibrationStateOf: () => () => 'not-measured' },
    }),
    verifications: createVerificationStore(engine),
    countryOf: async () => 'IS',
  };
  const realm = { organization: engine.organization, world: 'test' } as const;
  const prepare = createPrepareVerification(deps);
  const picture = (name: string, script: Partial<FaceScript> = {}) =>
    engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': direction('ada') }, ...script }));
  return {
    deps,
    realm,
    /** A picture of Ada unless scripted otherwise. */
    picture,
    enrollAda: async () =>
      (
        await engine.subjects.enroll(
          realm,
          { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
          key,
        )
      ).subject,
    run: (more: Partial<VerifyCommand> = {}) =>
      prepare({ ...realm, picture: picture('probe'), actor: key, ...more }),
  };
}

export type Steps = ReturnType<typeof stepsOver>;
