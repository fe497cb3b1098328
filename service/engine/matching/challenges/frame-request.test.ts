import { expect, test } from 'vitest';
import { frameRequest } from './challenge.ts';

const plan = { detector: 'blazeface', embedders: ['a', 'b'], pad: { id: 'pad-pair' } };
const follow = { box: { x: 1, y: 2, width: 3, height: 4 }, mesh: new Float32Array(1404) };

test('embedders and presentation attack detection run on the frames that need them alone', () => {
  expect(frameRequest({ needs: 'landmarks', follow }, plan)).toEqual({
    detector: 'blazeface',
    challenge: true,
    embedders: [],
    follow,
  });
  expect(frameRequest({ needs: 'identity', follow: undefined }, plan)).toEqual({
    detector: 'blazeface',
    challenge: true,
    embedders: ['a', 'b'],
    pad: 'pad-pair',
  });
});
