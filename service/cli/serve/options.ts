import { type Command, Option } from 'commander';
import type { ConfigInput } from '../../config.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';

export interface ServeOptions {
  host?: string;
  hostName?: string;
  port?: string;
  httpPort?: string;
  tlsCert?: string;
  tlsKey?: string;
  insecureHttp?: boolean;
  allowedHosts?: string;
  workers?: string;
  providers?: string;
  databaseUrl?: string;
  keysDatabaseUrl?: string;
  nodes?: boolean;
  nodeName?: string;
  nodeAddress?: string;
  masterKeyFile?: string;
  passphraseFile?: string;
  queue?: string;
  redisUrl?: string;
  logLevel?: string;
}

export const databaseUrlFlag = [
  '--database-url <url>',
  'postgresql://… instead of SQLite in the data directory; init and start write it into gatehouse.json',
] as const;

export const keysDatabaseUrlFlag = [
  '--keys-database-url <url>',
  'postgresql://… of the key store, another database than --database-url; written into gatehouse.json as well',
] as const;

export const nodesFlag = [
  '--nodes',
  'serve as one of several nodes that share both databases; init and start write it into gatehouse.json',
] as const;

export const nodeAddressFlag = [
  '--node-address <address>',
  'address and port at which the other nodes reach this one: 10.0.0.11:7301',
] as const;

/** The settings a service can be started with. Each is also GATEHOUSE_* in the environment and a field of gatehouse.json. */
export function addServeOptions(command: Command): Command {
  return (
    command
      .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
      .option(
        '--host-name <name>',
        'name by which browsers reach the box: gatehouse.home.arpa; its certificate is for it',
      )
      .option('--port <n>', 'port to listen on; 0 picks a free one (default: 7300)')
      .option(
        '--http-port <n>',
        'port of plain HTTP, which serves the certificate authority and redirects to HTTPS (default: off)',
      )
      .option(
        '--tls-cert <file>',
        'certificate chain, PEM, in the place of the one that the box keeps itself',
      )
      .option('--tls-key <file>', 'its private key, PEM')
      .option(
        '--insecure-http',
        'plain HTTP, also beyond this machine: use it only behind a proxy that terminates TLS',
      )
      .option(
        '--allowed-hosts <list>',
        "names and addresses beside the machine's own and the certificate's that requests may name in Host: gatehouse.example.org,*.example.net",
      )
      .option('--workers <n>', 'inference threads (default: 0, one per core)')
      .option(
        '--providers <list>',
        'ONNX execution providers, tried in order: auto (a GPU, where one is faster), cpu, webgpu, cuda, coreml, dml (default: auto)',
      )
      .option(...databaseUrlFlag)
      .option(...keysDatabaseUrlFlag)
      .option(...nodesFlag)
      .option('--node-name <name>', 'name of this node in lists of nodes (default: the name of this machine)')
      .option(...nodeAddressFlag)
      .option('--master-key-file <file>', 'master key kept outside the data directory')
      .option(
        '--passphrase-file <file>',
        'file with the passphrase of the master key (mode 0600), for an unattended start',
      )
      // Refused with a sentence (config.ts).
      .addOption(new Option('--queue <name>').hideHelp())
      .addOption(new Option('--redis-url <url>').hideHelp())
      .option('--log-level <level>', 'debug, info, warn, error or silent (default: info)')
  );
}

export function toConfigInput(data: string, options: ServeOptions): ConfigInput {
  return {
    data,
    host: options.host,
    hostName: options.hostName,
    port: readInteger('--port', options.port),
    httpPort: readInteger('--http-port', options.httpPort),
    tlsCert: options.tlsCert === undefined ? undefined : userPath(options.tlsCert),
    tlsKey: options.tlsKey === undefined ? undefined : userPath(options.tlsKey),
    insecureHttp: options.insecureHttp,
    allowedHosts: options.allowedHosts?.split(',').map((host) => host.trim()),
    workers: readInteger('--workers', options.workers),
    providers: options.providers?.split(',').map((provider) => provider.trim()),
    databaseUrl: options.databaseUrl,
    keysDatabaseUrl: options.keysDatabaseUrl,
    nodes: options.nodes,
    nodeName: options.nodeName,
    nodeAddress: options.nodeAddress,
    masterKeyFile: options.masterKeyFile === undefined ? undefined : userPath(options.masterKeyFile),
    passphraseFile: options.passphraseFile === undefined ? undefined : userPath(options.passphraseFile),
    queue: options.queue,
    redisUrl: options.redisUrl,
    logLevel: options.logLevel,
  } as ConfigInput;
}

function readInteger(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value)) return value;
  throw new UsageError(`${flag}: "${text}" is not a whole number.`);
}
