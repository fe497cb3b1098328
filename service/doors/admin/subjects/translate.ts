import type { DistinctPerson, EnrolledPicture, Subject } from '../../../engine/subjects/index.ts';
import type { Circumstances, EnrollResult } from '../../../engine/verification/index.ts';
import { time } from '../../../lib/time.ts';
import type { EnrolledReply, PictureReply, SubjectReply, SubjectWithPictures } from './wire.ts';

export const fromSubject = ({
  organization: _,
  world,
  createdAt,
  updatedAt,
  disabledAt,
  ...rest
}: Subject): SubjectReply => ({
  ...rest,
  env: world,
  createdAt: time(createdAt),
  updatedAt: time(updatedAt),
  disabledAt: disabledAt === undefined ? undefined : time(disabledAt),
});

export const fromPicture = ({ enrollment, createdAt, anchor, ...rest }: EnrolledPicture): PictureReply => ({
  ...rest,
  id: enrollment,
  createdAt: time(createdAt),
  confirmed: anchor,
});

/** What the page of a person shows beside consent and history, which have routes of their own. */
export const fromSubjectWithPictures = (
  { pictures, birthDate, ...subject }: Subject & { pictures: EnrolledPicture[]; birthDate?: string },
  { devices, places }: Circumstances,
  distinct: readonly DistinctPerson[],
): SubjectWithPictures => ({
  ...fromSubject(subject),
  birthDate,
  pictures: pictures.map(fromPicture),
  devices: devices.map(fromSeen),
  places: places.map(fromSeen),
  notTheSame: distinct.map(({ subject: id, markedAt, markedBy }) => ({
    id,
    markedAt: time(markedAt),
    markedBy,
  })),
});

const fromSeen = <T extends { lastAt: number }>(seen: T) => ({ ...seen, lastAt: time(seen.lastAt) });

/** In the words of `/api/enroll`, with what an operator wants besides. */
export const fromEnrollResult = ({ subject, ...rest }: EnrollResult, email: string): EnrolledReply => ({
  ...rest,
  enrolled: true,
  userId: subject,
  email,
});
