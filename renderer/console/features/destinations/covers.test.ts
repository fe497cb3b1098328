import { expect, test } from 'vitest';
import { coversUrl, partsOf } from './covers.ts';

const name = (to: string) => ({ to, kind: 'name' });

test('a name covers its own address at its own port', () => {
  expect(coversUrl(name('hooks.example.org'), 'https://hooks.example.org/in')).toBe(true);
  expect(coversUrl(name('hooks.example.org'), 'https://hooks.example.org:8443/in')).toBe(false);
  expect(coversUrl(name('hooks.example.org:8443'), 'https://hooks.example.org:8443/in')).toBe(true);
  expect(coversUrl(name('example.org'), 'https://hooks.example.org/')).toBe(false);
});

test('a star covers what lies below, and not the name itself or one that only ends like it', () => {
  expect(coversUrl(name('*.example.org'), 'https://a.b.example.org/')).toBe(true);
  expect(coversUrl(name('*.example.org'), 'https://example.org/')).toBe(false);
  expect(coversUrl(name('*.example.org'), 'https://myexample.org/')).toBe(false);
});

test('of networks and presets nothing is claimed', () => {
  expect(coversUrl({ to: '10.0.0.0/8', kind: 'cidr' }, 'https://10.1.2.3/')).toBe(false);
  expect(coversUrl({ to: 'public-https', kind: 'preset' }, 'https://a.example/')).toBe(false);
  expect(partsOf('*.example.org:8443')).toEqual({ name: 'example.org', below: true, port: '8443' });
});
