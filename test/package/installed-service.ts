import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { BootedSystem } from './booted-system.ts';

/** Starts what stands behind it under a filter of system calls that lets all through: that there is one is what can be seen. */
const FILTERED = `
my $all = pack('SCCL', 0x06, 0, 0, 0x7fff0000);
my $program = pack('Sx6P8', 1, $all);
syscall(157, 22, 2, $program) == 0 or die "prctl: $!";
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!";
`;
/** From a socket in the root to the port of the service, which nothing outside its network can reach. */
const DOOR = `
import { createServer, connect } from 'node:net';
const port = Number(process.argv[2]);
createServer((from) => {
  const to = connect(port, '127.0.0.1');
  from.pipe(to).pipe(from);
  from.on('error', () => to.destroy());
  to.on('error', () => from.destroy());
}).listen('/tmp/door.sock');
`;
const NODE = '/usr/lib/gatehouse/bin/node';
/** As the account of the service, without privileges. */
const AS =
  'setpriv --reuid gatehouse --regid gatehouse --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all';
export const DATA = '/var/lib/gatehouse';
const ENVIRONMENT = `export GATEHOUSE_DATA=${DATA} GATEHOUSE_WORKERS=1\n`;

/** How the service is started without its unit, each as the unit does it unless it is undone. */
export interface Start {
  as?: string;
  umask?: string;
  cores?: string;
  filter?: string;
  output?: string;
}

/** The service of an installed package, started by its unit, or by hand without a part of it. */
export function installedService(root: string, { run, must, startUnit }: BootedSystem) {
  writeFileSync(join(root, 'tmp/filtered.pl'), FILTERED);
  writeFileSync(join(root, 'tmp/door.mjs'), DOOR);
  const pidOf = async () => (await run('cat /tmp/service.pid')).stdout.trim();
  /** Without what is undone. */
  const startByHand = async ({
    as = AS,
    umask = '077',
    cores = '0',
    filter = 'perl /tmp/filtered.pl',
    output = '2> >(exec cat > /tmp/service.err 2> /dev/null)',
  }: Start): Promise<void> => {
    await must(`${ENVIRONMENT}
        export CREDENTIALS_DIRECTORY=/run/credentials/gatehouse.service
        mkdir -p $CREDENTIALS_DIRECTORY
        install -m 0400 -o gatehouse /etc/gatehouse/passphrase $CREDENTIALS_DIRECTORY/master-passphrase
        chmod 0755 /run/credentials $CREDENTIALS_DIRECTORY
        umask ${umask}; ulimit -c ${cores}
        setsid ${as} ${filter} gatehouse serve > >(exec cat > /dev/null 2>&1) ${output} < /dev/null &
        echo $! > /tmp/service.pid
        for _ in $(seq 600); do
          if [ -S ${DATA}/control.sock ] && ${AS} gatehouse admin list --json > /dev/null 2>&1; then exit 0; fi
          kill -0 $! 2> /dev/null || break
          sleep 0.2
        done
        cat /tmp/service.err >&2; exit 1`);
  };
  const stopByHand = async (): Promise<void> => {
    const pid = await pidOf();
    if (pid === '') return;
    await must(
      `kill ${pid} 2> /dev/null; for _ in $(seq 450); do kill -0 ${pid} 2> /dev/null || { rm -f /tmp/service.pid; exit 0; }; sleep 0.2; done; exit 1`,
    );
  };
  return {
    /** A command of the program, as the account of the service. */
    as: (words: string) => must(`${ENVIRONMENT}umask 077; ${AS} gatehouse ${words}`),
    gatehouse: (words: string) => run(`${ENVIRONMENT}gatehouse ${words}`),
    async start(how?: Start): Promise<void> {
      return how === undefined ? startUnit('gatehouse') : startByHand(how);
    },
    async stop(): Promise<void> {
      await run('systemctl stop gatehouse');
      await stopByHand();
    },
    /** A port of this machine that leads to the service. */
    async openDoor(port: number): Promise<Server> {
      await must(`rm -f /tmp/door.sock; setsid ${NODE} /tmp/door.mjs ${port} > /dev/null 2>&1 < /dev/null &
        for _ in $(seq 100); do [ -S /tmp/door.sock ] && exit 0; sleep 0.1; done; exit 1`);
      const door = createServer((from) => {
        const to = connect(join(root, 'tmp/door.sock'));
        from.pipe(to).pipe(from);
        from.on('error', () => to.destroy());
        to.on('error', () => from.destroy());
      });
      door.listen(port, '127.0.0.1');
      await once(door, 'listening');
      return door;
    },
  };
}

export type InstalledService = ReturnType<typeof installedService>;
