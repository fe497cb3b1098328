import { expect, test } from 'vitest';
import { toReport } from './report.ts';

test('the report has a line for each picture, and no formula for a spreadsheet', () => {
  expect(
    toReport([
      { file: 'ada@x.org.jpg', person: 'ada@x.org', outcome: 'enrolled' },
      {
        file: '=1+1.jpg',
        person: 'bea@x.org',
        outcome: 'refused',
        code: 'FACE_NOT_FOUND',
        reason: 'No face, "here".',
      },
    ]),
  ).toBe(
    'file,person,outcome,code,reason\n' +
      'ada@x.org.jpg,ada@x.org,enrolled,,\n' +
      `'=1+1.jpg,bea@x.org,refused,FACE_NOT_FOUND,"No face, ""here""."\n`,
  );
});
