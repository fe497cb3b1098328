import { type BuilderConfiguration, common, mustBeSigned } from '../desktop/configuration.ts';

/**
 * Windows 10 and later, x64: an installer for the machine. Signed by the certificate that WIN_CSC_LINK (file) and WIN_CSC_KEY_PASSWORD
 * name, as electron-builder reads them.
 */
export const windows = (env: NodeJS.ProcessEnv): BuilderConfiguration => ({
  ...common,
  files: [
    ...(common.files as string[]),
    '!node_modules/onnxruntime-node/bin/napi-v*/{linux,darwin}/**',
    '!node_modules/onnxruntime-node/bin/napi-v*/win32/arm64/**',
  ],
  forceCodeSigning: mustBeSigned(env),
  win: {
    target: [{ target: 'nsis', arch: ['x64'] }],
    // a client: never asks for rights
    requestedExecutionLevel: 'asInvoker',
    legalTrademarks: 'Gatehouse',
    ...(env.GATEHOUSE_PUBLISHER && { signtoolOptions: { publisherName: env.GATEHOUSE_PUBLISHER } }),
  },
  nsis: {
    oneClick: false,
    perMachine: true,
    allowToChangeInstallationDirectory: true,
    // the data directory holds people and keys
    deleteAppDataOnUninstall: false,
    license: 'LICENSE',
  },
});
