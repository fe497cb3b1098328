import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { requireNatives } from './native-files.ts';

function elf(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

function treeFor(arch: 'x64' | 'arm64', machine: number) {
  const tree = mkdtempSync(join(tmpdir(), 'gatehouse-natives-'));
  onTestFinished(() => rmSync(tree, { recursive: true, force: true }));
  const put = (path: string, bytes: Buffer) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), bytes);
  };
  put('bin/node', elf(machine));
  for (const path of [
    `@img/sharp-linux-${arch}/lib/sharp.node`,
    `@img/sharp-libvips-linux-${arch}/lib/libvips.so`,
    `@node-rs/argon2-linux-${arch}-gnu/argon2.node`,
    `onnxruntime-node/bin/napi-v6/linux/${arch}/onnxruntime_binding.node`,
    `better-sqlite3/prebuilds/linux-${arch}-glibc/better_sqlite3.node`,
  ])
    put(`node_modules/${path}`, elf(machine));
  put('LICENSE', Buffer.from('text'));
  return { tree, put };
}

test('a tree with every native part of its system, and of no other, is taken', () => {
  requireNatives(treeFor('x64', 0x3e).tree, 'x64');
  requireNatives(treeFor('arm64', 0xb7).tree, 'arm64');
});

test('a part that npm has not for the system, and a file of another system, are named', () => {
  const { tree, put } = treeFor('arm64', 0xb7);
  put('node_modules/left/addon.node', elf(0x3e));
  expect(() => requireNatives(tree, 'arm64')).toThrow(
    'These files are not for arm64: node_modules/left/addon.node',
  );
  rmSync(join(tree, 'node_modules/@node-rs'), { recursive: true });
  expect(() => requireNatives(tree, 'arm64')).toThrow(
    'There is no package for linux arm64: npm brought no @node-rs/argon2-linux-arm64-gnu.',
  );
});
