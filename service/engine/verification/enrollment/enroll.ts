import { Problem } from '../../../lib/problem.ts';
import { createTurns } from '../../../lib/turns.ts';
import type { PictureGuard, RefusedPictures } from '../../lockout/index.ts';
import { realmKey, type Subjects } from '../../subjects/index.ts';
import { analysisRequest, lookAtPicture, type SightDeps } from '../look.ts';
import type { EnrollCommand, EnrollResult } from '../verdict.ts';
import type { Sight } from '../verification-run.ts';
import { type AdmitEnrollmentDeps, createAdmitEnrollment } from './admit-enrollment.ts';
import { createKeepEnrollment } from './keep-enrollment.ts';
import {
  createPrepareEnrollment,
  type Enrollment,
  type PrepareEnrollmentDeps,
} from './prepare-enrollment.ts';
import { createRefuseEnrollment, type RefuseEnrollmentDeps } from './refuse-enrollment.ts';
import { createRequireLife } from './require-life.ts';

export type EnrollDeps = PrepareEnrollmentDeps &
  SightDeps &
  Omit<AdmitEnrollmentDeps, 'refuse'> &
  RefuseEnrollmentDeps & {
    subjects: Subjects;
    refusedPictures: RefusedPictures;
    requireOwnersFactor?: () => Promise<void>;
  };

export function createEnroll(deps: EnrollDeps) {
  const prepare = createPrepareEnrollment(deps);
  const look = createLookToEnroll(deps);
  const refuse = createRefuseEnrollment(deps);
  const requireLife = createRequireLife({ ...deps, refuse });
  const admit = createAdmitEnrollment({ ...deps, refuse });
  const keep = createKeepEnrollment(deps);
  /** One at a time in a realm: of two pictures of one face, or two for one e-mail, the second meets the first. */
  const turns = createTurns();

  return async function enroll(command: EnrollCommand): Promise<EnrollResult> {
    await deps.requireOwnersFactor?.();
    const run = await prepare(command);
    const guard = await deps.refusedPictures.admit(run.realm, command);
    const seen = await look(run, guard);
    await requireLife(run, seen, guard);
    return turns(realmKey(run.realm), async () => {
      if (command.signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
      return keep(run, seen, await admit(run, seen));
    });
  };
}

/** The step `look` of an enrollment: throws what refuses the picture. */
export function createLookToEnroll({ analyzer, deadline }: SightDeps) {
  return async function look(
    { command, plan, embedders, definition, uniquenessPolicy }: Enrollment,
    guard: PictureGuard,
  ): Promise<Sight> {
    const request = {
      ...analysisRequest(command, plan, embedders, deadline),
      // Kept only for a face similar to that of another person, for the reviewer.
      ...(uniquenessPolicy === 'off' ? {} : { portrait: true as const }),
    };
    const profile = { slug: 'default', definition };
    const sight = await lookAtPicture(analyzer, command.picture, request, { profile, guard });
    if ('refusal' in sight) throw sight.refusal.problem;
    return sight;
  };
}
