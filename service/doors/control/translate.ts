import type { Organization } from '../../engine/organizations/index.ts';
import type { EnrolledPicture, Subject } from '../../engine/subjects/index.ts';
import type { EnrollResult, Verdict } from '../../engine/verification/index.ts';
import { time } from '../../lib/time.ts';

/** Engine -> control wire. Milliseconds become ISO 8601, what is absent stays absent. */

const timeOf = <Name extends string>(name: Name, milliseconds: number | undefined) =>
  (milliseconds === undefined ? {} : { [name]: time(milliseconds) }) as { [Key in Name]?: string };

export const fromOrganization = ({
  createdAt,
  erasedAt,
  attestation,
  retention: _,
  ...rest
}: Organization) => ({
  ...rest,
  createdAt: time(createdAt),
  ...timeOf('erasedAt', erasedAt),
  ...(attestation && { attestation: { ...attestation, attestedAt: time(attestation.attestedAt) } }),
});

export const fromPicture = ({ enrollment, createdAt, quality, anchor, comparable }: EnrolledPicture) => ({
  id: enrollment,
  createdAt: time(createdAt),
  quality,
  confirmed: anchor,
  comparable,
});

export const fromSubject = ({ id, createdAt, updatedAt, ...rest }: Subject) => ({
  userId: id,
  ...rest,
  createdAt: time(createdAt),
  updatedAt: time(updatedAt),
});

/** The words of `/api/enroll`, and what an operator wants besides. */
export const fromEnrollResult = (result: EnrollResult, email: string) => ({
  enrolled: true,
  userId: result.subject,
  email,
  created: result.created,
  enrollments: result.enrollments,
  quality: result.quality,
  ...(result.repeated === undefined ? {} : { repeated: result.repeated }),
  ...(result.duplicate === undefined ? {} : { duplicate: result.duplicate }),
});

/** The words of `/api/verify`, and what an operator wants besides. */
export const fromVerdict = ({ verification, subject, ...rest }: Verdict) => ({
  verificationId: verification,
  ...(subject === undefined
    ? {}
    : { userId: subject.id, ...(subject.email === undefined ? {} : { email: subject.email }) }),
  ...rest,
});
