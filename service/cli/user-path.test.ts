import { expect, test } from 'vitest';
import { userPath } from './user-path.ts';

test('under npm run a path means where the person stood', () => {
  const env = { npm_lifecycle_event: 'gatehouse', INIT_CWD: '/home/ada/photos' };
  expect(userPath('ada.jpg', env, '/opt/gatehouse')).toBe('/home/ada/photos/ada.jpg');
  expect(userPath('ada.jpg', { ...env, npm_lifecycle_event: 'dev:service' }, '/opt/gatehouse')).toBe(
    '/home/ada/photos/ada.jpg',
  );
  expect(userPath('/tmp/ada.jpg', env, '/opt/gatehouse')).toBe('/tmp/ada.jpg');
});

test('an INIT_CWD inherited from another script does not count', () => {
  const env = { npm_lifecycle_event: 'test', INIT_CWD: '/home/ada/photos' };
  expect(userPath('ada.jpg', env, '/work')).toBe('/work/ada.jpg');
  expect(userPath('ada.jpg', {}, '/work')).toBe('/work/ada.jpg');
});

test('an empty path is refused: it would be the current folder', () => {
  expect(() => userPath('', {}, '/home/ada')).toThrow('A path is empty.');
});
