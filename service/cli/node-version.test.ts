import { expect, test } from 'vitest';
import { refuseOldNode } from './node-version.ts';

test.each(['24.0.0', '24.21.0', '25.1.0', '100.0.0'])('%s will do', (version) => {
  expect(refuseOldNode(version)).toBeUndefined();
});

test.each(['20.20.0', '22.18.0', '23.11.1', '9.0.0'])('%s is refused with the way out', (version) => {
  expect(refuseOldNode(version)).toContain(`this is ${version}`);
  expect(refuseOldNode(version)).toContain('npm run gatehouse');
});
