import { spawnSync } from 'node:child_process';
import { isAbsolute, join } from 'node:path';

/** Whether `strace` is here and may trace (a container can forbid it). */
export const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

const calls = [
  'network',
  ...[
    'open',
    'openat',
    'creat',
    'mkdir',
    'mkdirat',
    'mknod',
    'mknodat',
    'link',
    'linkat',
    'symlink',
    'symlinkat',
  ],
  ...['rename', 'renameat', 'renameat2'],
];

/** Words before a command: what it and its children open in the network and create on disk goes to `file`. */
export const traced = (file: string): string[] => [
  ...['strace', '-f', '--seccomp-bpf', '-y', '-s', '256', '-o', file],
  ...['-e', `trace=${calls.map((call) => (call === 'network' ? call : `?${call}`)).join(',')}`],
];

const creating = /^(?:creat|mkdir|mkdirat|mknod|mknodat|link|linkat|symlink|symlinkat|rename\w*)\(|O_CREAT/;
const addresses = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/g;
const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

/**
 * What a trace shows outside of `folders` and of this machine, one line each: files and folders that were created, sockets of other
 * programs, addresses that are not loopback, and datagram sockets, which look names up.
 */
export function strayCalls(trace: string, folders: readonly string[]): string[] {
  const inside = (path: string) =>
    path === '/dev/null' || folders.some((folder) => `${path}/`.startsWith(`${folder}/`));
  const stray = new Set<string>();
  for (const line of trace.split('\n')) {
    const call = line.replace(/^\d+ +/, '');
    for (const [, ipv4, ipv6] of call.matchAll(addresses)) {
      const address = ipv4 ?? ipv6 ?? '';
      if (!loopback.test(address)) stray.add(`address ${address}: ${call}`);
    }
    for (const [, path = ''] of call.matchAll(/sun_path="([^"]+)"/g))
      if (!inside(path)) stray.add(`socket ${path}`);
    if (/^socket\(AF_INET6?, SOCK_DGRAM/.test(call)) stray.add(`a datagram socket: ${call}`);
    if (creating.test(call)) {
      for (const path of pathsOf(call)) if (!inside(path)) stray.add(`created ${path}`);
    }
  }
  return [...stray];
}

/** Every path of a call, absolute; `-y` prints the folder of a descriptor behind it. */
function pathsOf(call: string): string[] {
  const [words = ''] = call.split(/\) += /);
  return [...words.matchAll(/(?:<([^>]*)>, )?"([^"]*)"/g)].map(([, folder, path = '']) =>
    isAbsolute(path) || folder === undefined ? path : join(folder, path),
  );
}
