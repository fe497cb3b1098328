import type { Subject, Subjects } from '../../../engine/subjects/index.ts';
import { operators } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromPicture } from './translate.ts';
import { Confirmation, EnrolledPictures, PictureParams } from './wire.ts';

export interface PictureRouteDeps {
  subjects: Pick<Subjects, 'read' | 'pictures' | 'confirm' | 'removePicture'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may confirm or remove a picture: on the box run "gatehouse subject".',
  may: { operator: true, administrator: operators, key: false },
  url: '/subjects/:id/pictures/:picture',
  params: PictureParams,
} as const;

/** Enrolled pictures of one person. */
export function pictureRoutes({ subjects }: PictureRouteDeps): AdminRoute[] {
  const left = async ({ id }: Pick<Subject, 'id'>) => ({
    items: (await subjects.pictures(id)).map(fromPicture),
  });
  return [
    route({
      ...about,
      method: 'PATCH',
      operationId: 'confirmPicture',
      effect: 'changes-identity',
      summary: 'Confirm an enrolled picture',
      description:
        'Later pictures have to match a confirmed one, and it is never dropped. One confirmed picture stays.',
      body: Confirmation,
      reply: EnrolledPictures,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
      async handle({ realm, params: { id, picture }, body: { confirmed }, who }) {
        const named = { subject: id, enrollment: picture, confirmed };
        return left(await subjects.confirm(realm, named, who));
      },
    }),
    route({
      ...about,
      method: 'DELETE',
      operationId: 'removePicture',
      effect: 'changes-identity',
      summary: 'Remove an enrolled picture',
      description:
        'Deletes its templates. Earlier backups keep them until they are removed. One confirmed picture must remain, and a legal hold keeps all pictures.',
      reply: EnrolledPictures,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'LEGAL_HOLD', 'STORAGE_FULL'],
      async handle({ realm, params: { id, picture }, who }) {
        return left(await subjects.removePicture(realm, { subject: id, enrollment: picture }, who));
      },
    }),
  ];
}
