import { expect, test } from 'vitest';
import { adapterIn, hasGpu, isSoftware } from './messages.ts';

/** As Debian 12's loader writes it (1.3.239). */
const log = `INFO | DRIVER:               [0] SwiftShader Device (Subzero)
DRIVER:                ||
DRIVER:                  Using "SwiftShader Device (Subzero)" with driver: "/usr/lib/chromium/./libvk_swiftshader.so"
`;

test('the loader names the device that was opened', () => {
  expect(adapterIn(log, 'linux')).toBe('SwiftShader Device (Subzero)');
  expect(adapterIn('Warning: vkCreateInstance: Found no drivers!', 'linux')).toBeUndefined();
  expect(adapterIn('', 'darwin')).toBe('Metal');
  expect(adapterIn('', 'win32')).toBeUndefined();
});

test.each([
  ['SwiftShader Device (Subzero)', true],
  ['llvmpipe (LLVM 15.0.6, 256 bits)', true],
  ['Microsoft Basic Render Driver', true],
  ['AMD Radeon RX 6700 XT (RADV NAVI22)', false],
  ['Intel(R) UHD Graphics 770 (ADL-S GT1)', false],
  ['NVIDIA GeForce RTX 4060', false],
])('%s', (adapter, software) => expect(isSoftware(adapter)).toBe(software));

test.each([
  ['a render node', { '/dev': ['dri', 'null'], '/dev/dri': ['card0', 'renderD128'] }, true],
  ['a screen without one, as virtual machines have it', { '/dev': ['dri'], '/dev/dri': ['card0'] }, false],
  ['a GPU of NVIDIA', { '/dev': ['nvidia0', 'nvidiactl'], '/dev/dri': [] }, true],
  ['nothing', { '/dev': ['null', 'tty'], '/dev/dri': [] }, false],
])('%s', (_what, files: Record<string, string[]>, there) =>
  expect(hasGpu((folder) => files[folder]!, 'linux')).toBe(there),
);
