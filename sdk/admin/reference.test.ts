import { expect, test } from 'vitest';
import { readReference, referenceOf } from './reference.ts';

test('a reference is the end of an id, and says of what', () => {
  expect(referenceOf('ver_01m7w3hbbec1gf5vj2bmeef098')).toBe('V-EEF098');
  expect(referenceOf('sess_01m7w3hb8hbf355he5zqwjztdk')).toBe('S-WJZTDK');
  expect(referenceOf('lnk_01m7w3hb8hbf355he5zqwjztdk')).toBe('WJZTDK');
});

test('a typed reference is read in any case, with and without its letter', () => {
  expect(readReference(' v-eef098 ')).toEqual({ verification: 'V-EEF098' });
  expect(readReference('S-eef098')).toEqual({ session: 'S-EEF098' });
  expect(readReference('eef098')).toEqual({ verification: 'V-EEF098', session: 'S-EEF098' });
  expect(readReference('X-EEF098')).toEqual({});
  expect(readReference('ver_01m7w3hbbec1gf5vj2bmeef098')).toEqual({ verification: 'V-EEF098' });
  expect(readReference('sess_01m7w3hb8hbf355he5zqwjztdk')).toEqual({ session: 'S-WJZTDK' });
  expect(readReference('sub_01m7w3hb8hbf355he5zqwjztdk')).toEqual({});
  expect(readReference('')).toEqual({});
});
