// `npm run cluster`: the example of docs/NODES.md on this machine, until Ctrl-C.
import { existsSync } from 'node:fs';
import { replyOf } from '../../sdk/admin/client.ts';
import { createControl } from '../../service/cli/control/control.ts';
import { createSocketTransport } from '../../service/cli/control/socket-transport.ts';
import { findPostgres } from '../support/postgres.ts';
import { startExample } from './example.ts';
import { HAPROXY } from './node-processes.ts';

const binaries = findPostgres();
if (binaries === undefined || !existsSync(HAPROXY)) {
  process.stderr.write('PostgreSQL and HAProxy are needed: apt-get install postgresql haproxy\n');
  process.exit(1);
}

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
});
const say = (line: string) => void process.stdout.write(`${line}\n`);
const example = await startExample(binaries, {
  port: Number(process.env.PORT ?? 7300),
  environment: { GATEHOUSE_WORKERS: '1', GATEHOUSE_LOG_LEVEL: 'warn' },
  say,
});
const [first] = example.nodes;
const control = createControl(createSocketTransport(`${first!.cli.data}/control.sock`));
const { token } = await replyOf(control.admin.GET('/api/admin/setup-token', {}));
await control.close();

say(`
Three nodes answer behind HAProxy at ${example.url}
Console:   ${example.url.replace('127.0.0.1', 'localhost')}/console/setup#token=${token}
Test key:  ${example.keys.test}

${example.nodes
  .map(({ name, cli, service }) => `${name}  ${service.url}  process ${service.child.pid}  data ${cli.data}`)
  .join('\n')}
standby of PostgreSQL: process ${example.standby}

Kill one:             kill -9 ${example.nodes[1]!.service.child.pid}
Look at the others:   npm run --silent gatehouse -- node list --data ${first!.cli.data}
                      npm run --silent gatehouse -- doctor --cluster --data ${first!.cli.data}
Ctrl-C ends all of it, and removes its data.`);
await stopped;
say('\nEnding …');
await example.stop();
