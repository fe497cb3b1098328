import { expect, test } from 'vitest';
import { machineInterfaces } from './network-interfaces.ts';

test('the addresses of the machine; a process that may not ask for them gets the remedy', () => {
  expect(machineInterfaces().map(({ address }) => address)).toContain('127.0.0.1');
  const refused = () => {
    throw new Error('A system error occurred: uv_interface_addresses returned Unknown system error 97');
  };
  expect(() => machineInterfaces(refused)).toThrow(/error 97\). .*allow AF_NETLINK/);
});
