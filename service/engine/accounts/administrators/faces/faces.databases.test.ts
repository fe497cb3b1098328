import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../../test/storage/databases.ts';
import { operator } from '../../../../../test/support/engine.ts';
import { analysisOf, direction, type FaceScript, near } from '../../../../../test/support/faces.ts';
import { desk, refusal, site, startStaff } from '../../../../../test/support/staff.ts';
import { Problem } from '../../../../lib/problem.ts';

const TEXT = 'gatehouse-face-factor-1';

mostlyOnSqlite('sign-in by face', (newLocation, _, { test }) => {
  async function start({ pad = true, allowed = true }: { pad?: boolean; allowed?: boolean } = {}) {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada, organization } = staff;
    if (pad) await staff.installPad();
    if (allowed) await administrators.allowFaces(organization, true, operator);
    const session = await staff.open();
    const passkey = await staff.addPasskey(session);
    const own = { is: 'administrator', administrator: ada.id } as const;
    /** A picture and frames of one moment. */
    const camera = (
      moment: string,
      {
        person = 'ada',
        live = 0.99,
        frames = 20,
        blink = 10,
        pace = 100,
        ...script
      }: { person?: string; frames?: number; blink?: number; pace?: number } & FaceScript = {},
    ) => {
      const one = (name: string, eyesOpen = 0.3) =>
        staff.analyzer.show(
          name,
          analysisOf(name, {
            live,
            embeddings: {
              'a-net': near(direction(person), 0.99, name),
              'b-net': direction(`${person} b`, 64),
            },
            quality: { eyesOpen },
            ...script,
          }),
        );
      return {
        picture: one(`${moment} picture`),
        frames: Array.from({ length: frames }, (_, i) =>
          one(`${moment} frame ${i}`, i === blink ? 0.05 : 0.3),
        ),
        frameTimes: Array.from({ length: frames }, (_, i) => i * pace),
      };
    };
    const enroll = (pictures = camera('enrollment'), text = TEXT) =>
      administrators.addFace(ada.id, pictures, text, own);
    const finish = async (pictures: ReturnType<typeof camera>, from = desk) =>
      administrators.finishWithFace(await staff.begin(), pictures, from);
    const methods = async () => {
      const { email } = ada;
      const answer = await administrators.signIn({ email, password: 'wet gravel under pines', ...desk });
      return answer.is === 'second-factor' && answer.methods;
    };
    const rows = () => staff.db.selectFrom('administrator_face').selectAll().execute();
    return { ...staff, passkey, own, camera, enroll, finish, methods, rows };
  }

  test('is off until the organization allows it, and needs presentation attack detection', async () => {
    const off = await start({ allowed: false });
    expect(await refusal(off.enroll())).toBe('CONFLICT');
    expect(await refusal(off.finish(off.camera('one')))).toBe('FACE_REFUSED');
    await off.stop();
    const blind = await start({ pad: false });
    // Whatever the organization allows elsewhere.
    await blind.organizations.set(blind.organization, { matchOnly: true }, operator);
    expect(await refusal(blind.enroll())).toBe('PAD_NOT_INSTALLED');
    expect(await blind.rows()).toEqual([]);
    await blind.stop();
  });

  test('enroll, sign in, remove; the login says when it is possible', async () => {
    const { administrators, ada, enroll, finish, camera, own, methods, rows, ...staff } = await start();
    expect(await methods()).toEqual({ passkey: true, face: false, recoveryCode: false });
    expect(await administrators.faceOf(ada.id)).toEqual({
      allowed: true,
      consent: {
        version: TEXT,
        text: {
          en: expect.arrayContaining([expect.stringMatching(/^Acme lets you/)]),
          de: expect.arrayContaining([expect.stringMatching(/^Bei Acme/)]),
        },
      },
    });
    await enroll();
    expect(await methods()).toEqual({ passkey: true, face: true, recoveryCode: false });
    staff.advance(60_000);
    const opened = await finish(camera('morning'));
    expect(opened.session.administrator.id).toBe(ada.id);
    expect((await administrators.faceOf(ada.id)).enrolled).toEqual({
      createdAt: staff.clock.now() - 60_000,
      textVersion: TEXT,
      lastUsedAt: staff.clock.now(),
    });
    const [row] = await rows();
    const vector = Buffer.from(direction('ada').buffer).toString('base64').slice(0, 40);
    expect(Buffer.from(row!.template_sealed).toString('latin1')).not.toContain(vector);
    await administrators.removeFace(ada.id, own);
    expect(await rows()).toEqual([]);
    expect(await refusal(administrators.removeFace(ada.id, own))).toBe('NOT_FOUND');
    expect(await methods()).toMatchObject({ face: false });
    expect(await refusal(finish(camera('noon')))).toBe('FACE_REFUSED');
    const lines = await staff.lines();
    expect(
      lines.flatMap(({ action, details }) => (/face/.test(`${action} ${details}`) ? [action] : [])),
    ).toEqual([
      'organization.set',
      'face.add',
      'administrator.sign-in',
      'face.remove',
      'administrator.sign-in',
    ]);
    expect(JSON.parse(lines.find(({ action }) => action === 'face.add')!.details!)).toEqual({
      consent: TEXT,
    });
    await staff.stop();
  });

  test('the session that a face opens has no fresh second factor: a passkey gives it one', async () => {
    const { enroll, finish, camera, passkey, ...staff } = await start();
    await enroll();
    const { session } = await finish(camera('morning'));
    expect(session.factorAt).toBeUndefined();
    const options = await staff.administrators.passkeyRequestOptions({ session: session.id }, site);
    const proven = await staff.administrators.proveAgain(session.id, passkey.get(options), site);
    expect(proven.factorAt).toBe(staff.clock.now());
    await staff.stop();
  });

  test('needs consent to the present text, and says which was agreed to', async () => {
    const { enroll, camera, rows, ...staff } = await start();
    expect(await refusal(enroll(camera('old'), 'gatehouse-face-factor-0'))).toBe('CONFLICT');
    expect(await rows()).toEqual([]);
    await enroll();
    expect(await rows()).toMatchObject([{ consent: TEXT }]);
    await staff.stop();
  });

  test('attacks are refused: another face, used pictures, a photo, no blink, too few frames, a second person in the frames', async () => {
    const { enroll, finish, camera, ...staff } = await start();
    const first = camera('enrollment');
    await enroll(first);
    const used = camera('morning');
    await finish(used);
    const mixed = { ...camera('mixed'), frames: camera('of bob', { person: 'bob' }).frames };
    const crowded = { ...camera('crowd'), frames: camera('crowded', { others: [190] }).frames };
    const faded = { ...camera('faded'), frames: camera('gray', { color: 0 }).frames };
    const still = camera('still');
    for (const [pictures, code] of [
      [camera('bob', { person: 'bob' }), 'FACE_REFUSED'],
      [first, 'FACE_REFUSED'],
      [used, 'FACE_REFUSED'],
      [{ ...camera('fresh'), frames: used.frames }, 'FACE_REFUSED'],
      [camera('photo', { live: 0.5 }), 'CHECK_FAILED'],
      [camera('black and white', { color: 0 }), 'FACE_QUALITY_REFUSED'],
      [camera('two', { others: [190] }), 'SEVERAL_FACES'],
      [camera('few', { frames: 19 }), 'INVALID_REQUEST'],
      [camera('eyes that stay open', { blink: -1 }), 'CHECK_FAILED'],
      [camera('too quick for a person', { pace: 50 }), 'INVALID_REQUEST'],
      [camera('too long for a moment', { pace: 1_000 }), 'INVALID_REQUEST'],
      [{ ...camera('without times'), frameTimes: [] as number[] }, 'INVALID_REQUEST'],
      [{ ...camera('falling times'), frameTimes: used.frameTimes.toReversed() }, 'INVALID_REQUEST'],
      [mixed, 'CHECK_FAILED'],
      [crowded, 'CHECK_FAILED'],
      [faded, 'CHECK_FAILED'],
      [{ ...still, frames: still.frames.map(() => still.picture) }, 'CHECK_FAILED'],
    ] as const) {
      expect(await refusal(finish(pictures))).toBe(code);
      // Refused attempts delay the next.
      staff.advance(24 * 3_600_000);
    }
    await staff.stop();
  });

  test('pictures of earlier sign-ins stay used when the face is enrolled again', async () => {
    const { enroll, finish, camera, ...staff } = await start();
    await enroll();
    const used = camera('morning');
    await finish(used);
    expect(await refusal(enroll(used))).toBe('FACE_REFUSED');
    await enroll(camera('again'));
    expect(await refusal(finish(used))).toBe('FACE_REFUSED');
    await staff.stop();
  });

  test('failed faces delay passkeys and codes too, and the other way round; a box that is busy delays none', async () => {
    const { administrators, enroll, finish, camera, analyzer, ...staff } = await start();
    await enroll();
    const { analyze } = analyzer;
    analyzer.analyze = async () => {
      throw new Problem('OVERLOADED', 'Busy.');
    };
    for (let i = 0; i < 8; i++) expect(await refusal(finish(camera(`busy ${i}`)))).toBe('OVERLOADED');
    analyzer.analyze = analyze;
    const ticket = await staff.begin();
    for (let i = 0; i < 5; i++)
      expect(
        await refusal(administrators.finishWithFace(ticket, camera(`bob ${i}`, { person: 'bob' }), desk)),
      ).toBe('FACE_REFUSED');
    const delayed = 'SIGN_IN_DELAYED';
    expect(await refusal(administrators.finishWithFace(ticket, camera('ada'), desk))).toBe(delayed);
    expect(await refusal(administrators.finishWithRecoveryCode(ticket, 'aaaaa-bbbbb', desk))).toBe(delayed);
    expect(await refusal(staff.open())).toBe(delayed);
    await staff.stop();
  });

  it('a ticket signs in once, from its source; two at once with the same pictures are one', async () => {
    const { administrators, enroll, camera, ...staff } = await start();
    await enroll();
    const ticket = await staff.begin();
    const elsewhere = administrators.finishWithFace(ticket, camera('a'), { source: '10.9.9.9' });
    expect(await refusal(elsewhere)).toBe('SIGN_IN_REFUSED');
    await administrators.finishWithFace(ticket, camera('a'), desk);
    expect(await refusal(administrators.finishWithFace(ticket, camera('c'), desk))).toBe('SIGN_IN_REFUSED');
    const [one, two] = [await staff.begin(), await staff.begin()];
    const same = camera('b');
    const both = await Promise.allSettled([
      administrators.finishWithFace(one, same, desk),
      administrators.finishWithFace(two, same, desk),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await staff.stop();
  });

  test('a passkey is always beside it: none without one, and the last one stays', async () => {
    const { administrators, ada, enroll, camera, own, passkey, ...staff } = await start();
    const bob = await staff.make('Bob', 'operator');
    const ofBob = administrators.addFace(bob.id, camera('bob', { person: 'bob' }), TEXT, operator);
    expect(await refusal(ofBob)).toBe('CONFLICT');
    await enroll();
    expect(await refusal(administrators.removePasskey(ada.id, passkey.id, own))).toBe('LAST_FACTOR');
    // Not even where another writer of the database removed it.
    const ticket = await staff.begin();
    await staff.db.deleteFrom('passkey').execute();
    expect(await refusal(administrators.finishWithFace(ticket, camera('ada'), desk))).toBe('FACE_REFUSED');
    await staff.stop();
  });

  test('a changed row, and the row of another administrator, are no face', async () => {
    const { administrators, ada, enroll, finish, camera, rows, ...staff } = await start();
    await enroll();
    await staff.db.updateTable('administrator_face').set({ seen: '[]' }).execute();
    expect(await refusal(finish(camera('changed')))).toBe('FACE_REFUSED');
    await enroll(camera('again'));
    await staff.db.updateTable('administrator_face').set({ consent: 'another' }).execute();
    expect(await refusal(finish(camera('other text')))).toBe('FACE_REFUSED');
    await enroll(camera('once more'));
    const bob = await staff.make('Bob', 'operator');
    await staff.addPasskey(await staff.open(bob.email));
    const [row] = await rows();
    await staff.db
      .insertInto('administrator_face')
      .values({ ...row!, administrator: bob.id })
      .execute();
    const ticket = await staff.begin(bob.email);
    expect(await refusal(administrators.finishWithFace(ticket, camera('as bob'), desk))).toBe('FACE_REFUSED');
    expect((await administrators.faceOf(bob.id)).enrolled).toBeUndefined();
    expect((await administrators.faceOf(ada.id)).enrolled).toEqual({
      createdAt: staff.clock.now(),
      textVersion: TEXT,
    });
    await staff.stop();
  });

  test('switching it off removes the faces at once, of this organization alone, and leaves a line for each', async () => {
    const { administrators, ada, enroll, finish, camera, rows, ...staff } = await start();
    const other = await staff.organizations.create({ name: 'Other' }, operator);
    await administrators.allowFaces(other.id, true, operator);
    const eve = await staff.make('Eve', 'owner', { organization: other.id });
    await staff.addPasskey(await staff.open(eve.email));
    await administrators.addFace(eve.id, camera('eve', { person: 'eve' }), TEXT, operator);
    await enroll();
    const ticket = await staff.begin();
    const off = () => administrators.allowFaces(staff.organization, false, operator);
    expect(await off()).toEqual({ removed: 1 });
    expect((await rows()).map(({ administrator }) => administrator)).toEqual([eve.id]);
    expect(await refusal(administrators.finishWithFace(ticket, camera('off'), desk))).toBe('FACE_REFUSED');
    expect(await administrators.faceOf(ada.id)).toMatchObject({ allowed: false });
    const removed = (await staff.lines()).filter(({ action }) => action === 'face.remove');
    expect(removed.map(({ target }) => target)).toEqual([ada.id]);
    expect(await off()).toEqual({ removed: 0 });
    await administrators.allowFaces(staff.organization, true, operator);
    expect(await refusal(finish(camera('on again')))).toBe('FACE_REFUSED');
    await staff.stop();
  });

  test('an enrollment that is judged while the organization switches it off stores nothing', async () => {
    const { administrators, enroll, camera, analyzer, rows, ...staff } = await start();
    const { analyze } = analyzer;
    let switched = false;
    analyzer.analyze = async (...given) => {
      if (!switched) {
        switched = true;
        await administrators.allowFaces(staff.organization, false, operator);
      }
      return analyze(...given);
    };
    expect(await refusal(enroll(camera('meanwhile')))).toBe('CONFLICT');
    expect(await rows()).toEqual([]);
    await staff.stop();
  });

  test('does not come back with a backup: its consent may have been withdrawn since', async () => {
    const { administrators, ada, enroll, rows, ...staff } = await start();
    await enroll();
    await administrators.endAll();
    expect(await rows()).toEqual([]);
    expect((await administrators.faceOf(ada.id)).allowed).toBe(true);
    const ended = (await staff.lines()).find(({ action }) => action === 'administrator.end-all');
    expect(JSON.parse(ended!.details!)).toMatchObject({ faces: 1 });
    await staff.stop();
  });

  test('goes with the account, and with a reset of the factors; a reset of the password leaves it', async () => {
    const { administrators, ada, enroll, camera, rows, ...staff } = await start();
    await enroll();
    await administrators.reset(ada.id, { password: true }, operator);
    expect(await rows()).toHaveLength(1);
    await administrators.reset(ada.id, { factors: true }, operator);
    expect(await rows()).toEqual([]);
    const bob = await staff.make('Bob', 'operator');
    await staff.addPasskey(await staff.open(bob.email));
    await administrators.addFace(bob.id, camera('bob', { person: 'bob' }), TEXT, operator);
    await administrators.remove(staff.organization, bob.id, operator);
    expect(await rows()).toEqual([]);
    await staff.stop();
  });
});
