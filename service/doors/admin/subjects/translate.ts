import type { EnrolledPicture, Subject } from '../../../engine/subjects/index.ts';
import type { EnrollResult } from '../../../engine/verification/index.ts';
import { time } from '../../../lib/time.ts';
import type { EnrolledReply, PictureReply, SubjectReply, SubjectWithPictures } from './wire.ts';

export const fromSubject = ({
  organization: _,
  world,
  createdAt,
  updatedAt,
  ...rest
}: Subject): SubjectReply => ({
  ...rest,
  env: world,
  createdAt: time(createdAt),
  updatedAt: time(updatedAt),
});

export const fromPicture = ({ enrollment, createdAt, anchor, ...rest }: EnrolledPicture): PictureReply => ({
  ...rest,
  id: enrollment,
  createdAt: time(createdAt),
  confirmed: anchor,
});

export const fromSubjectWithPictures = ({
  pictures,
  ...subject
}: Subject & { pictures: EnrolledPicture[] }): SubjectWithPictures => ({
  ...fromSubject(subject),
  pictures: pictures.map(fromPicture),
});

/** In the words of `/api/enroll`, with what an operator wants besides. */
export const fromEnrollResult = ({ subject, ...rest }: EnrollResult, email: string): EnrolledReply => ({
  ...rest,
  enrolled: true,
  userId: subject,
  email,
});
