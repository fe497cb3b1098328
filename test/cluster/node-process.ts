// One node of several, until SIGTERM: `node node-process.ts ORDER`. Writes the URL of its doors when it listens.
import { type ConfigInput, parseConfig } from '../../service/config.ts';
import { serve } from '../../service/server/serve.ts';
import type { Node } from '../../service/storage/postgres/nodes.ts';
import { becomeNextRelease, type NextRelease } from './next-release.ts';

export interface NodeOrder {
  config: ConfigInput;
  node: Node;
  /** A program of a release after this one. */
  release?: NextRelease;
}

const { config, node, release } = JSON.parse(process.argv[2]!) as NodeOrder;
if (release !== undefined) becomeNextRelease(release);
const start = () => serve(parseConfig(config, {}), {}, undefined, { node });
let service = await start();
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
  void service.stop().then(() => process.exit());
});
process.stdout.write(`${service.url}\n`);
// As `gatehouse serve` does.
while (true) {
  await service.restartAsked;
  if (stopping) break;
  await service.stop();
  service = await start();
}
