import { createHash } from 'node:crypto';
import type { Approvals } from '../../../engine/approvals/index.ts';
import type { Actor } from '../../../engine/audit/index.ts';
import type { Realm, Subject, Subjects } from '../../../engine/subjects/index.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import type { Asked } from '../effect.ts';

import { operators } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromPicture } from './translate.ts';
import { Confirmation, ConfirmedPictures, EnrolledPictures, PictureParams } from './wire.ts';

export interface PictureRouteDeps {
  subjects: Pick<Subjects, 'read' | 'pictures' | 'confirm' | 'confirmsAlone' | 'removePicture'>;
  approvals: Pick<Approvals, 'hasAnother'>;
}

const about = {
  tag: 'subjects',
  within: 'world',
  keyRefusal: 'No API key may confirm or remove a picture: on the box run "gatehouse subject".',
  may: { operator: true, administrator: operators, key: false },
  url: '/subjects/:id/pictures/:picture',
  params: PictureParams,
} as const;

interface Confirming {
  realm: Realm;
  params: { id: string; picture: string };
  body: { confirmed: boolean };
  who: Actor;
}

/** Enrolled pictures of one person. */
export function pictureRoutes({ subjects, approvals }: PictureRouteDeps): AdminRoute[] {
  const left = async ({ id }: Pick<Subject, 'id'>) => ({
    items: (await subjects.pictures(id)).map(fromPicture),
  });
  /** One of staff enrolls, and another confirms; or a second administrator agrees. */
  async function askedFor({
    realm,
    params: { id, picture },
    body: { confirmed },
    who,
  }: Confirming): Promise<Asked> {
    const action = 'subject.change';
    const named = { subject: id, enrollment: picture };
    if (!confirmed || who.is !== 'administrator' || !(await subjects.confirmsAlone(realm, named, who)))
      return { action };
    return (await approvals.hasAnother(realm.organization, who.administrator as AdministratorId))
      ? { action: 'picture.confirm', about: createHash('sha256').update(picture).digest('hex') }
      : { action, alone: true };
  }
  return [
    route({
      ...about,
      method: 'PATCH',
      operationId: 'confirmPicture',
      effect: 'changes-identity',
      approval: askedFor,
      summary: 'Confirm an enrolled picture',
      description:
        'Later pictures have to match a confirmed one, and it is never dropped. One confirmed picture stays. In the live world it takes two: a picture that the same account or a program enrolled needs a second administrator.',
      body: Confirmation,
      reply: ConfirmedPictures,
      refuses: ['SUBJECT_NOT_FOUND', 'NOT_FOUND', 'CONFLICT', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
      async handle(call) {
        const { realm, params, body, who } = call;
        const { alone = false } = await askedFor(call);
        const named = { subject: params.id, enrollment: params.picture, confirmed: body.confirmed, alone };
        const pictures = await left(await subjects.confirm(realm, named, who));
        return alone ? { ...pictures, alone: true as const } : pictures;
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
