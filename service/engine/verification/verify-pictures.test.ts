import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { emptyAnalysis } from '../../../test/support/faces.ts';
import { verifyWith } from '../../../test/support/verify-alice.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());
const { show, enrollAlice, verify, stored } = verifyWith(() => engine);

describe('pictures and models', () => {
  test.each<[string, () => Uint8Array, string, string]>([
    [
      'no face',
      () => engine.analyzer.show('empty', emptyAnalysis('empty')),
      'FACE_NOT_FOUND',
      'No face was found: face the camera in good light.',
    ],
    [
      'two people',
      () => show('two', 1, { others: [180] }),
      'SEVERAL_FACES',
      'Only one person may be in the picture.',
    ],
    [
      'far away',
      () => show('far', 1, { quality: { interEyeDistance: 20 } }),
      'FACE_TOO_SMALL',
      'Move closer.',
    ],
  ])('%s is refused with what to do, and the refusal is stored', async (_, picture, code, reason) => {
    await enrollAlice();
    await expect(verify(picture(), { email: 'alice@example.com' })).rejects.toMatchObject({
      code,
      extra: { reason, checkResults: [{ check: 'faceQuality', pass: false, reason }] },
    });
    expect(await stored()).toMatchObject([
      { verified: 0, reason: expect.any(String), kind: '1:1', subject: null },
    ]);
  });

  test('default advises on a turned head, strict-finance refuses it', async () => {
    await engine.installPad();
    await enrollAlice();
    const turned = () =>
      show('turned', 0.95, { live: 0.999, quality: { pose: { yaw: 30, pitch: 0, roll: 0 } } });
    const verdict = await verify(turned(), { email: 'alice@example.com' });
    expect(verdict.checkResults.at(-1)).toMatchObject({
      check: 'faceQuality',
      pass: true,
      reason: 'Face the camera.',
    });
    await expect(
      verify(turned(), { email: 'alice@example.com', profile: 'strict-finance' }),
    ).rejects.toMatchObject({
      code: 'FACE_QUALITY_REFUSED',
      extra: { reason: 'Face the camera.' },
    });
  });

  test('every picture counts for the key that sent it, and has its deadline', async () => {
    const deadlines = new Set<number>();
    const shares: unknown[] = [];
    const { analyze } = engine.analyzer;
    engine.analyzer.analyze = (picture, request) => {
      shares.push(request.share);
      deadlines.add(request.deadline);
      return analyze(picture, request);
    };
    await enrollAlice();
    await verify(show('probe', 0.9), { frames: [show('f0', 0.9)] });
    const { organization } = engine;
    const keys = { world: 'test', organization, key: expect.stringMatching(/^key_/) };
    expect(shares).toEqual([
      { world: 'test', organization, key: expect.stringMatching(/^operator:./) },
      keys,
      keys,
    ]);
    expect([...deadlines]).toEqual([10_000]);
  });

  test('errors of the analyzer are passed on, and an unreadable frame is named', async () => {
    await expect(verify(new Uint8Array([1]))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    await expect(
      verify(show('probe', 0.9), { frames: [show('f0', 0.9), new Uint8Array([1])] }),
    ).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: 'Frame 2: The picture cannot be read.',
      extra: { details: [{ path: 'frames.1' }] },
    });
    await expect(
      verify(show('probe', 0.9), { frames: [show('f0', 0.9)], frameTimes: [0, 1] }),
    ).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('phantom is refused with the remedy until its detector and PAD are imported', async () => {
    await enrollAlice();
    const phantom = () =>
      verify(show('probe', 0.9, { live: 0.99 }), { email: 'alice@example.com', profile: 'phantom' });
    await expect(phantom()).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: expect.stringContaining('gatehouse models import yunet.pth'),
    });
    await engine.importModel('yunet');
    await expect(phantom()).rejects.toMatchObject({ code: 'PAD_NOT_INSTALLED' });
    await engine.installPad();
    const verdict = await phantom();
    expect(verdict).toMatchObject({ verified: true, profile: { maturity: 'alternate' } });
    expect(Object.keys(verdict.models)).toEqual(['yunet', 'a-net', 'pad-1']);
    await engine.models.disable('pad-1', operator);
    await expect(phantom()).rejects.toMatchObject({
      code: 'PAD_NOT_INSTALLED',
      message: expect.stringMatching(
        /^pad-1 is off: run “gatehouse models enable pad-1”\. The profile phantom/,
      ),
    });
  });

  test('a detector that is installed but off is named with the command that switches it on', async () => {
    await engine.importModel('yunet');
    await engine.models.disable('yunet', operator);
    await expect(verify(show('probe', 0.9), { profile: 'phantom' })).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message:
        'The profile phantom needs the detector yunet. yunet is off: run “gatehouse models enable yunet”.',
    });
  });

  test('a profile that asks for a scorer whose model is off is refused', async () => {
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(
      engine.organization,
      'alone',
      { ...definition, models: { ...definition.models, scorer: 'a' } },
      operator,
    );
    await expect(verify(show('probe', 0.9), { profile: 'alone' })).rejects.toMatchObject({
      code: 'MODEL_NOT_INSTALLED',
      message: expect.stringContaining('compares by the scorer a, of which a model is off'),
    });
  });

  test('an unknown profile is refused', async () => {
    await expect(verify(show('probe', 0.9), { profile: 'none' })).rejects.toMatchObject({
      code: 'PROFILE_NOT_FOUND',
    });
  });
});
