import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { linux } from '../linux/desktop.ts';
import { macos } from '../macos/desktop.ts';
import { windows } from '../windows/desktop.ts';
import { electronFolder } from './electron-folder.ts';

const root = join(import.meta.dirname, '../..');
const schema = JSON.parse(
  readFileSync(createRequire(import.meta.url).resolve('app-builder-lib/scheme.json'), 'utf8'),
);
const isValid = new Ajv({ strict: false, allErrors: true }).compile(schema);
const signing = {
  CSC_LINK: 'own.p12',
  GATEHOUSE_PUBLISHER: 'Example Ltd',
  GATEHOUSE_REQUIRE_SIGNATURE: '1',
  APPLE_API_KEY: 'key.p8',
  APPLE_API_KEY_ID: 'ID',
  APPLE_API_ISSUER: 'issuer',
};
const all = {
  linux,
  macos: macos({}),
  'macos, signed': macos(signing),
  windows: windows({}),
  'windows, signed': windows(signing),
};

test.each(Object.entries(all))(
  "electron-builder's schema accepts the configuration of %s",
  (_, configuration) => {
    expect(isValid(configuration) ? [] : isValid.errors).toEqual([]);
  },
);

test('the schema refuses an option that it does not know', () => {
  expect(isValid({ ...linux, productNam: 'Gatehouse' })).toBe(false);
});

test.each(Object.entries(all))(
  '%s: fuses, links and files are those of the app, and nothing is looked up',
  (_, configuration) => {
    const fuses = JSON.parse(readFileSync(join(root, 'main/fuses.json'), 'utf8')) as Record<string, boolean>;
    expect(configuration).toMatchObject({
      electronFuses: Object.fromEntries(
        Object.entries(fuses).map(([name, on]) => [name[0]!.toLowerCase() + name.slice(1), on]),
      ),
      protocols: [{ schemes: ['gatehouse'] }],
      asar: true,
      npmRebuild: false,
      publish: null,
    });
    // the archive holds dist/main alone: another program reads the rest
    expect(configuration.asarUnpack).toEqual(
      expect.arrayContaining([
        'dist/{clients,models,renderer,sdk,service}/**',
        'models/**',
        'node_modules/**',
        'package.json',
      ]),
    );
    // What an installation fetched is in no package.
    const files = configuration.files as string[];
    expect(files).toContain('models/built/**');
    expect(files.filter((one) => one === 'models/**' || one.startsWith('models/fetched'))).toEqual([]);
    expect(readFileSync(join(root, 'main/app.ts'), 'utf8')).toContain(
      `setAppUserModelId('${configuration.appId}')`,
    );
  },
);

test('the camera is the one right that macOS is asked for, and signing follows the environment', () => {
  const rights = readFileSync(join(root, 'installers/macos/entitlements.plist'), 'utf8');
  expect([...rights.matchAll(/<key>(.*?)<\/key>/g)].map(([, name]) => name)).toEqual([
    'com.apple.security.device.camera',
    'com.apple.security.cs.allow-jit',
    'com.apple.security.cs.allow-unsigned-executable-memory',
  ]);
  expect(macos({})).toMatchObject({
    forceCodeSigning: false,
    mac: { hardenedRuntime: true, identity: null, notarize: false },
  });
  expect(macos(signing)).toMatchObject({ forceCodeSigning: true, mac: { notarize: true } });
  expect(windows(signing)).toMatchObject({ win: { signtoolOptions: { publisherName: 'Example Ltd' } } });
});

test('without the program of Electron the reason is a sentence', () => {
  expect(electronFolder('/nowhere', {}, 'linux')).toEqual({
    why: expect.stringContaining("Electron's program is not in /nowhere/node_modules/electron/dist"),
  });
  expect(electronFolder('/nowhere', { ELECTRON_OVERRIDE_DIST_PATH: '/usr/bin' }, 'linux')).toHaveProperty(
    'why',
  );
});
