import { expect, test } from 'vitest';
import { remediesOf } from './import.ts';

test('the report names the command for what an operator may let pass, and nothing else', () => {
  expect(remediesOf([{ code: 'FACE_NOT_FOUND' }, {}])).toEqual([]);
  const remedies = remediesOf([{ code: 'TEMPLATE_MISMATCH' }, { code: 'CHECK_FAILED' }]).join('\n');
  expect(remedies).toMatch(/subject import … --override-mismatch\n/);
  expect(remedies).toMatch(/subject import … --override-liveness$/);
});
