import { defined } from '../../../lib/defined.ts';
import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { applyRule, qualityFinding } from '../../checks/index.ts';
import type { Suspects } from '../../review/index.ts';
import type { Subjects } from '../../subjects/index.ts';
import type { EnrollResult } from '../verdict.ts';
import type { Sight } from '../verification-run.ts';
import { type AdmittedEnrollment, isStaff } from './admit-enrollment.ts';
import { type Enrollment, insists } from './prepare-enrollment.ts';

/** The step `keep`: stores the templates, and returns the result. */
export function createKeepEnrollment({
  subjects,
  suspects,
}: {
  subjects: Pick<Subjects, 'enroll'>;
  suspects: Pick<Suspects, 'enrolled'>;
}) {
  return async function keep(
    run: Enrollment,
    seen: Sight,
    { overridden, compared, suspicion, upgrades }: AdmittedEnrollment,
  ): Promise<EnrollResult> {
    const { command, realm, consent, definition, uniquenessPolicy } = run;
    const { email, name, mark, actor, request } = command;
    const confirmed = overridden || insists(command, 'confirmed');
    let review: ReviewId | undefined;
    const { subject, created, enrollment, repeated } = await subjects.enroll(
      realm,
      {
        email,
        embeddings: seen.face.embeddings,
        pixelHash: seen.main.pixelHash,
        quality: seen.quality.score,
        confirmed,
        attended: isStaff(actor),
        upgrades,
        ...defined({ name, consent, mark }),
        audit: {
          ...(confirmed ? { confirmed } : {}),
          ...(overridden ? { overrideMismatch: true } : {}),
          ...(realm.world === 'live' && insists(command, 'overrideLiveness')
            ? { overrideLiveness: true }
            : {}),
          ...defined({ duplicateOf: suspicion?.known }),
        },
        ...(suspicion
          ? {
              async beside(tx: Tx, person: SubjectId) {
                review = await suspects.enrolled(tx, suspicion, person);
              },
            }
          : {}),
      },
      actor,
      request,
    );
    return {
      subject: subject.id,
      picture: enrollment,
      created,
      enrollments: subject.enrollments,
      quality: applyRule('faceQuality', definition.checks.faceQuality, qualityFinding(seen.quality)),
      ...(repeated ? { repeated } : {}),
      ...(uniquenessPolicy === 'warn' && compared ? { duplicate: suspicion !== undefined } : {}),
      ...defined({ review }),
    };
  };
}
