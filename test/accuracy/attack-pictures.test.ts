import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAttackPictures } from './attack-pictures.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-attacks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const csv = (...lines: string[]): string => {
  const file = join(folder, 'set.csv');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};

test('species and people are read from the extra column', () => {
  const file = csv(
    'file,label,extra,licence',
    'a.jpg,live,client001;light=adverse,"none, really"',
    'b.jpg,spoof,client002;instrument=print;medium=highdef_photo;hold=hand;light=adverse,x',
    'c.jpg,spoof,paper,x',
    'd.jpg,spoof,,x',
    'e.png,spoof,face crop from own video; fake=replay on a screen,x',
  );
  expect(readAttackPictures(file)).toEqual([
    { file: 'a.jpg', person: 'client001' },
    { file: 'b.jpg', person: 'client002', species: 'print highdef_photo' },
    { file: 'c.jpg', person: 'c.jpg', species: 'paper' },
    { file: 'd.jpg', person: 'd.jpg', species: 'unspecified' },
    { file: 'e.png', person: 'e.png', species: 'replay on a screen' },
  ]);
});

test('another label or head is refused', () => {
  expect(() => readAttackPictures(csv('file,label,extra', 'a.jpg,fake,'))).toThrow('line 2');
  expect(() => readAttackPictures(csv('path,label,extra'))).toThrow('file,label,extra');
});
