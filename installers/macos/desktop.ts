import { type BuilderConfiguration, common, mustBeSigned } from '../desktop/configuration.ts';

/**
 * macOS on Apple silicon. Signed by the identity that CSC_LINK (file) and CSC_KEY_PASSWORD, or CSC_NAME in the keychain, name; notarized
 * with APPLE_API_KEY, APPLE_API_KEY_ID and APPLE_API_ISSUER. Without an identity it is not signed, and runs on the building machine only.
 */
export const macos = (env: NodeJS.ProcessEnv): BuilderConfiguration => ({
  ...common,
  files: [
    ...(common.files as string[]),
    '!node_modules/onnxruntime-node/bin/napi-v*/{linux,win32}/**',
    '!node_modules/onnxruntime-node/bin/napi-v*/darwin/x64/**',
  ],
  forceCodeSigning: mustBeSigned(env),
  mac: {
    target: [
      { target: 'dmg', arch: ['arm64'] },
      { target: 'zip', arch: ['arm64'] },
    ],
    category: 'public.app-category.business',
    minimumSystemVersion: '13.0',
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: 'installers/macos/entitlements.plist',
    entitlementsInherit: 'installers/macos/entitlements.plist',
    // Node.js, which runs the service
    binaries: ['Contents/Resources/app.asar.unpacked/node_modules/node/bin/node'],
    extendInfo: {
      NSCameraUsageDescription: 'The camera shows Gatehouse the person to enroll or verify.',
      LSMultipleInstancesProhibited: true,
    },
    notarize: Boolean(env.APPLE_API_KEY && env.APPLE_API_KEY_ID && env.APPLE_API_ISSUER),
    ...(!env.CSC_LINK && !env.CSC_NAME && { identity: null }),
  },
  dmg: { sign: false, writeUpdateInfo: false },
});
