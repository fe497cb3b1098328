import { expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { operator } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { desk, startStaff } from '../../../../test/support/staff.ts';

onBothDatabases('sign-in by face', (newPlace) => {
  async function start({ pad = true, allowed = true }: { pad?: boolean; allowed?: boolean } = {}) {
    const staff = await startStaff({ place: await newPlace() });
    if (pad) await staff.installPad();
    if (allowed) await staff.organizations.set(staff.organization, { faceFactor: true }, operator);
    const session = await staff.open();
    const passkey = await staff.addPasskey(session);
    const own = { is: 'administrator', administrator: staff.ada.id } as const;
    /** A picture and frames of one moment. */
    const camera = (moment: string, { person = 'ada', live = 0.99, frames = 5 } = {}) => {
      const one = (name: string) =>
        staff.analyzer.show(
          name,
          analysisOf(name, {
            live,
            embeddings: {
              'a-net': near(direction(person), 0.99, name),
              'b-net': direction(`${person} b`, 64),
            },
          }),
        );
      return {
        picture: one(`${moment} picture`),
        frames: Array.from({ length: frames }, (_, i) => one(`${moment} frame ${i}`)),
      };
    };
    const { administrators, ada } = staff;
    const enroll = (pictures = camera('enrollment')) =>
      administrators.addFace(ada.id, pictures, 'text-1', own);
    const finish = async (pictures: ReturnType<typeof camera>, from = desk) =>
      administrators.finishWithFace(await staff.begin(), pictures, from);
    return { ...staff, passkey, own, camera, enroll, finish };
  }

  test('is off until the organization allows it, and needs presentation attack detection', async () => {
    const off = await start({ allowed: false });
    await expect(off.enroll()).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(off.finish(off.camera('one'))).rejects.toMatchObject({ code: 'FACE_REFUSED' });
    await off.stop();
    const blind = await start({ pad: false });
    await expect(blind.enroll()).rejects.toMatchObject({ code: 'PAD_NOT_INSTALLED' });
    await blind.stop();
  });

  test('enroll, sign in, remove; the login says when it is possible', async () => {
    const { administrators, ada, enroll, finish, camera, own, ...staff } = await start();
    const methods = async () => {
      const { email } = ada;
      const answer = await administrators.signIn({ email, password: 'wet gravel under pines', ...desk });
      return answer.is === 'second-factor' && answer.methods;
    };
    expect(await methods()).toEqual({ passkey: true, face: false, recoveryCode: false });
    await enroll();
    expect(await methods()).toEqual({ passkey: true, face: true, recoveryCode: false });
    const opened = await finish(camera('morning'));
    expect(opened.session).toMatchObject({
      factorAt: opened.session.createdAt,
      administrator: { id: ada.id },
    });
    expect(await administrators.faceOf(ada.id)).toMatchObject({
      allowed: true,
      lastUsedAt: expect.any(Number),
    });
    const row = await staff.db.selectFrom('administrator_face').selectAll().executeTakeFirstOrThrow();
    const vector = Buffer.from(direction('ada').buffer).toString('base64').slice(0, 40);
    expect(Buffer.from(row.template_sealed).toString('latin1')).not.toContain(vector);
    await administrators.removeFace(ada.id, own);
    expect(await methods()).toMatchObject({ face: false });
    await expect(finish(camera('noon'))).rejects.toMatchObject({ code: 'FACE_REFUSED' });
    expect((await staff.lines()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['face.add', 'face.remove']),
    );
    await staff.stop();
  });

  test('attacks are refused: another face, used pictures, a photo, too few frames, a second person in the frames', async () => {
    const { enroll, finish, camera, ...staff } = await start();
    const first = camera('enrollment');
    await enroll(first);
    const used = camera('morning');
    await finish(used);
    const mixed = { ...camera('mixed'), frames: camera('of bob', { person: 'bob' }).frames };
    const still = camera('still');
    for (const [pictures, code] of [
      [camera('bob', { person: 'bob' }), 'FACE_REFUSED'],
      [first, 'FACE_REFUSED'],
      [used, 'FACE_REFUSED'],
      [{ ...camera('fresh'), frames: used.frames }, 'FACE_REFUSED'],
      [camera('photo', { live: 0.5 }), 'CHECK_FAILED'],
      [camera('few', { frames: 4 }), 'INVALID_REQUEST'],
      [mixed, 'CHECK_FAILED'],
      [{ picture: still.picture, frames: Array.from({ length: 5 }, () => still.picture) }, 'CHECK_FAILED'],
    ] as const) {
      await expect(finish(pictures)).rejects.toMatchObject({ code });
      // Refused attempts delay the next.
      staff.advance(24 * 3_600_000);
    }
    await staff.stop();
  });

  test('a ticket signs in once, from its source; two at once with the same pictures are one', async () => {
    const { administrators, enroll, camera, ...staff } = await start();
    await enroll();
    const ticket = await staff.begin();
    await expect(
      administrators.finishWithFace(ticket, camera('a'), { source: '10.9.9.9' }),
    ).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
    const [one, two] = [await staff.begin(), await staff.begin()];
    const same = camera('b');
    const both = await Promise.allSettled([
      administrators.finishWithFace(one, same, desk),
      administrators.finishWithFace(two, same, desk),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await staff.stop();
  });

  test('no face without a passkey; a changed row and an organization that stops allowing it end it', async () => {
    const { administrators, ada, enroll, finish, camera, ...staff } = await start();
    const bob = await staff.make('Bob', 'operator');
    await expect(
      administrators.addFace(bob.id, camera('bob', { person: 'bob' }), 'text-1', operator),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await enroll();
    await staff.db.updateTable('administrator_face').set({ seen: '[]' }).execute();
    await expect(finish(camera('changed'))).rejects.toMatchObject({ code: 'FACE_REFUSED' });
    await enroll(camera('again'));
    await staff.organizations.set(staff.organization, { faceFactor: false }, operator);
    await expect(finish(camera('off'))).rejects.toMatchObject({ code: 'FACE_REFUSED' });
    await administrators.tidy();
    expect(await staff.db.selectFrom('administrator_face').selectAll().execute()).toEqual([]);
    expect(await administrators.faceOf(ada.id)).toEqual({ allowed: false });
    await staff.stop();
  });
});
