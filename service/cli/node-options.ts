/** Each makes Node write the memory of the process, with every key and template in it, into a file or to a caller who connects. */
const exposing = [
  '--inspect',
  '--debug-port',
  '--heapsnapshot-signal',
  '--heapsnapshot-near-heap-limit',
  '--heap-snapshot-on-oom',
  '--heap-snapshot-on-gc',
  '--heap-prof',
  '--build-snapshot',
  '--abort-on-uncaught-exception',
];

/** Options from a file take effect without being on the command line or in NODE_OPTIONS, where they are checked. */
const unchecked = ['--experimental-config-file', '--experimental-default-config-file'];

/** Without it a SIGUSR1 makes Node listen at 127.0.0.1:9229 for debuggers of any local account. */
const withoutInspectorSignal = '--disable-sigusr1';

export interface NodeOptions {
  /** As in `process.execArgv`. */
  execArgv: readonly string[];
  /** NODE_OPTIONS of the environment. */
  nodeOptions: string | undefined;
  /** Where the inspector listens already; undefined when it does not. */
  inspector: string | undefined;
}

/** Problem with the options of Node, and the remedy; undefined without a problem. */
export function objectionToNodeOptions({
  execArgv,
  nodeOptions,
  inspector,
}: NodeOptions): string | undefined {
  // Node reads NODE_OPTIONS first, so that the command line has the last word.
  const given = [...(nodeOptions ?? '').split(/\s+/), ...execArgv].map(canonical);
  const named = (flag: string) => (word: string) => word === flag || word.startsWith(`${flag}-`);
  const found =
    exposing.find((flag) => given.some(named(flag))) ?? (inspector === undefined ? undefined : '--inspect');
  if (found !== undefined) {
    return `Node was started with ${found}, which opens the memory of Gatehouse, with its keys, to others: start it without (also in NODE_OPTIONS).`;
  }
  const file = unchecked.find((flag) => given.includes(flag));
  if (file !== undefined) {
    return `Node was started with ${file}, which could hold options that open the memory of Gatehouse: start it without (also in NODE_OPTIONS).`;
  }
  const last = given.findLast((word) => word.replace(/^--no-/, '--') === withoutInspectorSignal);
  if (last !== withoutInspectorSignal) {
    return (
      `Gatehouse runs only with Node's ${withoutInspectorSignal}: without it a SIGUSR1 opens Node's inspector, which reads its keys. ` +
      '`npm run gatehouse -- …`, `npm start` and `npx gatehouse …` start it so; by hand it is ' +
      `node ${withoutInspectorSignal} FILE …`
    );
  }
  return undefined;
}

/** Node takes `_` for `-`, V8 one dash for two, and NODE_OPTIONS quotes; the value is not asked. */
function canonical(word: string): string {
  const [name = ''] = word.replace(/["\\]/g, '').split('=');
  return name.replace(/^-{1,2}(?=[a-z])/i, '--').replaceAll('_', '-');
}
