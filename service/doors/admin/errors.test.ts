import { expect, test } from 'vitest';
import { renderProblem } from '../../http/default-errors.ts';
import { Problem } from '../../lib/problem.ts';
import { adminErrors } from './door.ts';

const duplicate = new Problem('DUPLICATE_IDENTITY', 'This face already belongs to another e-mail.', {
  review: 'rev_1',
});
const common = { error: duplicate.message, code: 'DUPLICATE_IDENTITY', requestId: 'req_1' };

test('a duplicate names its review to administrators, and to no other caller', () => {
  expect(renderProblem(duplicate, 'req_1', adminErrors).body).toEqual({ ...common, review: 'rev_1' });
  expect(renderProblem(duplicate, 'req_1', {}).body).toEqual(common);
});
