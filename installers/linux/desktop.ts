import { type BuilderConfiguration, common } from '../desktop/configuration.ts';

/** Linux (glibc), x64: beside the service's own package, whose name is gatehouse. Signed as every file of a release: minisign. */
export const linux: BuilderConfiguration = {
  ...common,
  files: [
    ...(common.files as string[]),
    '!node_modules/onnxruntime-node/bin/napi-v*/{darwin,win32}/**',
    '!node_modules/onnxruntime-node/bin/napi-v*/linux/arm64/**',
  ],
  linux: {
    target: [
      { target: 'deb', arch: ['x64'] },
      { target: 'AppImage', arch: ['x64'] },
    ],
    executableName: 'gatehouse-desktop',
    maintainer: 'Gatehouse <gatehouse@example.org>',
    vendor: 'Gatehouse',
    synopsis: 'console and kiosk of Gatehouse on the desktop',
    category: 'Utility;Security',
    desktop: { entry: { Name: 'Gatehouse', StartupWMClass: 'Gatehouse', Terminal: 'false' } },
  },
  deb: { packageName: 'gatehouse-desktop', priority: 'optional' },
};
