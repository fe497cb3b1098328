import type { Db } from '../../../../storage/transaction.ts';
import { type Actor, readActor, readDone } from '../../../audit/index.ts';
import type { Realm, Subject } from '../subject.ts';
import type { EnrolledPicture } from './confirm-picture.ts';

export interface ConfirmedAloneDeps {
  db: Db;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  pictures(subject: Subject['id']): Promise<EnrolledPicture[]>;
}

/** `Subjects.confirmsAlone`. */
export const createConfirmsAlone =
  ({ db, get, pictures }: ConfirmedAloneDeps) =>
  async (
    realm: Realm,
    { subject, enrollment }: { subject: string; enrollment: string },
    who: Actor,
  ): Promise<boolean> => {
    if (realm.world !== 'live' || who.is !== 'administrator') return false;
    const { id } = await get(realm, subject);
    const picture = (await pictures(id)).find((one) => one.enrollment === enrollment);
    if (!picture || picture.anchor) return false;
    const lines = await readDone(db, { action: 'subject.enroll', target: id });
    const line = lines.find(
      ({ details }) => (JSON.parse(details) as { enrollment?: string }).enrollment === enrollment,
    );
    return line === undefined || !isOther(readActor(line.actor), who.administrator);
  };

/** Another member of staff: a program or a visitor of a page is none. */
function isOther(enroller: Actor, administrator: string): boolean {
  if (enroller.is === 'operator') return true;
  const staff =
    enroller.is === 'administrator' || enroller.is === 'kiosk' ? enroller.administrator : undefined;
  return staff !== undefined && staff !== administrator;
}
