import { expect, test } from 'vitest';
import { analysisOf, emptyAnalysis } from '../../../../test/support/faces.ts';
import { adviceOf, faceQuality, qualityComponents, qualityFinding } from './face-quality.ts';

const judge = (quality: object, pad = false) => faceQuality(analysisOf('p', { quality }), { pad });

test('a good picture has every component, full marks and nothing to advise', () => {
  const report = judge({}, true);
  expect(report.components.map(({ component }) => component)).toEqual([...qualityComponents]);
  expect(report.score).toBeCloseTo(1, 9);
  expect(report.unjudgeable).toBeUndefined();
  const finding = qualityFinding(report);
  expect('advice' in finding).toBe(false);
});

test.each([
  [{ interEyeDistance: 36 }, 'interEyeDistance', 'TOO_FAR', 'Move closer.'],
  [{ frameShare: 0.78 }, 'headSize', 'TOO_CLOSE', 'Move back a little.'],
  [{ margin: -0.1 }, 'faceMargin', 'NO_MARGIN', 'Move so that your whole head is well inside the picture.'],
  [{ pose: { yaw: -35, pitch: 0, roll: 0 } }, 'headPose', 'NOT_FRONTAL', 'Face the camera.'],
  [{ pose: { yaw: 0, pitch: 40, roll: 0 } }, 'headPose', 'NOT_FRONTAL', 'Face the camera.'],
  [{ pose: { yaw: 0, pitch: 0, roll: 40 } }, 'headPose', 'NOT_FRONTAL', 'Face the camera.'],
  [{ eyesOpen: 0.1 }, 'eyesOpen', 'EYES_CLOSED', 'Open your eyes.'],
  [{ sharpness: 10 }, 'sharpness', 'BLURRED', 'Hold still, and wipe the lens if the picture stays blurred.'],
  [{ luminance: 0.1 }, 'luminanceMean', 'TOO_DARK', 'Find more light.'],
  [{ luminance: 0.92 }, 'luminanceMean', 'TOO_BRIGHT', 'Move out of the bright light.'],
  [{ underExposure: 0.45 }, 'underExposurePrevention', 'UNDER_EXPOSED', 'Turn your face towards the light.'],
  [{ overExposure: 0.15 }, 'overExposurePrevention', 'OVER_EXPOSED', 'Avoid strong light on your face.'],
])('%j advises by %s and refuses nothing', (quality, component, code, advice) => {
  const report = judge(quality);
  expect(report.unjudgeable).toBeUndefined();
  expect(adviceOf(report).map((one) => [one.component, one.code, one.advice])).toEqual([
    [component, code, advice],
  ]);
  expect(qualityFinding(report)).toMatchObject({ advice, details: { advice: [advice] } });
});

test.each([
  ['eyes 24 pixels apart are judged', { interEyeDistance: 24 }, false, undefined],
  ['eyes closer are not', { interEyeDistance: 23.9 }, false, 'FACE_TOO_SMALL'],
  ['an eye distance that is no number is not', { interEyeDistance: Number.NaN }, false, 'FACE_TOO_SMALL'],
  ['75 % of the frame is judged by PAD', { frameShare: 0.75 }, true, undefined],
  ['more is not', { frameShare: 0.76 }, true, 'FACE_QUALITY_REFUSED'],
  ['but is without PAD', { frameShare: 0.76 }, false, undefined],
  ['no margin is not judged by PAD', { margin: 0.04 }, true, 'FACE_QUALITY_REFUSED'],
  ['but is without PAD', { margin: -0.04 }, false, undefined],
])('%s', (_, quality, pad, problem) => {
  expect(judge(quality, pad).unjudgeable?.problem).toBe(problem);
});

test.each([
  [119, undefined],
  [120, 'SEVERAL_FACES'],
])('beside a face of 200 pixels a second one of %d pixels: %s', (width, problem) => {
  const report = faceQuality(analysisOf('p', { others: [20, width] }), { pad: false });
  expect(report.unjudgeable?.problem).toBe(problem);
});

test('without a face there is nothing to measure', () => {
  expect(faceQuality(emptyAnalysis('p'), { pad: true })).toMatchObject({
    score: 0,
    unjudgeable: { problem: 'FACE_NOT_FOUND', advice: 'No face was found: face the camera in good light.' },
    components: [{ component: 'facePresent', score: 0 }],
  });
});
